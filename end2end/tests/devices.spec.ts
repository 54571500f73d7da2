// What the reader's device is like: its paper, clock, colours, size of text, clipboard. And what people type that is long.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { owner } from '../support/rooms';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen } from '../support/visitor';

const server = serverForThisFile({ demo: true });
let bare: Server;
test.beforeAll(async () => {
  bare = await Server.start();
});
test.afterAll(async () => {
  await bare.stop();
});

const LETTERS = 'wordswithoutanend'.repeat(12).slice(0, 200);
const [LONG_TAG, LONG_TEAM] = [`t${LETTERS.slice(0, 59)}`, LETTERS.slice(0, 60)];

/** What makes the page wider than its window, if anything does. */
const wide = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const over = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth + 0.5);
    return [`${scrollWidth - clientWidth} px`, ...over.map((one) => one.outerHTML.slice(0, 90))];
  });

/** Changes one of the settings of a workspace and leaves the others as they are by default. */
async function settle(by: Person, changes: Record<string, string>): Promise<void> {
  const view = await (await by.request(`/api/fn/load_settings?tenant=${by.tenant}`)).json();
  const fields = { name: view.tenant.name, question_min: '3', question_max: '500', asking_open: 'true', voting_open: 'true', guests_allowed: 'true', ...changes };
  const named = Object.entries(fields).map(([name, value]) => [`settings[${name}]`, value]);
  await by.call('change_settings', { 'settings[version]': String(view.version), ...Object.fromEntries(named) });
}

test('a long word, an answer in backticks and a long tag widen no page', async ({ arrive }) => {
  test.setTimeout(120_000);
  const by = await owner(server.it, 'acme');
  const team = await by.call<{ slug: string }>('create_team', { name: LONG_TEAM });
  const tag = await by.call<{ id: string }>('create_tag', { name: LONG_TAG, color: '#3B82F6' });
  const guest = await Person.participant(server.it.url, 'acme');
  const { id, body } = await guest.ask(`Why ${LETTERS}?`, team.slug);
  await by.tag('tag', id, tag.id);
  await by.answer(id, `\`${LETTERS}\`\n\n**${LETTERS}** https://example.com/${LETTERS}\n\n- \`${LETTERS}\``);
  await by.call('star', { question: id, on: 'true' });
  const { page, room } = await arrive(server.it.url, { viewport: { width: 320, height: 640 } });
  await page.goto('/t/acme?tab=all&sort=newest');
  await expect(room.card(body).answer).toBeVisible();
  expect.soft(await wide(page), 'the questions').toEqual([]);
  await page.goto(`/t/acme?tab=all&team=${team.slug}&tags=${tag.id}`);
  expect.soft(await wide(page), 'the filters').toEqual([]);
  await page.goto(`/t/acme/report/${id}`);
  expect.soft(await wide(page), 'a report').toEqual([]);

  await signInUnseen(page, await server.it.newLink('owner', 'acme'));
  await page.goto('/t/acme/admin?tab=all&sort=newest');
  await room.live();
  await room.card(body).act('Tags').click();
  expect.soft(await wide(page), 'the queue').toEqual([]);
  for (const desk of ['review?show=all', 'teams', 'tags', 'people', 'sessions', 'audit', 'statistics', 'settings']) {
    await page.goto(`/t/acme/admin/${desk}`);
    await page.evaluate(() => document.querySelectorAll('details').forEach((more) => more.setAttribute('open', '')));
    expect.soft(await wide(page), desk).toEqual([]);
  }
});

test('a page that is printed in the dark is dark on white, without what can be pressed', async ({ arrive }) => {
  const { page } = await arrive(server.it.url, { colorScheme: 'dark' });
  await page.context().addCookies([{ name: 'theme', value: 'dark', url: server.it.url }]);
  await page.goto('/?tab=all');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const pale = await page.evaluate(() => {
    const shade = (color: string) => {
      const pixel = document.createElement('canvas').getContext('2d');
      if (pixel === null) return NaN;
      pixel.fillStyle = color;
      pixel.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
      return (red + green + blue) / 3;
    };
    const seen = [...document.querySelectorAll<HTMLElement>('main *')].filter((element) => element.checkVisibility());
    return seen.flatMap((element) => {
      const { color, backgroundColor, backgroundImage } = getComputedStyle(element);
      const ground = /, 0\)$|\/ 0\)$|^transparent$/.test(backgroundColor) ? 255 : shade(backgroundColor);
      const good = shade(color) < 100 && ground > 200 && backgroundImage === 'none';
      return good ? [] : [`${element.tagName}.${element.className}: ${color} on ${backgroundColor}`];
    });
  });
  expect(pale).toEqual([]);
  await expect(page.locator('.q__text').first()).toBeVisible();
  await expect(page.locator('.vote__count').first()).toBeVisible();
  await expect(page.locator('.answer__text').first()).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await page.locator('.btn:visible, .header:visible, nav:visible, .bar:visible, form textarea:visible').count()).toBe(0);
  await page.setViewportSize({ width: 700, height: 900 });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

