// What is typed and not sent: it outlives a reload, leaving the page and signing in, and is gone once it was sent. And Back
// closes what is open instead of leaving the page.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What this device keeps of drafts. */
const drafts = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('ps:draft ')));

test('a question that was begun outlives a reload and leaving the page, until it is sent or emptied', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  await room.composer.fill('Is this still here?');
  await page.reload();
  await room.live();
  await expect(room.composer).toHaveValue('Is this still here?');
  await expect(page.locator('.composer .field__foot')).toContainText('19');
  await page.goto('/t/acme');
  await room.live();
  await expect(room.composer, 'every workspace has its own').toHaveValue('');
  await page.goBack();
  await room.live();
  await expect(room.composer).toHaveValue('Is this still here?');
  await room.askButton.click();
  await expect(room.card('Is this still here?').locator).toBeVisible();
  await expect(room.composer).toHaveValue('');
  await page.reload();
  await room.live();
  await expect(room.composer, 'it was sent').toHaveValue('');
  await room.composer.fill('And this?');
  await room.composer.fill('');
  await page.reload();
  await room.live();
  await expect(room.composer, 'it was emptied').toHaveValue('');
  expect(await drafts(page)).toEqual([]);
});

test('a draft goes along when one signs in, and is gone from the device when one signs out', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/');
  await room.composer.fill('Written as a guest');
  await expect.poll(() => drafts(page)).toHaveLength(1);
  await signInUnseen(page, await server.it.newLink('moderator'));
  await page.goto('/');
  await room.live();
  await expect(room.composer).toHaveValue('Written as a guest');
  await room.composer.fill('Changed by a moderator');
  await page.locator('details.who summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are signed out');
  await expect.poll(() => drafts(page)).toEqual([]);
  await page.goto('/');
  await room.live();
  await expect(room.composer, 'the next person reads nothing of it').toHaveValue('');
});

test('another account on the same device does not read the drafts of the one before', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url);
  await signInUnseen(page, await server.it.newLink('moderator'));
  await page.goto('/');
  await room.live();
  await room.composer.fill('Of the first moderator');
  await expect.poll(() => drafts(page)).toHaveLength(1);
  await signInUnseen(page, await server.it.newLink('moderator'));
  await page.goto('/');
  await room.live();
  await expect(room.composer).toHaveValue('');
  expect(await drafts(page)).toEqual([]);
});

test('an answer that was begun is there again, and is gone once it is given or cancelled', async ({ arrive }) => {
  const guest = await Person.participant(server.it.url);
  const [one, two] = [await guest.ask('Which answer is half written?'), await guest.ask('Which answer is cancelled?')];
  const { page, room } = await (await arrive(server.it.url)).enterBy(await server.it.newLink('owner'));
  const editor = (body: string) => room.card(body).locator.getByRole('textbox', { name: 'Answer' });
  for (const { body } of [one, two]) {
    await room.card(body).act('Answer').click();
    await editor(body).fill(`About: ${body}`);
  }
  await page.reload();
  await room.live();
  for (const { body } of [one, two]) {
    await room.card(body).act('Answer').click();
    await expect(editor(body)).toHaveValue(`About: ${body}`);
  }
  await room.card(two.body).locator.getByRole('button', { name: 'Cancel' }).click();
  await room.card(one.body).locator.getByRole('button', { name: 'Save answer' }).click();
  await expect(room.toasts).toContainText('Answered.');
  expect(await drafts(page)).toEqual([]);
  await room.card(two.body).act('Answer').click();
  await expect(editor(two.body)).toHaveValue('');
});

test('a change of one’s own question and a message outlive a reload, where the page has no program', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  await room.ask('What is changed later?');
  await expect(room.card('What is changed later?').locator).toBeVisible();
  await page.goto('/mine');
  await page.getByText('Edit question').click();
  await page.getByLabel('Your question').fill('What was changed later?');
  await page.reload();
  await expect(page.getByLabel('Your question'), 'it is open again').toHaveValue('What was changed later?');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.mine .words')).toHaveText('What was changed later?');
  await page.reload();
  expect(await drafts(page), 'it was saved').toEqual([]);
  await page.getByRole('link', { name: 'Write to the moderators' }).click();
  await page.getByLabel('Your message').fill('Half a message');
  await page.reload();
  await expect(page.getByLabel('Your message')).toHaveValue('Half a message');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('.thread')).toContainText('Half a message');
  await expect(page.getByLabel('Your message')).toHaveValue('');
  expect(await drafts(page), 'it was sent').toEqual([]);
});

test('where storage is blocked everything works, and nothing is kept', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  await anna.context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('blocked', 'SecurityError');
        },
      });
    }
  });
  const { page, room } = await anna.enter('/?sort=newest');
  await room.ask('Does it work without storage?');
  const card = room.card('Does it work without storage?');
  await expect(card.locator).toBeVisible();
  const { body } = await (await Person.participant(server.it.url)).ask('And can I vote?');
  await room.card(body).vote.click();
  await expect(room.card(body).vote).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await (await Person.participant(server.it.url)).find(body))?.upvotes).toBe(1);
  await room.composer.fill('Not kept');
  await page.reload();
  await room.live();
});

test('Back closes the sheet, Forward opens it, and neither is a trap', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/join');
  await page.goto('/?sort=newest');
  await room.live();
  await room.mark();
  await room.askBar.click();
  await expect(room.askSheet).toBeVisible();
  await room.composer.fill('Half a question');
  await page.goBack();
  await expect(room.askSheet).toBeHidden();
  expect(await room.isMarked(), 'the page was not left').toBe(true);
  await page.goForward();
  await expect(room.askSheet).toBeVisible();
  await expect(room.composer).toHaveValue('Half a question');
  await room.askSheet.getByRole('button', { name: 'Close' }).click();
  await expect(room.askSheet).toBeHidden();
  await expect.poll(() => page.evaluate(() => history.state?.sheet)).toBeUndefined();
  await page.goBack();
  await expect(page, 'one step leaves the page').toHaveURL(/\/join$/);
});

test('a menu is closed by Back as well, and what was chosen in it is one step', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/');
  await room.sortMenu.locator('summary').click();
  await expect(room.sortMenu).toHaveAttribute('open', '');
  await page.goBack();
  await expect(room.sortMenu).not.toHaveAttribute('open');
  await expect(page).toHaveURL(/\/$/);
  await room.sortBy('Newest');
  await expect(page).toHaveURL(/sort=newest/);
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
  await expect(room.sortMenu).not.toHaveAttribute('open');
  await page.goForward();
  await expect(page).toHaveURL(/sort=newest/);
});

for (const pause of [0, 150, 280]) {
  test(`a sheet that was closed ${pause} ms before a reload neither stops it nor is open again`, async ({ arrive }) => {
    const { page, room } = await (await arrive(server.it.url, PHONE)).enter('/?sort=newest');
    await room.askBar.click();
    await expect(room.askSheet).toBeVisible();
    await room.mark();
    // In the page: the time between the two is what this is about.
    await Promise.all([
      page.waitForEvent('load'),
      page.evaluate((after) => {
        document.querySelector<HTMLElement>('[popover]:popover-open')?.hidePopover();
        setTimeout(() => location.reload(), after);
      }, pause),
    ]);
    await room.live();
    expect(await room.isMarked(), 'it is another document').toBe(false);
    await expect(room.askSheet).toBeHidden();
    expect(await page.evaluate(() => history.state?.sheet)).toBeUndefined();
  });
}
