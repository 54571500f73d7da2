// What was sent and could not arrive: it waits on the device, outlives what happens to the page, the browser and the
// server, arrives once, and never as somebody else's.

import type { Page } from '@playwright/test';

import { Person, type Question } from '../support/api';
import { Network } from '../support/network';
import { NETWORK_NOTES, signInUnseen, statusNote, type Visitor } from '../support/visitor';
import { sceneBefore } from '../support/scene';
import { expect, serverForThisFile } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 1 });

/** The pauses between attempts, and a little. */
const LATER = { timeout: 20_000 };

const test = sceneBefore(server, { before: ({ page }) => ready(page) });

/** Until the page has a copy of itself, and the outbox at hand. */
async function ready(page: Page): Promise<void> {
  const isReady = () =>
    page.evaluate(async () => {
      const pages = await caches.open('pulsestage-pages');
      const files = (await (await caches.open('pulsestage-files')).keys()).map(({ url }) => new URL(url).pathname);
      const isWhole = ['.wasm', '.js', '.css', '/outbox.js'].every((end) => files.some((path) => path.endsWith(end)));
      return isWhole && (await pages.keys()).length > 0 && 'outbox' in (window as unknown as { keeper: object }).keeper;
    });
  await expect.poll(isReady, { timeout: 15_000 }).toBe(true);
}

/** Airplane mode: the browser is told, and it is true. */
async function offline(anna: Visitor, network: Network, is = true): Promise<void> {
  if (is) network.cut();
  else network.mend();
  await anna.context.setOffline(is);
}

/** What the device keeps of what was not sent. */
const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const opened = indexedDB.open('pulsestage', 1);
        opened.onupgradeneeded = () => opened.result.createObjectStore('outbox', { keyPath: 'op' });
        opened.onsuccess = () => {
          const count = opened.result.transaction('outbox').objectStore('outbox').count();
          count.onsuccess = () => {
            opened.result.close();
            resolve(count.result);
          };
        };
      }),
  );

const all = async (crowd: Person, body: string): Promise<Question[]> =>
  Object.values((await crowd.board()).board.questions).filter((question) => question.body === body);

test('airplane mode: the page opens with its age, what is sent waits, outlives the page, and arrives once', async ({ anna, crowd, network }) => {
  test.slow();
  const { body } = await crowd.ask('Can you vote up there?');
  await anna.room.card(body).vote.waitFor();
  await offline(anna, network);
  await expect(anna.room.badge).toHaveText('Offline');
  await expect(anna.page.getByText(/Questions as of \d\d:\d\d/)).toBeVisible();
  await anna.room.card(body).vote.click();
  await anna.room.ask('Who asks from an airplane?');
  await expect(anna.room.composer).toHaveValue('');
  await expect(anna.room.outbox.getByRole('listitem')).toHaveCount(2);
  await expect(anna.room.outbox.getByText('Waiting to be sent', { exact: true })).toHaveCount(2);

  await anna.page.reload();
  await expect(anna.room.badge).toHaveText('Offline', LATER);
  await expect(anna.page.getByText(/You are offline\. Questions as of \d\d:\d\d\./)).toBeVisible();
  expect(await anna.room.cards.count()).toBeGreaterThan(3);
  await expect(anna.room.outbox.getByRole('listitem')).toHaveCount(2);
  await expect(anna.room.outbox).toContainText('Who asks from an airplane?');

  // Closed, and come back to, still without a network.
  const again = await anna.context.newPage();
  await anna.page.close();
  await again.goto(`${network.url}/?sort=newest`);
  await expect(again.getByRole('region', { name: 'Waiting to be sent' }).getByRole('listitem')).toHaveCount(2);
  expect((await crowd.find(body))?.upvotes).toBe(0);
  await offline(anna, network, false);
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
  await expect.poll(async () => (await all(crowd, 'Who asks from an airplane?')).length, LATER).toBe(1);
  await expect(again.getByRole('region', { name: 'Waiting to be sent' })).toBeHidden({ timeout: 15_000 });
  expect(await kept(again)).toBe(0);
});

test('a vote that waited before a reload is shown as it was wished, and a change of mind waits behind it', async ({ anna, crowd, network }) => {
  const { body } = await crowd.ask('Up, down, or up?');
  await anna.room.card(body).vote.waitFor();
  await anna.page.reload();
  await anna.room.live();
  await ready(anna.page);
  await offline(anna, network);
  await anna.room.card(body).vote.click();
  await expect(anna.room.outbox.getByRole('listitem')).toHaveCount(1);
  await anna.page.reload();
  const card = anna.room.card(body);
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true', LATER);
  await expect(card.votes).toHaveText('1');
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'false');
  await card.thought();
  await card.vote.click();
  await expect(card.votes).toHaveText('1');
  await offline(anna, network, false);
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
  await expect.poll(() => kept(anna.page), LATER).toBe(0);
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
});

