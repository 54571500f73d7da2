// The questions in the hand: one row of filters, the team that one joined, a phone on its side, the vote before the rest, and
// one's own question where it stands.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { Network } from '../support/network';
import { owner } from '../support/rooms';
import { expect, serverForThisFile, test } from '../support/test';
import { NETWORK_NOTES } from '../support/visitor';

const server = serverForThisFile({ demo: true, flags: ['--open-questions-per-participant', '0'] });

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

for (const javaScriptEnabled of [true, false]) {
  test(`filters take one row, and a sheet has the rest, ${javaScriptEnabled ? 'with' : 'without'} script`, async ({ arrive }) => {
    const { page, room } = await arrive(server.it.url, { ...PHONE, javaScriptEnabled });
    await page.goto('/');
    if (javaScriptEnabled) await room.live();
    const filters = page.locator('.filters');
    expect((await filters.boundingBox())?.height ?? 99).toBeLessThanOrEqual(56);
    const teams = room.navigation('Teams');
    await expect(teams).toBeHidden();
    const open = page.getByRole('button', { name: 'Filter', exact: true });
    await open.click();
    await expect(teams).toBeVisible();
    await teams.getByRole('link', { name: 'Engineering', exact: true }).click();
    await expect(page).toHaveURL('/?team=engineering');
    if (javaScriptEnabled) {
      await expect(teams, 'more can be chosen').toBeVisible();
      await expect(teams.getByRole('link', { name: 'Engineering', exact: true })).toHaveAttribute('aria-current', 'true');
      await expect(page.getByText('1 filter', { exact: true })).toBeVisible();
      await page.locator('#filters').getByRole('button', { name: 'Close' }).click();
    }
    await expect(teams).toBeHidden();
    await expect(page.getByRole('button', { name: /^Filter\s*1 chosen$/ }), 'the button counts what is chosen').toBeVisible();
    await expect(page.getByRole('heading', { level: 1, name: 'Engineering' }), 'the team is named').toBeInViewport();
    expect((await filters.boundingBox())?.height ?? 99).toBeLessThanOrEqual(56);
  });
}

test('whoever joins a team by its code sees its name, and asks it', async ({ arrive }) => {
  const { board } = await (await Person.participant(server.it.url)).board();
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/?team=engineering');
  await room.live();
  await expect(page.getByRole('heading', { level: 1, name: 'Engineering' })).toBeInViewport();
  await room.askBar.click();
  await expect(room.composerTeam).toHaveValue(board.teams.find(({ slug }) => slug === 'engineering')?.id ?? '');
  await room.askSheet.getByRole('button', { name: 'Close' }).click();
  await expect(page.locator('.bar').getByRole('link', { name: 'Your questions' })).toHaveText('Your questions');
});

test('on its side the phone shows two cards', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { ...PHONE, viewport: { width: 844, height: 390 } });
  await page.goto('/?tab=all&sort=newest');
  await room.live();
  for (const card of [room.cards.nth(0), room.cards.nth(1)]) {
    await expect(card.getByRole('heading', { level: 3 })).toBeInViewport();
  }
  await page.evaluate(() => document.querySelector('#list')?.scrollIntoView());
  for (const card of [room.cards.nth(0), room.cards.nth(1)]) {
    await expect(card.getByRole('heading', { level: 3 })).toBeInViewport({ ratio: 1 });
    await expect(card.locator('.vote__btn')).toBeInViewport({ ratio: 1 });
  }
});

test('Report comes after the vote, for the eye and for the keyboard', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Is this one to be reported?');
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/?sort=newest');
  await room.live();
  const card = room.card(body);
  const [vote, report] = [card.locator.locator('.vote__btn'), card.locator.getByRole('link', { name: 'Report' })];
  const [above, below] = [await vote.boundingBox(), await report.boundingBox()];
  expect(below?.y ?? 0).toBeGreaterThan((above?.y ?? 0) + 20);
  await vote.focus();
  await page.keyboard.press('Tab');
  await expect(report).toBeFocused();
});

