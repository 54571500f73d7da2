// Whatever others do to the page's HTML, before its program starts or while it runs, one votes, asks and follows in it.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { type Room } from '../support/room';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 2 });

/** What others do; each runs in the page. `kept` is the question that the test goes on with. */
const TAMPERINGS: Record<string, (kept: string) => void> = {
  'a phone number becomes a link': () => {
    for (const text of texts()) {
      const digits = /\d+/.exec(text.data);
      if (!digits) continue;
      const number = text.splitText(digits.index);
      number.splitText(digits[0].length);
      const link = document.createElement('a');
      link.href = `tel:${digits[0]}`;
      number.replaceWith(link);
      link.append(digits[0]);
    }
    function texts(): Text[] {
      const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
      const found: Text[] = [];
      while (walker.nextNode()) found.push(walker.currentNode as Text);
      return found.filter((text) => !text.parentElement?.closest('script, textarea, option, noscript'));
    }
  },
  'a translation replaces texts': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim() && !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const outer = document.createElement('font');
      const inner = outer.appendChild(document.createElement('font'));
      inner.textContent = text.data;
      text.parentNode?.insertBefore(outer, text);
      text.remove();
    }
    document.documentElement.classList.add('translated-ltr');
  },
  'texts are marked': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim() && !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const range = document.createRange();
      range.selectNodeContents(text);
      range.surroundContents(document.createElement('mark'));
    }
  },
  'texts are moved into an element': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Text);
    for (const text of found.filter((text) => !text.parentElement?.closest('script, textarea, option, noscript'))) {
      const span = document.createElement('span');
      text.replaceWith(span);
      span.append(text);
    }
  },
  'elements stand behind the fields': () => {
    for (const field of document.querySelectorAll('input, textarea, select')) {
      field.after(Object.assign(document.createElement('div'), { textContent: '🔑' }));
      field.setAttribute('autocomplete', 'off');
    }
  },
  'a banner is first in the page': () => {
    document.body.prepend(Object.assign(document.createElement('aside'), { textContent: 'Accept everything' }));
    document.querySelector('#app')?.prepend(Object.assign(document.createElement('aside'), { textContent: 'And this' }));
  },
  'elements stand in the cards': () => {
    for (const card of document.querySelectorAll('article')) {
      card.prepend(document.createElement('i'));
      card.append(document.createElement('i'));
      card.before(document.createElement('hr'));
      card.querySelector('button')?.before(document.createElement('button'));
    }
  },
  'comments are removed': () => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
    const found: ChildNode[] = [];
    while (walker.nextNode()) found.push(walker.currentNode as Comment);
    for (const comment of found) comment.remove();
  },
  'links are removed': () => {
    for (const link of document.querySelectorAll('a')) link.remove();
  },
  'cards are removed': (kept) => {
    const cards = [...document.querySelectorAll('#list article')];
    for (const card of cards.filter((card, at) => at % 2 === 0 && !card.textContent?.includes(kept))) card.closest('li')?.remove();
  },
  'attributes are changed': () => {
    for (const element of document.querySelectorAll('body, body *')) {
      element.classList.add('theirs');
      element.setAttribute('data-theirs', '1');
      element.setAttribute('title', 'theirs');
      element.removeAttribute('dir');
      if (element.hasAttribute('href')) element.setAttribute('href', 'https://elsewhere.example/');
    }
  },
  'everything is written anew': () => {
    const main = document.querySelector('main');
    if (main) main.innerHTML = String(main.innerHTML);
  },
  'what the page was drawn from is removed': () => {
    for (const script of document.querySelectorAll('body script')) script.remove();
  },
  'what the page was drawn from is changed': () => {
    for (const script of document.querySelectorAll('body script')) script.textContent = `{"Ok":${script.textContent}`;
  },
  'the page stands in another element': () => {
    const frame = document.createElement('div');
    frame.append(...document.body.childNodes);
    document.body.append(frame);
  },
};

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
