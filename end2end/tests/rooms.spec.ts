// The people around a room: whoever reviews, whoever waits for that, whoever is let in, and whoever is shown out.

import type { Page } from '@playwright/test';

import { ADMIN_PAGES, invite, member, owner, PASSWORD } from '../support/rooms';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { NETWORK_NOTES, signInUnseen, statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The smallest PNG there is. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Asks from the bar under the thumb. */
async function askOnPhone({ page, room }: Visitor, question: string): Promise<void> {
  await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await room.ask(question);
}

const waiting = (page: Page, question: string) => page.locator('.admin__card').filter({ hasText: question });

test('a question waits for a moderator, who approves one and declines another with a reason', async ({ arrive }) => {
  const admin = await arrive(server.it.url);
  await signInUnseen(admin.page, await server.it.newLink('owner'));
  await admin.page.goto('/admin/settings');
  await admin.page.getByLabel('Review questions before they appear').check();
  await admin.page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await expect(admin.page.getByLabel('Review questions before they appear')).toBeChecked();

  const phone = await (await arrive(server.it.url, PHONE)).enter('/?sort=newest');
  const watcher = await (await arrive(server.it.url)).enter('/?sort=newest');
  await admin.page.goto('/admin/review');
  await expect(admin.page.getByRole('heading', { name: 'Nothing here' })).toBeVisible();
  const [good, bad] = ['May interns come to the town hall?', 'Who is paid the most here?'];
  await askOnPhone(phone, good);
  await expect(waiting(admin.page, good)).toBeVisible();
  await expect(watcher.room.card(good).locator).toHaveCount(0);
  await waiting(admin.page, good).getByRole('button', { name: 'Approve' }).click();
  await expect(phone.room.card(good).locator).toBeVisible();
  await expect(watcher.room.card(good).locator).toBeVisible();
  await expect(waiting(admin.page, good)).toHaveCount(0);

  await phone.page.reload();
  await phone.room.live();
  await askOnPhone(phone, bad);
  await waiting(admin.page, bad).getByText('Decline').first().click();
  await waiting(admin.page, bad).getByLabel('Reason, shown to the person who asked').fill('Salaries are private');
  await waiting(admin.page, bad).getByRole('button', { name: 'Decline' }).click();
  await expect(waiting(admin.page, bad)).toHaveCount(0);
  await phone.page.goto('/mine');
  const own = phone.page.locator('.mine__one').filter({ hasText: bad });
  await expect(own).toContainText('Declined');
  await expect(own).toContainText('Salaries are private');
  await watcher.page.reload();
  await watcher.room.live();
  await expect(watcher.room.card(bad).locator).toHaveCount(0);
});

test('a review is done by keyboard alone', async ({ arrive }) => {
  const admin = await arrive(server.it.url);
  await signInUnseen(admin.page, await server.it.newLink('owner'));
  const phone = await arrive(server.it.url);
  await phone.enter('/?sort=newest');
  const question = 'Does this link work: http://pension.example?';
  await phone.room.ask(question);
  await admin.page.goto('/admin/review');
  await expect(waiting(admin.page, question)).toBeVisible();
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 80; presses += 1) {
      await admin.page.keyboard.press('Tab');
      const focused = await admin.page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
      if (focused === name) return;
    }
    throw new Error(`no key leads to ${name}`);
  };
  await tabTo('Approve');
  await admin.page.keyboard.press('Enter');
  await expect(phone.room.card(question).locator).toBeVisible();
  await admin.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await tabTo('Undo');
  await admin.page.keyboard.press('Enter');
  await expect(phone.room.card(question).locator).toHaveCount(0);
  await expect(waiting(admin.page, question)).toBeVisible();
});

test('a moderator who is deactivated is shown out within a second', async ({ arrive }) => {
  const by = await owner(server.it);
  const email = await member(by, 'Hana Gone', 'moderator');
  const moderator = await arrive(server.it.url, { tolerate: [401, 403].map(statusNote) });
  await moderator.page.goto('/admin');
  await signIn(moderator.page, email);
  await moderator.room.live();
  const [stream] = moderator.streams;
  const { people } = (await (await by.request('/api/fn/load_people?text=hana.gone')).json()) as { people: { id: string }[] };
  await by.call('set_active', { person: people[0]?.id ?? '', active: 'false' });
  await expect.poll(() => stream !== undefined && moderator.streams.has(stream), { timeout: 1_000 }).toBe(false);
  await moderator.page.goto('/admin');
  expect(new URL(moderator.page.url()).pathname).toBe('/sign-in');
  await signIn(moderator.page, email);
  await expect(moderator.page.getByRole('alert')).toContainText('The email address or password is wrong');
});

