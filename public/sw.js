// The service worker: without a network the page opens with the last board. It serves boards and their files, no stream,
// no API, no account page. A new one waits until no page is open, so no page is reloaded or mixed.
'use strict';

const PAGES = 'pulsestage-pages';
const FILES = 'pulsestage-files';
const MOST = { [PAGES]: 6, [FILES]: 80 };
const PATIENCE_MS = 5_000;

const isBoard = (path) => /^\/(t\/[a-z0-9-]+\/?)?$/.test(path);
const isHashed = (path) => path.startsWith('/pkg/');
const isFile = (path) => /^\/([a-z]+\.(js|css|svg)|t\/[a-z0-9-]+\/(theme\.css|logo))$/.test(path);
const late = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
const find = async (name, request, options) => (await caches.open(name)).match(request, { ignoreVary: true, ...options });

const put = async (name, request, response) => {
  const cache = await caches.open(name);
  await cache.put(request, response);
  const kept = await cache.keys();
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST[name]))) await cache.delete(old);
};

// A board and its time, but not what came of a form.
const keepPage = async (address, response) => {
  const url = new URL(address);
  const isPage = response.headers.get('content-type')?.startsWith('text/html');
  if (!response.ok || response.redirected || !isPage || /[?&](__err|saved)=/.test(url.search)) return;
  const html = (await response.text()).replace('<head>', `<head><meta name="kept-at" content="${Math.floor(Date.now() / 1000)}">`);
  const headers = new Headers(response.headers);
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  await put(PAGES, url.href, new Response(html, { headers }));
};

const page = async (event) => {
  const { request } = event;
  const fresh = fetch(request).then((response) => {
    event.waitUntil(keepPage(request.url, response.clone()).catch(() => undefined));
    return response;
  });
  const copy = (await find(PAGES, request.url)) ?? (await find(PAGES, request.url, { ignoreSearch: true }));
  if (!copy) return fresh;
  const response = await Promise.race([fresh, late()]).catch(() => undefined);
  return response && response.status !== 502 && response.status !== 504 ? response : copy;
};

const file = async (event, lasting) => {
  const { request } = event;
  const copy = await find(FILES, request.url);
  if (copy && lasting) return copy;
  const fresh = fetch(request);
  const keep = (response) => response.ok && put(FILES, request.url, response);
  event.waitUntil(fresh.then((response) => keep(response.clone())).catch(() => undefined));
  return copy ? ((await Promise.race([fresh, late()]).catch(() => undefined)) ?? copy) : fresh;
};

// Also for the page that brought the first one.
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (isBoard(pathname)) event.respondWith(page(event));
    else if (/\/(signed-out|forgotten)$/.test(pathname)) event.waitUntil(caches.delete(PAGES));
  } else if (isHashed(pathname) || isFile(pathname)) event.respondWith(file(event, isHashed(pathname)));
});

// A page asks for a copy of itself and of its files, or of files alone.
addEventListener('message', (event) => {
  const { page: path, files } = event.data;
  const keep = async () => {
    const { href, pathname } = new URL(path ?? '/none', location.origin);
    if (isBoard(pathname)) await keepPage(href, await fetch(href, { credentials: 'same-origin' }));
    for (const name of files) {
      const url = new URL(name, location.origin);
      const wanted = url.origin === location.origin && (isHashed(url.pathname) || isFile(url.pathname));
      if (!wanted || (await find(FILES, url.href))) continue;
      const response = await fetch(url.href);
      if (response.ok) await put(FILES, url.href, response);
    }
  };
  event.waitUntil(keep().catch(() => undefined));
});
