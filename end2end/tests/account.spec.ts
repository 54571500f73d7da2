// Showing once more who one is, and leaving a browser that others use as well.

import { LOOKS, violations, wear } from '../support/axe';
import { member, owner, PASSWORD } from '../support/rooms';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });

async function inspect({ page }: Visitor, what: string): Promise<void> {
  for (const look of LOOKS) {
    await wear(page, look);
    expect.soft(await violations(page), `${what}, ${look.name}`).toEqual([]);
  }
}

test('a password proves once more who one is, and leads on to the page that asked for it', async ({ arrive }) => {
  const email = await member(await owner(server.it), 'Ida Berg', 'admin');
  const ida = await arrive(server.it.url, { tolerate: [statusNote(401), statusNote(403), statusNote(422)] });
  const { page } = ida;
  const password = page.getByLabel('Password');

  await page.goto('/confirm?to=%2Fadmin%2Fpeople');
  expect(new URL(page.url()).pathname, 'whoever is not signed in signs in').toBe('/sign-in');
  await page.getByLabel('Email address').fill(email);
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/admin/people');

  await page.goto('/confirm?to=%2Fadmin%2Fpeople');
  await inspect(ida, 'confirm');
  await password.fill('another lamp hums at dawn');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await inspect(ida, 'not the password');
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.waitForURL('**/admin/people');

  await page.goto(`/confirm?to=${encodeURIComponent('https://example.com/')}`);
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(page, 'it leads to pages of ours alone').toHaveURL(`${server.it.url}/`);
});

test('a browser that others use as well is forgotten', async ({ arrive }) => {
  const anna = await (await arrive(server.it.url)).enter();
  const { page } = anna;
  await anna.room.ask('Who else sits at this desk?');
  await expect(anna.room.composer).toHaveValue('');
  await page.goto('/mine');
  await expect(page.locator('.mine .words')).toHaveText('Who else sits at this desk?');
  await page.getByRole('link', { name: /Forget this browser/ }).click();
  await inspect(anna, 'asked');
  const guest = async () => (await page.context().cookies()).map(({ value }) => value).sort();
  const before = await guest();
  await page.getByRole('button', { name: 'Forget this browser' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This browser is forgotten');
  await inspect(anna, 'forgotten');
  await page.goto('/mine');
  await expect(page.getByText('Nothing asked yet')).toBeVisible();
  await anna.enter();
  expect(await guest(), 'whoever comes next is a new guest').not.toEqual(before);
  await anna.enter('/?sort=newest');
  await expect(anna.room.card('Who else sits at this desk?').locator, 'the question stays').toBeVisible();
});
