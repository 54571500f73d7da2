// Every page in every look has nothing that axe-core objects to, and fits the narrowest phone.

import type { Page } from '@playwright/test';

import { LOOKS, violations, wear } from '../support/axe';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });
let bare: Server;
test.beforeAll(async () => {
  bare = await Server.start();
});
test.afterAll(async () => {
  await bare.stop();
});

// axe-core looks at every element of a page, four times.
test.describe.configure({ timeout: 60_000 });

/** Looks at a page from all sides. */
async function inspect(page: Page, what: string): Promise<void> {
  for (const look of LOOKS) {
    await wear(page, look);
    expect.soft(await violations(page), `${what}, ${look.name}`).toEqual([]);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(over, `${what}: pixels over the edge of a narrow phone`).toBeLessThanOrEqual(0);
}

for (const [what, path] of [
  ['questions', '/t/acme?tab=all'],
  ['answered', '/t/acme?tab=answered'],
] as const) {
  test(what, async ({ arrive }) => {
    const { page } = await (await arrive(server.it.url)).enter(path);
    await inspect(page, what);
  });
}

test('no questions yet, and the composer of a phone with a refusal in it', async ({ arrive }) => {
  const { page, room } = await (await arrive(bare.url)).enter();
  await inspect(page, 'empty');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await room.ask('a');
  await expect(page.getByRole('alert')).toBeVisible();
  expect(await violations(page), 'composer').toEqual([]);
});

test('the queue, full and empty, with its panels open', async ({ arrive }) => {
  const moderator = await arrive(server.it.url);
  await moderator.page.goto(server.it.signInLink('acme'));
  await moderator.room.live();
  const [first, second] = await moderator.room.questions();
  await moderator.room.card(first ?? '').act('Tags').click();
  await moderator.room.card(second ?? '').act('Answer').or(moderator.room.card(second ?? '').act('Edit answer')).click();
  await inspect(moderator.page, 'queue');

  const newcomer = await arrive(bare.url);
  await newcomer.page.goto(bare.signInLink());
  await newcomer.room.live();
  await inspect(newcomer.page, 'empty queue');
});

test('pages that say why there is nothing', async ({ arrive }) => {
  const { page } = await arrive(server.it.url, { tolerate: [403, 404, 410].map(statusNote) });
  for (const path of ['/admin', '/nowhere', '/sign-in']) {
    await page.goto(path);
    await inspect(page, path);
  }
});

test('without motion for whoever wants none', async ({ arrive }) => {
  const { page } = await (await arrive(server.it.url)).enter();
  const longest = await page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll('*')].flatMap((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element);
        return `${animationDuration},${transitionDuration}`.split(',').map((text) => parseFloat(text) * (text.includes('ms') ? 1 : 1_000));
      }),
    ),
  );
  expect(longest, 'the longest motion in milliseconds').toBeLessThanOrEqual(10);
});

test('what can be pressed is large enough for a thumb', async ({ arrive }) => {
  const { page } = await (await arrive(server.it.url, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })).enter();
  const small = await page.locator('.vote__btn:visible, .bar .btn:visible, .tab:visible').evaluateAll((buttons) =>
    buttons
      .map((button) => ({ text: button.textContent, ...button.getBoundingClientRect().toJSON() }))
      .filter(({ width, height }) => width < 44 || height < 44),
  );
  expect(small).toEqual([]);
});