test('an invitation, a password, and back in by it, to the page that was wanted', async ({ arrive }) => {
  const link = await invite(await owner(server.it), 'Ines Porta', 'admin');
  const { page, room } = await arrive(server.it.url);
  await page.goto(link);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await page.getByRole('link', { name: 'Not now' }).click();
  await room.live();
  expect(new URL(page.url()).pathname).toBe('/admin');
  await page.locator('details.who summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are signed out');
  await page.goto('/admin/people?text=ines');
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await signIn(page, 'ines.porta@example.com');
  expect(page.url()).toBe(`${server.it.url}/admin/people?text=ines`);
  await expect(page.getByRole('heading', { name: 'Ines Porta' })).toBeVisible();
  await page.context().clearCookies();
  await page.goto('/sign-in?to=//evil.example/');
  await signIn(page, 'ines.porta@example.com');
  expect(page.url(), 'never to another site').toBe(`${server.it.url}/admin`);
});

test('an installation that two people claim at once has one owner', async ({ arrive }) => {
  const bare = await Server.start();
  try {
    // The pages are still open when the server stops.
    const link = bare.claimLink();
    const pair = await Promise.all(['Kim', 'Lou'].map(() => arrive(bare.url, { tolerate: [statusNote(410), NETWORK_NOTES] })));
    for (const [at, { page }] of pair.entries()) {
      await page.goto(link);
      await page.getByLabel('Your name').fill(['Kim', 'Lou'][at] ?? '');
      await page.getByLabel('Email address').fill(`owner${at}@example.com`);
      await page.getByLabel(/password/i).fill(PASSWORD);
    }
    await Promise.all(pair.map(({ page }) => Promise.all([page.waitForNavigation(), page.getByRole('main').getByRole('button').click()])));
    const titles = await Promise.all(pair.map(({ page }) => page.getByRole('heading', { level: 1 }).innerText()));
    expect(titles.filter((title) => title === 'This link no longer works'), titles.join()).toHaveLength(1);
    const winner = pair[titles.findIndex((title) => title !== 'This link no longer works')];
    if (winner === undefined) throw new Error('nobody owns it');
    await winner.page.goto('/admin/people');
    await expect(winner.page.getByText('1 person in')).toBeVisible();
    expect((await (await fetch(link)).text()).includes('no longer works'), 'the link is spent').toBe(true);
  } finally {
    await bare.stop();
  }
});

test('on a phone the menu shows the page that is open, and thumbs hit what is there', async ({ arrive }) => {
  const { page } = await arrive(server.it.url, PHONE);
  await signInUnseen(page, await server.it.newLink('owner'));
  for (const { path, title } of ADMIN_PAGES) {
    await page.goto(`/admin/${path}`);
    const menu = page.getByRole('button', { name: 'Menu' });
    await menu.click();
    const here = page.getByRole('navigation', { name: 'Admin pages' }).locator('[aria-current=page]');
    await expect(here).toHaveText(title);
    await expect(here).toBeInViewport({ ratio: 1 });
    const small = await page.locator('.btn:visible, .input:visible, .chip:visible, summary:visible, .admin-nav a').evaluateAll((all) =>
      all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => `${one.className} ${one.textContent}`),
    );
    expect(small, title).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(here).toBeHidden();
    await expect(menu).toBeFocused();
  }
});

test('what an admin sets shows on pages that are open', async ({ arrive }) => {
  const phone = await (await arrive(server.it.url, PHONE)).enter('/t/acme');
  await phone.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await expect(phone.room.composer).toBeVisible();
  const admin = await arrive(server.it.url);
  await signInUnseen(admin.page, await server.it.newLink('owner', 'acme'));
  await admin.page.goto('/t/acme/admin/settings');
  await admin.page.getByLabel('Maximum characters').fill('77');
  await admin.page.getByLabel('Languages').fill('Portuguese, English');
  await admin.page.getByLabel('Accent colour').fill('#7C2D92');
  await admin.page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(phone.page.getByText('3 to 77 characters')).toBeVisible();
  await expect(phone.page.getByText('Languages: Portuguese, English.')).toBeVisible();
  await expect(phone.page.locator('#tenant-accent')).toHaveAttribute('href', /theme\.css\?v=7C2D92$/);
  const picture = { name: 'logo.png', mimeType: 'image/png', buffer: PIXEL };
  await admin.page.getByLabel('Image').setInputFiles(picture);
  await admin.page.getByRole('button', { name: 'Upload logo' }).click();
  await expect(phone.page.locator('.brand__logo')).toBeVisible();
  await admin.page.goto('/t/acme/sign-in');
  await expect(admin.page.locator('.brand__logo')).toBeVisible();
});
