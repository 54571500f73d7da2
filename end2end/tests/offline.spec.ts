// The copy on the device: it is of boards alone, it can be taken away, and a new release never touches an open page.

import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { siteFolder } from '../support/paths';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen } from '../support/visitor';

const server = serverForThisFile({ demo: true });

/** How many boards the device has copies of. */
const copies = (page: Page) => page.evaluate(async () => (await (await caches.open('pulsestage-pages')).keys()).length);

test('boards are kept and nothing else: no stream, no API, no account or admin page', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/');
  await expect.poll(() => copies(page)).toBeGreaterThan(0);
  await signInUnseen(page, await server.it.newLink('owner'));
  for (const path of ['/t/acme', '/?tab=all', '/mine', '/sign-in', '/admin', '/admin/people', '/join']) await page.goto(path);
  await page.goto('/');
  await room.live();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  const allowed = /^\/(|t\/acme|pkg\/.+|(start|keep|outbox)\.js|more\.css|favicon\.svg|t\/\w+\/(theme\.css|logo))$/;
  expect(kept.filter((path) => !allowed.test(path))).toEqual([]);
  expect(kept).toEqual(expect.arrayContaining(['/', '/start.js', '/keep.js', '/outbox.js']));
});

test('parts of the program that were loaded are kept, also those that came after the copy was made', async ({ arrive }) => {
  const { page } = await (await arrive(server.it.url)).enter('/');
  const kept = (name: string) =>
    page.evaluate(async (part) => (await (await caches.open('pulsestage-files')).keys()).some(({ url }) => url.includes(part)), name);
  await expect.poll(() => kept('/pkg/split_updates')).toBe(true);
  // By now the copy of the page is there.
  await expect.poll(() => copies(page)).toBeGreaterThan(0);
  expect(await kept('/pkg/split_draw_later')).toBe(false);
  await page.getByRole('searchbox').fill('office');
  await expect.poll(() => kept('/pkg/split_draw_later')).toBe(true);
});

test('a new release does not reload an open page, and its files stay until the page is closed', async ({ arrive }) => {
  test.slow();
  const site = mkdtempSync(join(tmpdir(), 'pulsestage-site-'));
  cpSync(siteFolder(), site, { recursive: true });
  const own = await Server.start({ demo: true, site });
  try {
    const anna = await (await arrive(own.url)).enter('/');
    const { page, room, context } = anna;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await room.live();
    await room.mark();
    const script = await page.evaluate(() => performance.getEntriesByType('resource').find(({ name }) => name.endsWith('.wasm'))?.name ?? '');
    appendFileSync(join(site, 'sw.js'), '\n// Another release.\n');
    // A release build has its files compressed as well.
    const gone = ['sw.js.br', 'sw.js.gz', ...['', '.br', '.gz'].map((end) => new URL(script).pathname + end)];
    for (const file of gone) rmSync(join(site, file), { force: true });
    const waits = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const next = registration.installing ?? registration.waiting;
      if (next && next.state !== 'installed') {
        await new Promise((resolve) => next.addEventListener('statechange', resolve));
      }
      return { waiting: registration.waiting !== null, state: registration.active?.state };
    });
    expect(waits).toEqual({ waiting: true, state: 'activated' });
    expect(await room.isMarked(), 'the page is the same').toBe(true);
    expect(await page.evaluate((name) => fetch(name).then(({ status }) => status), script), 'an old file').toBe(200);
    // The new one takes over once no page is open: at the next visit, when the old one has ended what it was doing.
    await context.newPage();
    await page.close();
    await expect(async () => {
      const next = await context.newPage();
      await next.waitForTimeout(1_000);
      await next.goto(own.url);
      const waiting = await next.evaluate(async () => (await navigator.serviceWorker.ready).waiting);
      await next.close();
      expect(waiting).toBeNull();
    }).toPass({ timeout: 20_000 });
  } finally {
    await own.stop();
    rmSync(site, { recursive: true, force: true });
  }
});

test('where an operator wants no copies, the worker and what it kept go at the next visit', async ({ arrive }) => {
  const own = await Server.start({ demo: true });
  const anna = await (await arrive(own.url)).enter('/');
  await expect.poll(() => copies(anna.page)).toBeGreaterThan(0);
  await own.interrupt();
  const port = own.listensOn;
  const none = await Server.start({ demo: true, flags: ['--no-offline-pages'], port });
  try {
    await anna.page.goto('/');
    await anna.room.live();
    await expect
      .poll(() => anna.page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]))
      .toEqual([0, 0]);
  } finally {
    await none.stop();
    await own.stop().catch(() => undefined);
  }
});

test('the page can be installed, each workspace as itself', async ({ arrive }) => {
  const { page } = await (await arrive(server.it.url)).enter('/t/acme');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  expect(href).toBe('/t/acme/manifest.webmanifest');
  const manifest = await (await page.request.get(href ?? '')).json();
  expect(manifest).toMatchObject({ start_url: '/t/acme/', scope: '/t/acme/', display: 'standalone' });
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await page.request.get(src);
    expect([icon.status(), icon.headers()['content-type']], `${src} ${sizes}`).toEqual([200, type]);
  }
  await expect(page.locator('meta[name=description]')).toHaveAttribute('content', /vote/);
});
