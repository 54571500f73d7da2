// Everything by keyboard: no pointer is touched in this file.

import type { Locator, Page } from '@playwright/test';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true });

/** Presses Tab until this has the focus, as somebody would who sees where it is. */
async function tabTo(page: Page, target: Locator, most = 150): Promise<void> {
  for (let presses = 0; presses < most; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached with ${most} presses of Tab: ${target}`);
}

/** What has the focus must be seen to have it. */
async function isMarked(target: Locator): Promise<boolean> {
  return target.evaluate((element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
  });
}

test('vote and take back with Enter and Space', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Can you reach me without a mouse?');
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  const card = room.card(body);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the questions' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, card.vote);
  expect(await isMarked(card.vote)).toBe(true);
  await page.keyboard.press('Enter');
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await crowd.find(body))?.upvotes).toBe(1);
  await expect(card.vote, 'the keyboard stays where it was').toBeFocused();
  await card.thought();
  await page.keyboard.press('Space');
  await expect(card.vote).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(async () => (await crowd.find(body))?.upvotes).toBe(0);

  // While the keyboard is in the list nothing moves under it.
  const other = await crowd.ask('Do I take your place?');
  await expect(room.news).toContainText('1 new');
  await expect(card.vote).toBeFocused();
  await tabTo(page, room.composer);
  await expect(room.card(other.body).locator).toBeVisible();
});

test('ask', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  await tabTo(page, room.composerTeam);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await expect(room.composer).toBeFocused();
  await page.keyboard.type('Typed, and sent with the button?');
  await page.keyboard.press('Tab');
  await expect(room.askButton).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(room.card('Typed, and sent with the button?').locator).toBeVisible();
  await tabTo(page, room.composer);
  await page.keyboard.type('Sent with Ctrl and Enter?');
  await page.keyboard.press('Control+Enter');
  await expect(room.card('Sent with Ctrl and Enter?').locator).toBeVisible();
  await expect(room.composer).toBeFocused();
});

test('filters', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter();
  await tabTo(page, room.tab('Answered'));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/?tab=answered');
  await expect(room.tab('Answered')).toBeFocused();
  const menu = room.sortMenu.locator('summary');
  await tabTo(page, menu);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(room.sortMenu).not.toHaveAttribute('open');
  await expect(menu).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, room.sortMenu.getByRole('link', { name: 'Oldest' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/?tab=answered&sort=oldest');
});

test('a moderator answers', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Can you answer without a mouse?');
  const moderator = await arrive(server.it.url);
  await moderator.signIn(server.it.signInLink());
  await moderator.enter('/admin?sort=newest');
  const { page, room } = moderator;
  const row = room.card(body);
  await tabTo(page, row.act('Answer'), 300);
  await page.keyboard.press('Enter');
  const editor = row.locator.getByRole('textbox', { name: 'Answer' });
  await expect(editor, 'the keyboard is where the answer goes').toBeFocused();
  await page.keyboard.press('Escape');
  await expect(editor).toHaveCount(0);
  await expect(row.act('Answer'), 'and comes back').toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type('Yes.');
  await page.keyboard.press('Escape');
  await expect(editor, 'one key throws no words away').toHaveValue('Yes.');
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await crowd.find(body))?.answer?.responseText).toBe('Yes.');
});

test('the composer of a phone opens, takes the keyboard, and closes', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url, { viewport: { width: 390, height: 844 } })).enter();
  await expect(room.composer).toBeHidden();
  const opener = page.locator('.bar').getByRole('button', { name: 'Ask a question' });
  await tabTo(page, opener, 400);
  await page.keyboard.press('Enter');
  await expect(room.composer).toBeVisible();
  await tabTo(page, room.composer, 10);
  await page.keyboard.press('Escape');
  await expect(room.composer).toBeHidden();
  await expect(opener).toBeFocused();
});
