// No page writes to the console and no request leaves 127.0.0.1 is watched by every visitor of
// every test; here are the addresses that no other test opens, and the counting of streams.

import { existsSync } from 'node:fs';

import type { Visitor } from '../support/visitor';
import { statusNote } from '../support/visitor';
import { Person } from '../support/api';
import { siteFolder } from '../support/paths';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 1 });

/** Goes to an address of the application as a link in the page would. */
async function follow(visitor: Visitor, path: string): Promise<void> {
  await visitor.page.evaluate((href) => {
    const link = Object.assign(document.createElement('a'), { href, textContent: href });
    document.querySelector('main')?.append(link);
    link.click();
  }, path);
  await visitor.page.waitForURL(path);
}

const streamPath = (visitor: Visitor) =>
  [...visitor.streams].map((request) => new URL(request.url()).searchParams.get('tenantId'));

test('every address loads clean', async ({ arrive }) => {
  const visitor = await arrive(server.it.url, { tolerate: [403, 404, 410].map(statusNote) });
  await visitor.signIn(await server.it.newLink('moderator'));
  await visitor.room.live();
  for (const path of ['/', '/?tab=answered', '/?tab=all&sort=oldest', '/admin', '/admin?tab=all', '/t/acme', '/t/default', '/t/default/admin']) {
    await visitor.enter(path);
  }
  for (const path of ['/admin/people', '/t/nope', '/nowhere']) {
    await visitor.page.goto(path);
    // The page is alive once its script has put its label on the button that changes the theme.
    await visitor.page.waitForLoadState('load');
    await visitor.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')));
    expect(visitor.streams.size, `${path} needs no stream`).toBe(0);
  }
});

test('account pages and own questions load nothing of the program', async ({ arrive }) => {
  const visitor = await arrive(server.it.url, { tolerate: [404, 410].map(statusNote) });
  const loaded: string[] = [];
  visitor.page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  for (const path of ['/sign-in', '/t/acme/sign-in', '/sign-in/spent', '/mine', '/mine/erase', '/t/acme/mine', '/join']) {
    await visitor.page.goto(path);
    await visitor.page.waitForLoadState('load');
  }
  // What keeps drafts is on the pages on which something is written.
  const code = loaded.filter((path) => /\.(js|wasm)$/.test(path) && path !== '/keep.js');
  expect(code).toEqual([]);
});

test('only moderators load the moderators’ code', async ({ arrive }) => {
  const visitor = await arrive(server.it.url);
  const loaded: string[] = [];
  visitor.page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  const parts = () => new Set(loaded.flatMap((path) => /\/split_([a-z_]+[a-z])[^/]*\.wasm$/.exec(path)?.[1] ?? []));
  await visitor.enter('/');
  expect([...parts()], 'what keeps a page up to date').toEqual(['updates']);
  await visitor.signIn(await server.it.newLink('moderator'));
  await visitor.room.live();
  expect([...parts()].sort()).toEqual(['admin_page', 'updates']);
});

test('a page holds one stream, which ends when the page goes', async ({ arrive }) => {
  const visitor = await (await arrive(server.it.url)).enter('/');
  await visitor.signIn(await server.it.newLink('moderator'));
  await visitor.room.live();
  for (const [path, tenant, sameDocument] of [
    ['/', 'default', false],
    ['/t/acme', 'acme', false],
    ['/', 'default', false],
    ['/admin', 'default', false],
    ['/?tab=answered', 'default', false],
    ['/?tab=all&sort=newest', 'default', true],
    ['/', 'default', true],
  ] as const) {
    await visitor.room.mark();
    await follow(visitor, path);
    await expect.poll(() => streamPath(visitor), path).toEqual([tenant]);
    await visitor.room.live();
    await expect.poll(() => server.it.openStreams(), path).toBe(1);
    expect(await visitor.room.isMarked(), path).toBe(sameDocument);
  }
  await visitor.page.goto('about:blank');
  await expect.poll(() => server.it.openStreams()).toBe(0);
});

test('a change of filters keeps the stream that there is', async ({ arrive }) => {
  const visitor = await (await arrive(server.it.url)).enter('/');
  const [stream] = visitor.streams;
  await visitor.room.tab('Answered').click();
  await visitor.room.sortBy('Newest');
  await expect(visitor.page).toHaveURL('/?tab=answered&sort=newest');
  expect([...visitor.streams]).toEqual([stream]);
});

test('eight reloads leave one stream', async ({ arrive }) => {
  const visitor = await (await arrive(server.it.url)).enter('/');
  for (let reload = 0; reload < 8; reload += 1) {
    await visitor.page.reload();
    await visitor.room.live();
  }
  await expect.poll(() => server.it.openStreams()).toBe(1);
  expect(visitor.streams.size).toBe(1);
});

test('the list is in the page before any script, and no script is waited for', async ({ arrive }) => {
  const person = await Person.participant(server.it.url);
  const { board } = await person.board();
  const open = Object.values(board.questions).filter(({ status }) => status === 'OPEN');
  const visitor = await arrive(server.it.url, { tolerate: [/net::ERR_FAILED/] });
  await visitor.page.route(/\.(wasm|js)(\?|$)/, (route) => route.abort());
  await visitor.page.goto('/');
  await expect(visitor.room.cards).toHaveCount(open.length);
  expect((await visitor.room.questions()).sort()).toEqual(open.map(({ body }) => body).sort());
  await expect(visitor.room.card(open[0]?.body ?? '').vote).toBeEnabled();
  const blocking = await visitor.page.evaluate(() =>
    [...document.scripts].filter((script) => script.src && script.type !== 'module' && !script.defer && !script.async).map(({ src }) => src),
  );
  expect(blocking).toEqual([]);
});

test('what the server sends is not to be framed, sniffed or kept', async () => {
  const page = await fetch(`${server.it.url}/`);
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page.headers.get('cache-control')).toBe('private, no-store');
  const html = await page.text();
  const files = [...html.matchAll(/(?:href|src)="(\/(?:pkg\/|start\.js)[^"]+)"/g)].map(([, path = '']) => path.replaceAll('&amp;', '&'));
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const path of files) {
    const file = await fetch(server.it.url + path, { headers: { 'accept-encoding': 'br' } });
    expect(file.status, path).toBe(200);
    // A debug build is not compressed ahead.
    const compressed = existsSync(`${siteFolder()}${path.split('?')[0]}.br`);
    expect(file.headers.get('content-encoding'), path).toBe(compressed ? 'br' : null);
    await file.body?.cancel();
  }
});
