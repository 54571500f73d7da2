// The list of a large board: few rows in the document, and all of them within reach.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';

const COUNT = 180;
/** The most rows that a page draws at once. */
const MOST = 150;

const server = serverForThisFile({ flags: ['--open-questions-per-participant', '0', '--reads-per-participant', '0'] });

let person: Person;
const ids: string[] = [];

test.beforeAll(async () => {
  person = await Person.participant(server.it.url);
  for (let n = 0; n < COUNT; n += 1) ids.push((await person.ask(`What about number ${n}?`)).id);
});

const names = (page: Page) => page.locator('#rows > li article h3').allTextContents();
const drawn = (page: Page) => page.locator('#rows > li').count();

/** Scrolls by screens until the condition holds. */
async function scroll(page: Page, by: number, until: () => Promise<boolean>): Promise<void> {
  await expect(async () => {
    await page.mouse.wheel(0, by);
    expect(await until()).toBe(true);
  }).toPass({ timeout: 30_000, intervals: [50] });
}

test('few rows are drawn, and whoever scrolls meets all of them', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  expect(await room.count('Open')).toBe(COUNT);
  expect(await drawn(page)).toBeLessThanOrEqual(100);
  const first = page.locator('#rows > li').first();
  await expect(first).toHaveAttribute('aria-posinset', '1');
  await expect(first).toHaveAttribute('aria-setsize', String(COUNT));

  const met = new Set<string>();
  await page.mouse.move(200, 300);
  await scroll(page, 1_500, async () => {
    for (const name of await names(page)) met.add(name);
    expect(await drawn(page)).toBeLessThanOrEqual(MOST);
    return met.size === COUNT;
  });
  await expect(room.card(`What about number ${COUNT - 1}?`).locator).toHaveCount(1);
  await expect(page.locator('#rows > li').last()).toHaveAttribute('aria-posinset', String(COUNT));
  await expect(page.getByRole('link', { name: 'More questions' })).toHaveCount(0);

  await scroll(page, -1_500, () => page.evaluate(() => window.scrollY === 0));
  await expect(room.card('What about number 0?').locator).toBeInViewport();
  await expect(first).toHaveAttribute('aria-posinset', '1');
  expect(await drawn(page)).toBeLessThanOrEqual(MOST);
});

test('rows that come above leave what is read where it is', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter(`/?sort=oldest#q-${ids[170]}`);
  const named = room.card('What about number 170?').locator;
  await expect(named).toBeInViewport();
  const others = await names(page);
  expect(others).not.toContain('What about number 0?');
  const top = async () => (await named.boundingBox())?.y;
  const before = (await top()) ?? Number.NaN;
  let scrolled = 0;
  await page.mouse.move(200, 300);
  // The named row is some screens below the first that is drawn: rows come above once the reader is near that one.
  await scroll(page, -200, async () => {
    scrolled += 200;
    return (await drawn(page)) > others.length;
  });
  await expect.poll(async () => Math.abs(((await top()) ?? Number.NaN) - before - scrolled)).toBeLessThanOrEqual(2);
});

test('a link to a question draws it wherever it stands', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const far = `What about number ${COUNT - 5}?`;
  await expect(room.card(far).locator).toHaveCount(0);
  await page.evaluate((id) => {
    location.hash = `#q-${id}`;
  }, ids[COUNT - 5]);
  await expect(room.card(far).locator).toBeInViewport();
});

test('the keyboard goes through the list past its first rows', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const end = await drawn(page);
  const last = page.locator('#rows > li').nth(end - 1).getByRole('button');
  await last.focus();
  await expect(last).toBeFocused();
  await expect.poll(() => drawn(page)).toBeGreaterThan(end);
  await expect(last).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  const focused = page.locator('#rows > li', { has: page.locator(':focus') });
  await expect(focused).toHaveAttribute('aria-posinset', String(end + 1));
  await expect(room.cards.first()).toBeAttached();
});

test('the document does not grow while people vote and ask', async ({ arrive, browserName }) => {
  test.skip(browserName !== 'chromium', 'only Chromium counts the nodes of a document');
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const nodes = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'Nodes')?.value ?? Number.NaN;
  };
  const voter = await Person.participant(server.it.url);
  const before = await nodes();
  for (let n = 0; n < 60; n += 1) {
    await person.ask(`What else, ${n}?`);
    await voter.vote(ids[n] ?? '');
  }
  await expect(room.card('What else, 59?').locator).toHaveCount(1);
  await expect.poll(() => room.count('Open')).toBe(COUNT + 60);
  await expect(page.locator('.is-new')).toHaveCount(0, { timeout: 15_000 });
  await expect.poll(nodes, { timeout: 15_000 }).toBeLessThanOrEqual(before * 1.1);
});

test('a choice that is made before the page can load more shows what is here, and all of it afterwards', async ({ arrive }) => {
  const updates = /\/pkg\/split_updates[^/]*\.wasm$/;
  const tolerate = [/net::ERR_CONNECTION_REFUSED/, /blocked by Playwright/];
  const { page, room } = await arrive(server.it.url, { serviceWorkers: 'block', tolerate });
  await page.route(updates, (route) => route.abort('connectionrefused'));
  await page.goto('/?sort=oldest');
  await page.waitForFunction(() => 'keeper' in window);
  await room.sortBy('Newest');
  await expect.poll(async () => (await names(page))[0]).toBe('What about number 49?');
  await person.ask('Which one is the newest?');
  await page.unroute(updates);
  await room.live(20_000);
  await expect.poll(async () => (await names(page))[0]).toBe('Which one is the newest?');
});