test('what gathers votes now comes before what gathered more long ago', async ({ arrive }) => {
  const asker = await Person.participant(server.it.url);
  const { board } = await asker.board();
  const { page, room } = await (await arrive(server.it.url)).enter('/');
  const fresh = await asker.ask('What is everybody voting for right now?');
  for (let n = 0; n < 3; n += 1) {
    await (await Person.participant(server.it.url)).call('set_vote', { question: fresh.id, up: 'true' });
  }
  // Three votes are two doublings, which is twenty minutes.
  const late = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const old = Object.values(board.questions).find(
    ({ status, pinned, upvotes, createdAt }) => status === 'OPEN' && pinned === null && upvotes > 3 && upvotes < 8 && createdAt < late(20),
  );
  expect(old, 'the demo has an old question with a few votes').toBeDefined();
  await room.sortBy('Trending');
  await expect(page).toHaveURL('/?sort=trending');
  const place = async (words: string) => (await room.questions()).indexOf(words);
  await expect.poll(async () => (await place(fresh.body)) - (await place(old?.body ?? ''))).toBeLessThan(0);
});

/** Asks through the sheet of a phone. */
async function askOnPhone(page: Page, question: string): Promise<void> {
  await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await page.getByRole('textbox', { name: 'Your question' }).fill(question);
  await page.locator('.composer').getByRole('button', { name: 'Ask', exact: true }).click();
}

test('one’s own new question is shown where it stands', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/');
  await room.live();
  await askOnPhone(page, 'Where does mine stand among these?');
  const card = room.card('Where does mine stand among these?').locator;
  await expect(card).toBeInViewport();
  await expect(card.getByRole('link', { name: 'Yours' })).toBeVisible();
  await page.reload();
  await expect(card.getByRole('link', { name: 'Yours' }), 'it stays marked').toBeVisible();
});

test('far down, its number is told, with a way there', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url, 'acme');
  for (let n = 0; n < 60; n += 1) await crowd.ask(`What about number ${n}?`);
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/t/acme?sort=oldest');
  await room.live();
  const before = Object.values((await crowd.board()).board.questions).filter(({ status }) => status === 'OPEN').length;
  await askOnPhone(page, 'Is mine the last of them?');
  await expect(room.toasts).toContainText(`Your question is number ${before + 1}.`);
  await room.toasts.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(room.card('Is mine the last of them?').locator).toBeInViewport();

  // Where the filters hide it, the way leads to the list without them.
  await page.goto('/t/acme?tab=answered');
  await room.live();
  await askOnPhone(page, 'Is mine hidden by a tab?');
  await expect(room.toasts).toContainText('Your filters hide your question.');
  await room.toasts.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(room.card('Is mine hidden by a tab?').locator).toBeInViewport();
});

test('what waits to be sent is said in words', async ({ arrive }) => {
  const asker = await Person.participant(server.it.url);
  const asked = [await asker.ask('First to be voted for offline?'), await asker.ask('Second to be voted for offline?')];
  const network = await Network.before(server.it.listensOn);
  const { page, room } = await arrive(network.url, { ...PHONE, tolerate: [NETWORK_NOTES, /net::ERR_FAILED/] });
  await page.goto('/?sort=newest');
  await room.live();
  network.cut();
  await room.card(asked[0]?.body ?? '').vote.click();
  await expect(room.outbox.getByText('1 vote waiting to be sent', { exact: true })).toBeVisible();
  await room.card(asked[1]?.body ?? '').vote.click();
  await expect(room.outbox.getByText('2 votes waiting to be sent', { exact: true })).toBeVisible();
  await askOnPhone(page, 'Third, asked in a tunnel?');
  await expect(room.outbox.getByText('2 votes and 1 question waiting to be sent', { exact: true })).toBeVisible();
  network.mend();
  await expect(room.outbox.getByText(/waiting to be sent$/, { exact: true })).toBeHidden({ timeout: 20_000 });
  await network.close();
});

