// Whatever others do to the page's HTML, before its program starts or while it runs, one votes, asks and follows in it.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { type Room } from '../support/room';
import { TAMPERINGS } from '../support/tamperings';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 2 });

/** Keeps the program away until it is let go. */
async function holdProgram(page: Page): Promise<() => void> {
  let release = () => {};
  const free = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await free;
    await route.continue();
  });
  return release;
}

/** Votes, asks, and sees what others do. */
async function works(room: Room, kept: string, crowd: Person): Promise<void> {
  const card = room.card(kept);
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect(card.votes).toHaveText('1');
  await expect.poll(async () => (await crowd.find(kept))?.upvotes, 'the server has it').toBe(1);
  await (await Person.participant(server.it.url)).vote((await crowd.find(kept))?.id ?? '');
  await expect(card.votes, 'another vote').toHaveText('2');
  const { body } = await crowd.ask(`Is this seen beside "${kept}"?`);
  await expect(room.card(body).locator, 'another question').toBeVisible();
  const mine = `Is this mine beside "${kept}"?`;
  await room.ask(mine);
  await expect(room.card(mine).locator, 'a question of one’s own').toBeVisible();
  await expect(room.composer).toHaveValue('');
  await room.live();
}

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  test(`${name}, before the program starts`, async ({ arrive }) => {
    const crowd = await Person.participant(server.it.url);
    const kept = `Before: ${name}?`;
    await crowd.ask(kept);
    const { page, room } = await arrive(server.it.url);
    const release = await holdProgram(page);
    await page.goto('/?sort=newest', { waitUntil: 'domcontentloaded' });
    await page.evaluate(tamper, kept);
    release();
    await room.live();
    await works(room, kept, crowd);
  });

  test(`${name}, while the program runs`, async ({ arrive }) => {
    const crowd = await Person.participant(server.it.url);
    const kept = `Later: ${name}?`;
    await crowd.ask(kept);
    const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
    await page.evaluate(tamper, kept);
    await works(room, kept, crowd);
  });
}

test('a translation leaves no count stale, and its words go when ours change', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url);
  const { id, body } = await crowd.ask('How stale is this?');
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=newest');
  const tab = room.tab('Open');
  const before = await room.count('Open');
  for (let round = 1; round < 4; round += 1) {
    await page.evaluate(TAMPERINGS['a translation replaces texts'] ?? (() => {}), body);
    await (await Person.participant(server.it.url)).vote(id);
    await expect(room.card(body).votes).toHaveText(String(round));
    await crowd.ask(`How stale is round ${round}?`);
    await expect(tab).toHaveText(new RegExp(`\\b${before + round}\\b`));
  }
});

test('the page is exchanged with everything that its reader did meanwhile', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { viewport: { width: 1440, height: 600 } });
  await page.addInitScript(() => {
    Object.assign(window, { shift: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) Object.assign(window, { shift: Reflect.get(window, 'shift') + Reflect.get(entry, 'value') });
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const release = await holdProgram(page);
  let loads = 0;
  page.on('request', (request) => (loads += Number(request.url().includes('/load_board'))));
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  const root = await page.locator('#app').elementHandle();
  await room.sortMenu.locator('summary').click();
  await page.evaluate(() => scrollTo(0, 150));
  await room.composerTeam.selectOption({ index: 1 });
  const team = await room.composerTeam.inputValue();
  await room.composer.fill('What I typed before it woke up');
  await room.composer.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(2, 6, 'backward'));
  const scrolled = await page.evaluate(() => scrollY);
  release();
  await room.live();
  expect(await root?.evaluate((element) => element.isConnected), 'it is another element').toBe(false);
  await expect(room.composer).toHaveValue('What I typed before it woke up');
  await expect(room.composer).toBeFocused();
  expect(await room.composer.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd, area.selectionDirection])).toEqual([2, 6, 'backward']);
  await expect(room.composerTeam).toHaveValue(team);
  await expect(room.sortMenu).toHaveAttribute('open');
  expect(await page.evaluate(() => scrollY)).toBe(scrolled);
  await expect(page.locator('#ask-question-count'), 'the program knows what was typed').toHaveText(/^30 \//);
  expect(await page.evaluate(() => Reflect.get(window, 'shift'))).toBeLessThan(0.02);
  expect(loads, 'nothing is asked for twice').toBe(0);
});

test('an open sheet stays open', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { viewport: { width: 390, height: 844 } });
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  await page.getByRole('button', { name: 'Ask a question' }).click();
  await room.composer.fill('Typed in a sheet');
  release();
  await room.live();
  await expect(room.composer).toBeVisible();
  await expect(room.composer).toHaveValue('Typed in a sheet');
  await expect(room.composer).toBeFocused();
});

test('nothing is exchanged under a finger, and what was pressed is done', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Is this pressed in between?');
  const { page, room } = await arrive(server.it.url);
  const release = await holdProgram(page);
  const loaded = page.waitForResponse(/\.wasm$/);
  await page.goto('/?sort=newest', { waitUntil: 'domcontentloaded' });
  const root = await page.locator('#app').elementHandle();
  await room.card(body).vote.hover();
  await page.mouse.down();
  release();
  await (await loaded).finished();
  expect(await root?.evaluate((element) => new Promise((resolve) => requestAnimationFrame(() => resolve(element.isConnected))))).toBe(true);
  await page.mouse.up();
  await expect(room.card(body).vote).toHaveAttribute('aria-pressed', 'true');
  await room.live();
  await expect(room.card(body).votes).toHaveText('1');
});

test('a form that was sent before the program starts is not lost', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Is this sent before?');
  const { page, room } = await arrive(server.it.url, { tolerate: [/preloaded using link preload but not used/] });
  await holdProgram(page);
  await page.goto('/?sort=newest', { waitUntil: 'domcontentloaded' });
  await room.card(body).vote.click();
  await expect(room.card(body).vote).toHaveAttribute('aria-pressed', 'true');
  await expect(room.card(body).votes).toHaveText('1');
});

/** A WebAssembly program that does nothing but stop. */
const stop = () => {
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
  const program = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
  setTimeout(program.exports.f as () => void);
};

test('a program that has stopped says so and loads again once; then the page works by itself', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Does this work without it?');
  const anna = await arrive(server.it.url, { tolerate: [/unreachable/, /The program of this page has stopped/] });
  const { page, room } = await anna.enter('/?sort=newest');
  await room.mark();
  await page.evaluate(stop);
  await expect.poll(() => room.isMarked().catch(() => true)).toBe(false);
  await room.live();
  await room.mark();
  await room.composer.fill('Typed before it stopped');
  await page.evaluate(stop);
  await expect(room.badge).toHaveText('Not live. Reload the page.');
  expect(await room.isMarked(), 'it is not loaded again').toBe(true);
  await expect(room.composer).toHaveValue('Typed before it stopped');
  await room.card(body).vote.click();
  await expect.poll(() => room.isMarked().catch(() => true), 'the form was the browser’s').toBe(false);
  await expect(room.card(body).votes).toHaveText('1');
});

test('a program that cannot be loaded is not called live', async ({ arrive }) => {
  const anna = await arrive(server.it.url, {
    tolerate: [/net::ERR_FAILED/, /Failed to fetch/, /The program of this page has stopped/],
  });
  await anna.page.route(/\.wasm$/, (route) => route.abort());
  await anna.page.goto('/');
  await expect(anna.room.badge).toHaveText('Not live. Reload the page.');
});