for (const hours of [-30, -1, 1, 30]) {
  test(`a clock that is ${hours} hours off changes no time on the page`, async ({ arrive }) => {
    const body = `Is a clock ${hours} hours off of any matter?`;
    await (await Person.participant(server.it.url)).ask(body);
    const { page, room } = await arrive(server.it.url);
    await page.addInitScript((ms) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + ms;
    }, hours * 3_600_000);
    await page.goto('/?sort=newest');
    await room.live();
    await expect(room.card(body).locator.locator('time')).toHaveText('just now');
    await signInUnseen(page, await server.it.newLink('owner'));
    const answered = 'Is the answer of this moment?';
    const asked = await (await Person.participant(server.it.url)).ask(`${answered} ${hours}`);
    const by = await owner(server.it);
    await by.call('star', { question: asked.id, on: 'true' });
    await page.goto('/admin/review?show=starred');
    await expect(page.getByRole('listitem').filter({ hasText: asked.body }).locator('time').first()).toHaveText('just now');
  });
}

test('times are in words from the first drawing on, whatever becomes of the stream', async ({ arrive }) => {
  const body = 'When was this asked?';
  await (await Person.participant(server.it.url)).ask(body);
  const { page, room } = await arrive(server.it.url, { tolerate: [/net::ERR_FAILED/] });
  // Neither the stream nor the question that polls instead of it.
  await page.route(/\/(sse|api\/events)\b/, (route) => route.abort());
  await page.goto('/?sort=newest');
  await expect(room.card(body).locator.locator('time')).toHaveText('just now');
});

test('colours of the system show what is chosen, voted and focused', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { forcedColors: 'active' });
  await page.goto('/t/acme');
  await room.live();
  const ground = (selector: string) =>
    page.locator(selector).first().evaluate((element) => getComputedStyle(element).backgroundColor);
  const press = page.locator('.vote__btn:enabled').first();
  await press.click();
  await expect(press).toHaveAttribute('aria-pressed', 'true');
  for (const [on, off] of [
    ['.vote__btn[aria-pressed="true"]', '.vote__btn[aria-pressed="false"]:enabled'],
    ['.tab[aria-current]', '.tab:not([aria-current])'],
    ['.chip[aria-current]', '.chip:not([aria-current])'],
  ] as const) {
    expect.soft(await ground(on), on).not.toBe(await ground(off));
  }
  const words = await page.locator('.tab[aria-current]').evaluate((tab) => {
    const { color, backgroundColor } = getComputedStyle(tab);
    return { color, backgroundColor, count: getComputedStyle(tab.querySelector('span') ?? tab).color };
  });
  expect(words.color).not.toBe(words.backgroundColor);
  expect(words.count, 'all of it is in one colour').toBe(words.color);
  await page.locator('.filters__tags a').first().click();
  await expect(page.locator('.filters__tags [aria-current]')).toBeVisible();
  expect(await ground('.filters__tags [aria-current]')).not.toBe(await ground('.filters__tags a:not([aria-current])'));
  await page.keyboard.press('Tab');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(ring).not.toBe('none');
});

test('text of twice the size fits the page', async ({ arrive }) => {
  test.setTimeout(120_000);
  const { page, room } = await arrive(server.it.url);
  await signInUnseen(page, await server.it.newLink('owner', 'acme'));
  for (const path of ['', '/admin', '/mine', '/sign-in', '/join', '/admin/review?show=all', '/admin/teams', '/admin/people', '/admin/settings']) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(path === '/join' ? path : `/t/acme${path}`);
    if (path === '' || path === '/admin') await room.live();
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    for (const width of [1280, 960, 640, 390]) {
      await page.setViewportSize({ width, height: 800 });
      expect.soft(await wide(page), `${path} at ${width}`).toEqual([]);
    }
  }
});

