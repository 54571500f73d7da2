// A proxy that holds streams back: the page asks every few seconds, says so, misses nothing, and has a stream again when
// one comes through.

import { Person } from '../support/api';
import { HoldingProxy } from '../support/holding';
import { NETWORK_NOTES, statusNote } from '../support/visitor';
import { expect, serverForThisFile, test as base } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 2 });

const SLOWLY = 'Updates every few seconds';
/** Five seconds until the page asks, and the time between two questions. */
const SOON = { timeout: 12_000 };

const test = base.extend<{ office: HoldingProxy; crowd: Person }>({
  office: async ({}, use) => {
    const proxy = await HoldingProxy.before(server.it.listensOn);
    await use(proxy);
    await proxy.close();
  },
  crowd: async ({}, use) => use(await Person.participant(server.it.url)),
});

test('where no stream comes through the page asks, and misses nothing', async ({ arrive, crowd, office }) => {
  test.slow();
  office.holding = 'everything';
  const anna = await arrive(office.url);
  await anna.page.goto('/?sort=newest');
  await expect(anna.room.badge).toHaveText(SLOWLY, SOON);
  await anna.room.mark();
  const { id, body } = await crowd.ask('Does this arrive without a stream?');
  const card = anna.room.card(body);
  await expect(card.locator).toBeVisible(SOON);
  await (await Person.participant(server.it.url)).vote(id);
  await expect(card.votes).toHaveText('1', SOON);
  await card.vote.click();
  await expect(card.votes).toHaveText('2');
  await expect.poll(async () => (await crowd.find(body))?.upvotes).toBe(2);
  await expect(anna.page.locator('.badge__age')).toHaveCount(0);
  const before = office.polls;
  await expect.poll(() => office.polls, SOON).toBeGreaterThan(before);
  expect(office.streams, 'a stream is tried now and then, not all the time').toBeLessThan(8);
  expect(await anna.room.isMarked(), 'nobody had to reload').toBe(true);
});

test('when a stream comes through again the page is live, and asks no more', async ({ arrive, crowd, office }) => {
  test.slow();
  office.holding = 'everything';
  const anna = await arrive(office.url);
  await anna.page.goto('/?sort=newest');
  await expect(anna.room.badge).toHaveText(SLOWLY, SOON);
  const missed = await crowd.ask('Asked while the stream was held back?');
  office.holding = 'nothing';
  await anna.room.live(40_000);
  await expect(anna.room.card(missed.body).locator).toBeVisible();
  const before = office.polls;
  const live = await crowd.ask('And live again?');
  await expect(anna.room.card(live.body).locator).toBeVisible();
  await anna.room.live();
  expect(office.polls - before).toBeLessThanOrEqual(1);
});

test('a proxy that passes the beginning of a stream alone is found out', async ({ arrive, crowd, office }) => {
  test.slow();
  office.holding = 'all but the beginning';
  const anna = await arrive(office.url);
  await anna.page.goto('/?sort=newest');
  const { body } = await crowd.ask('Does this arrive behind the beginning?');
  await expect(anna.room.card(body).locator).toBeVisible({ timeout: 20_000 });
  await expect(anna.room.badge).toHaveText(SLOWLY, { timeout: 20_000 });
  const later = await crowd.ask('And this one?');
  await expect(anna.room.card(later.body).locator).toBeVisible(SOON);
});

test('a proxy that refuses streams is no reason to stand still', async ({ arrive, crowd, office }) => {
  test.slow();
  office.holding = 'refused';
  const anna = await arrive(office.url, { tolerate: [statusNote(502), NETWORK_NOTES] });
  await anna.page.goto('/?sort=newest');
  await expect(anna.room.badge).toHaveText(SLOWLY, { timeout: 30_000 });
  const { body } = await crowd.ask('Does this arrive though streams are refused?');
  await expect(anna.room.card(body).locator).toBeVisible(SOON);
});

test('nobody asks for a page that nobody sees', async ({ arrive, office }) => {
  test.slow();
  office.holding = 'everything';
  const anna = await arrive(office.url);
  await anna.page.goto('/');
  await expect(anna.room.badge).toHaveText(SLOWLY, SOON);
  const hide = (hidden: boolean) =>
    anna.page.evaluate((on) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => on });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await hide(true);
  const before = office.polls;
  // Longer than from one question to the next; there is nothing else to wait for.
  await anna.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 7_000)));
  expect(office.polls - before, 'one may have been on its way').toBeLessThanOrEqual(1);
  await hide(false);
  await expect.poll(() => office.polls, SOON).toBeGreaterThan(before + 1);
});

test('the check says in words what comes through', async ({ arrive, office }) => {
  test.slow();
  const anna = await arrive(office.url);
  await anna.page.goto('/check');
  const check = anna.page.locator('#check');
  await expect(check).toHaveAttribute('data-verdict', 'works', { timeout: 15_000 });
  await expect(anna.page.getByText('Your network lets everything through.')).toBeVisible();
  await expect(anna.page.locator('#check-cookies')).toHaveText('Yes.');
  await expect(anna.page.locator('#check-clock')).toHaveText('Right.');
  await expect(anna.page.locator('#check-version')).toHaveText(/^HTTP\/1\.1/);
  office.holding = 'everything';
  await anna.page.getByRole('link', { name: 'Check again' }).click();
  await expect(check).toHaveAttribute('data-verdict', 'held', { timeout: 25_000 });
  await expect(anna.page.getByText('Something holds live updates back.')).toBeVisible();
  await expect(anna.page.getByRole('textbox', { name: 'For your IT department' })).toHaveValue(/\/sse/);
});