test('one of two tabs sends, and both know of it', async ({ anna, crowd, network }) => {
  test.slow();
  const { body } = await crowd.ask('Which tab sends it?');
  await anna.room.card(body).vote.waitFor();
  const second = await anna.context.newPage();
  await second.goto(`${network.url}/?sort=newest`);
  await ready(second);
  const taken: string[] = [];
  anna.context.on('response', (answer) => {
    if (answer.url().includes('/api/fn/set_vote') && answer.ok()) taken.push(answer.request().postData() ?? '');
  });
  await offline(anna, network);
  await anna.room.card(body).vote.click();
  const theirs = second.getByRole('region', { name: 'Waiting to be sent' });
  await expect(theirs.getByRole('listitem'), 'the other tab shows it').toHaveCount(1);
  await offline(anna, network, false);
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
  await expect(theirs).toBeHidden({ timeout: 15_000 });
  await expect(anna.room.outbox).toBeHidden({ timeout: 15_000 });
  expect(taken).toHaveLength(1);
});

test('a tab that is closed in the middle leaves what it was sending to the others', async ({ anna, crowd, network }) => {
  test.slow();
  const { body } = await crowd.ask('Who finishes this?');
  await anna.room.card(body).vote.waitFor();
  network.hold();
  await anna.room.card(body).vote.click();
  await expect.poll(() => anna.page.evaluate(() => Object.keys(localStorage).some((name) => name.startsWith('ps:sending ')))).toBe(true);
  await anna.page.close();
  network.mend();
  const again = await anna.context.newPage();
  await again.goto(`${network.url}/?sort=newest`);
  await expect.poll(async () => (await crowd.find(body))?.upvotes, { timeout: 40_000 }).toBe(1);
  await expect.poll(() => again.evaluate(() => Object.keys(localStorage).some((name) => name.startsWith('ps:sending '))), { timeout: 40_000 }).toBe(false);
});

test('the server is killed in the middle: what it had taken is not taken twice', async ({ anna, crowd }) => {
  test.slow();
  const { body } = await crowd.ask('Will this be counted twice?');
  const card = anna.room.card(body);
  await card.vote.waitFor();
  anna.tolerate(statusNote(502), statusNote(503));
  // Both are carried out; the answers are lost, and then the server is.
  const taken: string[] = [];
  await anna.page.route(/\/api\/fn\/(set_vote|ask)$/, async (route) => {
    if (taken.length < 2) {
      const answer = await route.fetch();
      if (answer.ok()) taken.push(route.request().url());
      return route.abort('connectionreset');
    }
    return route.continue();
  });
  await card.vote.click();
  await anna.room.ask('Was I killed in the middle?');
  await expect.poll(() => taken.length).toBe(2);
  await server.it.kill();
  await expect(anna.room.outbox.getByRole('listitem')).toHaveCount(2);
  await anna.page.waitForTimeout(1_000);
  await server.it.restart();
  await expect(anna.room.outbox).toBeHidden({ timeout: 40_000 });
  expect((await crowd.find(body))?.upvotes).toBe(1);
  expect(await all(crowd, 'Was I killed in the middle?')).toHaveLength(1);
  expect(await kept(anna.page)).toBe(0);
});

test('what is refused later says why, and can be put away', async ({ anna, crowd, network }) => {
  const { id, body } = await crowd.ask('Is it too late to vote?');
  await anna.room.card(body).vote.waitFor();
  await offline(anna, network);
  await anna.room.card(body).vote.click();
  await anna.room.ask('Is it too late to ask?');
  await expect(anna.room.outbox.getByRole('listitem')).toHaveCount(2);
  const owner = await Person.moderator(server.it.url, await server.it.newLink('owner'));
  await owner.mark('freeze', id);
  anna.tolerate(statusNote(409));
  await offline(anna, network, false);
  await expect(anna.room.outbox).toContainText('Not accepted: This question is frozen', LATER);
  await expect(anna.room.outbox).toContainText('Your vote for “Is it too late to vote?”');
  await expect(anna.room.card(body).vote).toHaveAttribute('aria-pressed', 'false');
  await anna.room.outbox.getByRole('button', { name: 'Discard' }).click();
  await expect(anna.room.outbox).toBeHidden({ timeout: 15_000 });
  expect(await all(crowd, 'Is it too late to ask?')).toHaveLength(1);
});

