// Moderators with much to do and many tabs: a long queue by windows, pages out of the browser's history, and signing out in
// one tab while others are open.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { Room } from '../support/room';
import { askMany, UNLIMITED } from '../support/seed';
import { expect, serverForThisFile, test } from '../support/test';

const WAITING = 300;

const server = serverForThisFile({ flags: UNLIMITED, heartbeatS: 2 });
let owner: Person;

test.beforeAll(async () => {
  test.setTimeout(60_000);
  owner = await Person.moderator(server.it.url, await server.it.newLink('owner'));
  const team = (await owner.board()).board.teams[0];
  await owner.call('change_team', { team: team?.id ?? '', name: team?.name ?? '', review: 'yes' });
  await askMany(server.it, WAITING, (n) => `Waiting number ${n}: may everybody read this?`);
});

const cases = (page: Page) => page.locator('#cases > li');

test('three hundred questions wait: few are drawn at first, more as one scrolls, and what is decided leaves', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url);
  await anna.signIn(await server.it.newLink('moderator'));
  const { page, room } = anna;
  await page.goto('/admin/review');
  await room.live();
  await expect(page.getByRole('link', { name: /Waiting/ }).first()).toContainText('300');
  await expect(cases(page)).toHaveCount(50);
  await expect(cases(page).first()).toHaveAttribute('aria-posinset', '1');
  await page.mouse.move(700, 500);
  await expect(async () => {
    await page.mouse.wheel(0, 2_500);
    expect(await cases(page).count()).toBeGreaterThan(100);
  }).toPass({ timeout: 60_000, intervals: [50] });
  await cases(page).nth(99).getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByRole('link', { name: /Waiting/ }).first()).toContainText('299');
});

test('a page that comes back out of the history is live, beside tabs that were live all the time', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  const { page, room } = await anna.enter('/?sort=newest');
  const other = new Room(await anna.context.newPage());
  await other.page.goto('/?sort=newest');
  await other.live();
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })));
  await page.goto('/check');
  const waiting = await (await Person.participant(server.it.url)).ask('Asked while a page was put away?');
  await owner.call('decide', { question: waiting.id, decision: 'approve' });
  await expect(other.card(waiting.body).locator).toBeVisible();
  await page.goBack();
  await expect(room.card(waiting.body).locator).toBeVisible({ timeout: 10_000 });
  await room.live();
  await room.card(waiting.body).vote.click();
  await expect(other.card(waiting.body).vote).toHaveAttribute('aria-pressed', 'true');
  await other.live();
});

test('whoever signs out in one tab has nothing of staff left in the others', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  await anna.signIn(await server.it.newLink('owner'));
  const tabs: Page[] = [];
  for (const path of ['/admin/review', '/admin', '/']) {
    const page = await anna.context.newPage();
    await page.goto(path);
    await new Room(page).live();
    tabs.push(page);
  }
  const [review, queue, board] = tabs as [Page, Page, Page];
  await expect(cases(review).first()).toBeVisible();
  await anna.page.goto('/');
  await anna.room.live();
  await anna.page.locator('details.who summary').click();
  await anna.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(anna.page.getByRole('heading', { level: 1 })).toHaveText('You are signed out');
  await expect(cases(review), 'what only moderators read').toHaveCount(0, { timeout: 3_000 });
  await expect(queue.getByRole('group', { name: 'Actions' }), 'what only moderators do').toHaveCount(0, { timeout: 3_000 });
  await expect(board.locator('details.who'), 'the name of an account').toHaveCount(0, { timeout: 3_000 });
  await new Room(board).live();
});