test('the workspace’s counts are shown where it wants them, and live', async ({ arrive }) => {
  const by = await owner(server.it, 'acme');
  const settle = async (shown: boolean) => {
    const view = await (await by.request('/api/fn/load_settings?tenant=acme')).json();
    const fields = { version: view.version, name: 'Acme', question_min: 3, question_max: 500, asking_open: true, voting_open: true, guests_allowed: true, show_totals: shown };
    await by.call('change_settings', Object.fromEntries(Object.entries(fields).map(([name, value]) => [`settings[${name}]`, String(value)])));
  };
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/t/acme?sort=newest');
  await room.live();
  const totals = page.locator('.totals');
  await expect(totals).toHaveCount(0);
  await settle(true);
  await expect(totals).toHaveText(/^[\d,]+ received, [\d,]+ shown, 0 declined$/);
  const before = await totals.innerText();
  const numbers = before.replace(/,(?=\d)/g, '').match(/\d+/g)?.map(Number) ?? [];
  const [received = 0, shown = 0] = numbers;
  const crowd = await Person.participant(server.it.url, 'acme');
  const { id } = await crowd.ask('Is this one counted?');
  await expect(totals).toHaveText(`${received + 1} received, ${shown + 1} shown, 0 declined`);
  await by.call('decide', { question: id, decision: 'decline', reason: 'It was counted' });
  await expect(totals).toHaveText(`${received + 1} received, ${shown} shown, 1 declined`);
  await page.reload();
  await expect(totals).toHaveText(`${received + 1} received, ${shown} shown, 1 declined`);
  await settle(false);
  await expect(totals).toHaveCount(0);
});

test('nothing moves when the page comes alive', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.addInitScript(() => {
    Object.assign(window, { movedParts: [] as string[], shift: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources?: { node?: Element }[] })[]) {
        const seen = window as unknown as { movedParts: string[]; shift: number };
        seen.shift += entry.value;
        seen.movedParts.push(...(entry.sources ?? []).map(({ node }) => `${entry.value.toFixed(4)} ${node?.className ?? node?.nodeName}`));
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const address of ['/', '/?tab=all&sort=newest', '/?team=engineering']) {
    await page.goto(address);
    await room.live();
    // The times are those of the stream's clock now.
    await expect(room.cards.first().locator('.q__meta time')).toHaveText(/ago|now|yesterday/);
    const { shift, moved } = await page.evaluate(() => {
      const { shift, movedParts } = window as unknown as { shift: number; movedParts: string[] };
      return { shift, moved: movedParts };
    });
    expect(shift, `${address}: ${moved.join(', ')}`).toBeLessThanOrEqual(0.02);
  }
});

test('every public page says what it is, and no form stands in another', async ({ arrive }) => {
  const { page } = await arrive(server.it.url, PHONE);
  for (const address of ['/', '/t/acme', '/join', '/sign-in', '/mine', '/check']) {
    const html = await (await page.request.get(address)).text();
    expect.soft(html, address).toMatch(/<meta name="description" content="[^"]{40,160}"/);
    expect.soft(html, address).toMatch(/<html lang="en"/);
    const depth = html.match(/<\/?form\b/g) ?? [];
    expect.soft(depth.some((tag, n) => tag === '<form' && depth[n - 1] === '<form'), address).toBe(false);
  }
  await page.goto('/');
  await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await page.getByRole('textbox', { name: 'Your question' }).fill('When do we get the new office?');
  const similar = page.getByRole('region', { name: 'Similar questions' });
  await expect(similar).toBeAttached();
  expect(await page.evaluate(() => document.querySelectorAll('form form').length)).toBe(0);
});

test('what is pressed with a finger is large enough', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/?tab=all');
  await room.live();
  const small = () =>
    page.evaluate(() => {
      const pressed = [...document.querySelectorAll<HTMLElement>('a[href], button, summary, select, input:not([type=hidden]), textarea')];
      const seen = pressed.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height > 1 && !one.matches('.skip'));
      return seen.flatMap((one) => {
        const { width, height } = one.getBoundingClientRect();
        return Math.min(width, height) < 43.5 ? [`${one.textContent?.trim().slice(0, 20)}: ${width} x ${height}`] : [];
      });
    });
  expect([...new Set(await small())]).toEqual([]);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  expect([...new Set(await small())]).toEqual([]);
});