test('what waits is sent although the script that sends it hung at first', async ({ arrive, network, crowd }) => {
  const anna = await arrive(network.url, { tolerate: [NETWORK_NOTES] });
  const { body } = await crowd.ask('Who brings the script?');
  // As into a connection that died in silence: no answer ever.
  await anna.page.route('**/outbox.js', () => undefined);
  let tries = 0;
  await anna.page.route('**/api/fn/set_vote', (route) => ((tries += 1) > 1 ? route.continue() : route.abort('connectionreset')));
  await anna.enter('/?sort=newest');
  await anna.room.card(body).vote.click();
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
  await expect(anna.room.card(body).votes).toHaveText('1');
});

test('a server that asks to wait is given time, and is asked again', async ({ anna, crowd }) => {
  const { body } = await crowd.ask('How long is a moment?');
  const card = anna.room.card(body);
  await card.vote.waitFor();
  anna.tolerate(statusNote(503), statusNote(429));
  const times: number[] = [];
  const answers = [503, 429];
  await anna.page.route('**/api/fn/set_vote', async (route) => {
    times.push(Date.now());
    const status = answers.shift();
    if (status === undefined) return route.continue();
    const word = status === 503 ? 'unavailable' : 'too_many_requests';
    const json = { refusal: word, retry_after_s: 1, message: 'Not now.' };
    return route.fulfill({ status, headers: { 'retry-after': '1' }, json });
  });
  await card.vote.click();
  await expect(anna.room.outbox).toContainText('Waiting to be sent');
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  expect(Math.min(...gaps), `${gaps}`).toBeGreaterThanOrEqual(1_000);
});

test('nothing is sent as somebody else: after signing in it says so, and can be taken over', async ({ anna, crowd }) => {
  test.slow();
  anna.tolerate(statusNote(412));
  await anna.page.route(/\/api\/fn\/ask$/, (route) => route.abort('connectionreset'));
  await anna.room.ask('Who am I now?');
  await expect(anna.room.outbox).toContainText('Who am I now?');
  await signInUnseen(anna.page, await server.it.newLink('moderator'));
  await anna.page.unroute(/\/api\/fn\/ask$/);
  // The page is still the guest's, the browser is not.
  await anna.room.outbox.getByRole('button', { name: 'Try now' }).click();
  await anna.page.reload();
  await anna.room.live();
  await expect(anna.room.outbox).toContainText('Not sent, because somebody signed in or out since');
  expect(await all(crowd, 'Who am I now?')).toHaveLength(0);
  await anna.room.outbox.getByRole('button', { name: 'Edit' }).click();
  await expect(anna.room.composer).toHaveValue('Who am I now?');
  await expect(anna.room.outbox).toBeHidden();
});

test('signing out erases what waits, and the copy of the page', async ({ arrive, network }) => {
  const anna = await arrive(network.url, { tolerate: [NETWORK_NOTES] });
  await signInUnseen(anna.page, (await server.it.newLink('moderator')).replace(server.it.url, network.url));
  await anna.enter('/?sort=newest');
  await ready(anna.page);
  await anna.page.route(/\/api\/fn\/ask$/, (route) => route.abort('connectionreset'));
  await anna.room.ask('Is this mine alone?');
  await expect.poll(() => kept(anna.page)).toBe(1);
  await anna.page.locator('details.who summary').click();
  await anna.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(anna.page.getByRole('heading', { level: 1 })).toHaveText('You are signed out');
  await expect.poll(() => kept(anna.page)).toBe(0);
  expect(await anna.page.evaluate(async () => (await (await caches.open('pulsestage-pages')).keys()).length)).toBe(0);
  const left = await anna.page.evaluate(() => Object.entries(localStorage).flat().join(' '));
  expect(left).not.toContain('Is this mine alone?');
});

test('where storage is blocked a vote is sent again as long as the page is open', async ({ arrive, network, crowd }) => {
  test.slow();
  // The network may go while the browser asks for the worker.
  const anna = await arrive(network.url, { tolerate: [NETWORK_NOTES] });
  await anna.context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('blocked', 'SecurityError');
        },
      });
    }
  });
  const { body } = await crowd.ask('Is it sent without storage?');
  await anna.enter('/?sort=newest');
  await anna.page.waitForFunction(() => 'outbox' in (window as unknown as { keeper: object }).keeper);
  network.cut();
  await anna.room.card(body).vote.click();
  await expect(anna.room.outbox).toContainText('Waiting to be sent');
  network.mend();
  await expect.poll(async () => (await crowd.find(body))?.upvotes, LATER).toBe(1);
});