test('on a page enlarged four times bars leave the room to the questions', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { viewport: { width: 320, height: 256 } });
  await page.goto('/t/acme');
  await room.live();
  await page.mouse.wheel(0, 600);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(200);
  const taken = await page.evaluate(() => {
    const bars = [...document.querySelectorAll('*')].filter((element) => /sticky|fixed/.test(getComputedStyle(element).position));
    return bars.reduce((sum, bar) => {
      const { top, bottom, width } = bar.getBoundingClientRect();
      return sum + (width > 160 ? Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) : 0);
    }, 0);
  });
  expect(taken, 'pixels of 256').toBeLessThanOrEqual(64);
  // What the keyboard comes to is not under a bar.
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const focused = document.activeElement;
      if (focused === null || focused === document.body || focused.closest('.bar, .header, .skip')) return '';
      const bar = document.querySelector('.bar')?.getBoundingClientRect().top ?? innerHeight;
      const { bottom } = focused.getBoundingClientRect();
      return bottom > bar ? `${focused.outerHTML.slice(0, 80)} at ${bottom}, the bar at ${bar}` : '';
    });
    expect(hidden, `after ${presses + 1} keys`).toBe('');
  }
});

for (const [how, script] of Object.entries({
  'has no clipboard': () => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }),
  'allows no clipboard': () => {
    Clipboard.prototype.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  },
})) {
  test(`a browser that ${how} has the link selected`, async ({ arrive }) => {
    const { page } = await arrive(server.it.url);
    await page.addInitScript(script);
    await signInUnseen(page, await server.it.newLink('owner', 'acme'));
    await page.goto('/t/acme/admin/teams');
    await page.waitForLoadState('networkidle');
    await page.getByRole('button', { name: 'Copy the link' }).first().click();
    await expect(page.getByRole('status').filter({ hasText: 'Press Ctrl+C' })).toBeVisible();
    expect(await page.evaluate(() => getSelection()?.toString())).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/j\/\w{6}$/);
  });
}

test('what the page promises about names is what the workspace decided', async ({ arrive }) => {
  const by = await owner(bare);
  const { page, room } = await arrive(bare.url);
  await page.goto('/');
  await room.live();
  for (const [names, words] of [
    ['required', 'Your name is shown.'],
    ['optional', 'You can ask without a name.'],
    ['anonymous', 'Your name is not shown.'],
  ] as const) {
    await settle(by, { names });
    await expect(page.locator('.empty')).toContainText(words);
    await expect(page.locator('.composer__promise')).toContainText(words);
  }
});

test('where nobody can ask the page says why, and the form is not there', async ({ arrive }) => {
  const by = await owner(bare);
  const { teams } = (await by.board()).board;
  const phone = await arrive(bare.url, { viewport: { width: 390, height: 844 } });
  await phone.enter('/');
  const ask = phone.page.getByRole('button', { name: 'Ask a question' });
  await expect(ask.first()).toBeVisible();
  for (const { id } of teams) await by.call('set_team_state', { team: id, state: 'voting' });
  await expect(phone.page.getByText('Questions are closed. You can still vote.')).toBeVisible();
  await expect(ask).toHaveCount(0);
  for (const { id } of teams) await by.call('archive_team', { team: id });
  await expect(phone.page.getByText('Nobody can ask yet: there is no team.')).toBeVisible();
  const newcomer = await arrive(bare.url, { javaScriptEnabled: false, tolerate: [/preloaded using link preload/] });
  await newcomer.page.goto('/');
  await expect(newcomer.page.getByText('Nobody can ask yet: there is no team.')).toBeVisible();
  await expect(newcomer.page.locator('form[action="/api/fn/ask"]')).toHaveCount(0);
  await expect(newcomer.page.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in');
  const admin = await arrive(bare.url);
  await signInUnseen(admin.page, await bare.newLink('owner'));
  await admin.enter('/');
  await admin.page.getByRole('link', { name: 'Add a team' }).click();
  await admin.page.waitForURL('**/admin/teams');
  for (const { id } of teams) {
    await by.call('restore_team', { team: id });
    await by.call('set_team_state', { team: id, state: 'open' });
  }
  await expect(ask.first(), 'it is back by itself').toBeVisible();
});
