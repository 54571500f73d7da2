// Every page in every look has nothing that axe-core objects to, and fits the narrowest phone.

import type { Page } from '@playwright/test';

import { LOOKS, violations, wear } from '../support/axe';
import { ADMIN_PAGES, furnish, invite, owner, REVIEWS } from '../support/rooms';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen, statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });
let bare: Server;
test.beforeAll(async () => {
  bare = await Server.start();
  await furnish(await owner(server.it));
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
  await moderator.signIn(server.it.signInLink('acme'));
  await moderator.room.live();
  const [first, second] = await moderator.room.questions();
  await moderator.room.card(first ?? '').act('Tags').click();
  await moderator.room.card(second ?? '').act('Answer').or(moderator.room.card(second ?? '').act('Edit answer')).click();
  await inspect(moderator.page, 'queue');

  const newcomer = await arrive(bare.url);
  await newcomer.signIn(await bare.newLink('moderator'));
  await newcomer.room.live();
  await inspect(newcomer.page, 'empty queue');
});

test('pages that say why there is nothing', async ({ arrive }) => {
  const { page } = await arrive(server.it.url, { tolerate: [403, 404, 410].map(statusNote) });
  await signInUnseen(page, await server.it.newLink('moderator'));
  for (const path of ['/admin/people', '/admin/settings', '/nowhere', '/sign-in/spent']) {
    await page.goto(path);
    await inspect(page, path);
  }
});

for (const { path, title } of ADMIN_PAGES.slice(1)) {
  test(`the admin page ${title}, full and empty`, async ({ arrive }) => {
    for (const house of [server.it, bare]) {
      const { page } = await arrive(house.url);
      await signInUnseen(page, await house.newLink('owner'));
      await page.goto(`/admin/${path}`);
      // With everything open that opens.
      await page.evaluate(() => document.querySelectorAll('details.more').forEach((more) => more.setAttribute('open', '')));
      await inspect(page, `${title}${house === bare ? ', empty' : ''}`);
    }
  });
}

test('every part of the review page', async ({ arrive }) => {
  test.setTimeout(120_000);
  const { page } = await arrive(server.it.url);
  await signInUnseen(page, await server.it.newLink('owner'));
  for (const show of REVIEWS) {
    await page.goto(`/admin/review?show=${show}`);
    await inspect(page, show);
  }
});

test('what forms of admin pages say when they come back', async ({ arrive }) => {
  const { page } = await arrive(server.it.url);
  await signInUnseen(page, await server.it.newLink('owner'));
  await page.goto('/admin/sessions');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await inspect(page, 'saved');
  await page.goto('/admin/operator');
  await page.getByRole('textbox', { name: 'Address' }).fill('northern-works');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Northern Works');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByLabel('Link for the first owner')).toHaveValue(/\/sign-in\/\w+/);
  await inspect(page, 'a tenant that was made');
});

test('the doors', async ({ arrive }) => {
  test.setTimeout(180_000);
  const by = await owner(server.it);
  const { page } = await arrive(server.it.url, { tolerate: [401, 404, 410, 422].map(statusNote) });
  const doors = {
    'sign in': '/sign-in?to=/admin/teams',
    invitation: await invite(by, 'Gil Door', 'member'),
    'a link with a role': await server.it.newLink('moderator'),
    'spent link': '/open/spent',
    join: '/join',
    'a code that is none': '/join?code=!',
    'a code of nobody': '/j/ZZZZZZ',
    'nothing asked': '/mine',
    'erase what was asked': '/mine/erase',
    claim: bare.claimLink(),
  };
  for (const [what, path] of Object.entries(doors)) {
    await page.goto(path);
    await inspect(page, what);
  }
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill('nobody@example.com');
  await page.getByLabel('Password').fill('something else');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await inspect(page, 'a refusal at the door');
  await signInUnseen(page, await server.it.newLink('moderator'));
  await page.goto('/password');
  await inspect(page, 'another password');
});

test('the doors where mail is sent', async ({ arrive }) => {
  const flags = ['--smtp-url', 'smtp://127.0.0.1:9', '--mail-from', 'ask@example.com', '--public-url', 'http://localhost:3000', '--also-host', 'localhost,127.0.0.1'];
  const mailing = await Server.start({ flags });
  try {
    const { page } = await arrive(mailing.url);
    for (const path of ['/sign-in', '/sign-in/link', '/sign-in/forgot']) {
      await page.goto(path);
      await inspect(page, path);
    }
  } finally {
    await mailing.stop();
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
