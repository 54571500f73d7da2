// Bad networks: dead Wi-Fi, a router that forgot its connections, a tunnel, a laptop without a network. The page says
// how it stands, and catches up by itself.

import { Person } from '../support/api';
import { sceneBefore } from '../support/scene';
import { expect, serverForThisFile } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 1 });

/** Two and a half heartbeats, and a little. */
const WATCHDOG = { timeout: 8_000 };
/** The same for each of the idle connections that Chromium holds and tries before it makes a new one. */
const SEVERAL = { timeout: 25_000 };

const test = sceneBefore(server, {
  before: ({ room }) => room.mark(),
  after: async ({ room }) => expect(await room.isMarked(), 'nobody had to reload').toBe(true),
});

test('a connection that died in silence is noticed and replaced', async ({ anna, crowd, network }) => {
  test.slow();
  network.forget();
  const { body } = await crowd.ask('Can you hear me through the silence?');
  await expect(anna.room.card(body).locator).toBeVisible(SEVERAL);
  await anna.room.live();
  const later = await crowd.ask('And now?');
  await expect(anna.room.card(later.body).locator).toBeVisible();
});

test('while nothing gets through the badge says so; afterwards all is there, in order and once', async ({ anna, crowd, network }) => {
  network.hold();
  const [one, two] = [await crowd.ask('The first in the tunnel?'), await crowd.ask('The second in the tunnel?')];
  await (await Person.participant(server.it.url)).vote(one.id);
  await expect(anna.room.badge).toHaveText('Reconnecting', WATCHDOG);
  await expect(anna.page.locator('.badge__age')).toHaveText(/^\d+ s old$/);
  network.mend();
  await expect(anna.room.card(one.body).votes).toHaveText('1', WATCHDOG);
  await anna.room.live();
  expect((await anna.room.questions()).filter((text) => text.endsWith('in the tunnel?'))).toEqual([two.body, one.body]);
});

test('a vote and a question from a dead spot are sent once, later', async ({ anna, crowd, network }) => {
  const { body } = await crowd.ask('Can you vote from there?');
  const card = anna.room.card(body);
  await card.vote.waitFor();
  const arrived: string[] = [];
  anna.page.on('response', (answer) => {
    if (answer.url().includes('/api/fn/') && answer.ok()) arrived.push(new URL(answer.url()).pathname);
  });
  network.cut();
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect(card.votes).toHaveText('1');
  await anna.room.ask('Can you ask from there?');
  await expect(anna.room.outbox).toContainText('Can you ask from there?');
  await expect(anna.room.outbox.getByText('Waiting to be sent', { exact: true })).toHaveCount(2);
  await expect(anna.room.badge).toHaveText('Reconnecting');
  expect((await crowd.find(body))?.upvotes, 'nothing has arrived yet').toBe(0);
  network.mend();
  await expect.poll(async () => (await crowd.find(body))?.upvotes, WATCHDOG).toBe(1);
  await expect(anna.room.card('Can you ask from there?').locator).toBeVisible(WATCHDOG);
  await expect(anna.room.composer).toHaveValue('');
  await expect(anna.room.outbox, 'what was sent is said for a while').toBeHidden({ timeout: 10_000 });
  await expect(card.votes).toHaveText('1');
  await expect.poll(() => [...arrived].sort()).toEqual(['/api/fn/ask', '/api/fn/set_vote']);
  const { board } = await crowd.board();
  const same = Object.values(board.questions).filter((question) => question.body === 'Can you ask from there?');
  expect(same).toHaveLength(1);
});

test('a vote whose answer was lost is sent again under the same key and counts once', async ({ anna, crowd }) => {
  const { body } = await crowd.ask('Did my vote arrive?');
  const keys: string[] = [];
  await anna.page.route('**/api/fn/set_vote', async (route) => {
    keys.push(new URLSearchParams(route.request().postData() ?? '').get('op') ?? '');
    await route.fetch();
    // It was carried out, but the browser never learns of it the first time.
    if (keys.length === 1) await route.abort('connectionreset');
    else await route.continue();
  });
  const card = anna.room.card(body);
  await card.vote.click();
  await expect.poll(() => keys.length, WATCHDOG).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
  await expect(card.votes).toHaveText('1');
  expect((await crowd.find(body))?.upvotes).toBe(1);
});

test('a vote into a connection that died in silence is not lost either', async ({ anna, crowd, network }) => {
  test.slow();
  const { body } = await crowd.ask('Is anybody on this line?');
  const card = anna.room.card(body);
  await card.vote.waitFor();
  network.forget();
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await crowd.find(body))?.upvotes, SEVERAL).toBe(1);
  await expect(card.votes).toHaveText('1');
});

test('without a network the page says so and can be read; back again it catches up', async ({ anna, crowd, network }) => {
  const { body } = await crowd.ask('Are you still there?');
  await expect(anna.room.card(body).locator).toBeVisible();
  // The browser is told that it has no network; that it truly has none is our part.
  network.cut();
  await anna.context.setOffline(true);
  await expect(anna.room.badge).toHaveText('Offline');
  await expect(anna.page.getByText('You are offline.')).toBeVisible();
  const moderator = await Person.moderator(server.it.url, await server.it.newLink('moderator'));
  const missed = await crowd.ask('What did you miss?');
  await (await Person.participant(server.it.url)).vote(missed.id);
  await moderator.mark('pin', missed.id);
  const card = anna.room.card(body);
  await card.vote.click();
  await expect(card.votes, 'a vote without a network waits').toHaveText('1');
  await expect(anna.room.badge).toHaveText('Offline');
  await expect(anna.room.card(missed.body).locator).toHaveCount(0);
  network.mend();
  await anna.context.setOffline(false);
  await anna.room.live();
  await anna.room.leaveList();
  await expect(anna.room.card(missed.body).mark('Pinned')).toBeVisible();
  await expect(anna.room.card(missed.body).votes).toHaveText('1');
  await expect.poll(async () => (await crowd.find(body))?.upvotes, WATCHDOG).toBe(1);
});

test('a page that comes back out of the browser’s history is up to date', async ({ anna, crowd }) => {
  await anna.page.goto('about:blank');
  const { body } = await crowd.ask('What happened while you were on another page?');
  await anna.page.goBack();
  await expect(anna.room.card(body).locator).toBeVisible(WATCHDOG);
  await anna.room.live();
  await anna.room.mark();
});
