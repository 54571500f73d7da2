// Starts a page's program, exchanges the page it draws with the server's, and looks after it: docs/ARCHITECTURE.md,
// "How a page wakes up". Its address names the program's two files.
const [script, wasm] = new URL(import.meta.url).search.slice(1).split('&');
let root; // what the program draws in, once it has taken over
let dead = false;

// A form that came back: its page has the address of the form's server function.
const address = document.querySelector('meta[name=page-address]');
if (address) history.replaceState(null, '', address.content);

// --- The program's end -----------------------------------------------------------------------------------------------

function say() {
  const badge = document.querySelector('.badge');
  const words = badge?.querySelector('[role=status]');
  if (!words) return;
  badge.className = 'badge badge--offline';
  badge.querySelector('.badge__age')?.remove();
  words.textContent = 'Not live. Reload the page.';
}

// Loads the page again, once: a program that dies again at once is not helped by it.
function again() {
  if (!navigator.onLine) return addEventListener('online', again, { once: true });
  let before;
  try {
    before = sessionStorage.getItem('reloaded');
    sessionStorage.setItem('reloaded', Date.now());
  } catch {
    before = performance.getEntriesByType('navigation')[0]?.type === 'reload' && Date.now();
  }
  if (!(Math.abs(Date.now() - before) < 600_000)) location.reload();
}

function died(error) {
  if (dead) return;
  dead = true;
  console.error('The program of this page has stopped.', error);
  // A copy has no listeners: its links and forms are the browser's again.
  if (root) exchange(root.cloneNode(true));
  say();
  if (typeof WebAssembly === 'object') again();
}

const isTrap = (error) => typeof WebAssembly === 'object' && error instanceof WebAssembly.RuntimeError;
addEventListener('error', (event) => isTrap(event.error) && died(event.error));
addEventListener('unhandledrejection', (event) => isTrap(event.reason) && died(event.reason));

// --- The exchange ----------------------------------------------------------------------------------------------------

let busy = 0; // until when the reader is in the middle of something
let composing = false;
const wait = (ms) => (busy = performance.now() + ms);
// What a script makes up, as an extension does, is not the reader.
const on = (types, act) => {
  const theirs = (event) => event.isTrusted && act(event);
  types.split(' ').forEach((type) => addEventListener(type, theirs, { capture: true, passive: true }));
};
on('pointerdown', () => wait(3_000));
on('pointerup pointercancel keyup', () => wait(300));
on('keydown', (event) => (event.key === 'Enter' || event.key === ' ') && wait(1_000));
on('submit', () => wait(10_000));
on('compositionstart', () => (composing = true));
on('compositionend', () => (composing = false));

const ready = () =>
  new Promise((done) => {
    const look = () => (composing || performance.now() < busy ? setTimeout(look, 50) : done());
    // A task of its own: what the reader did meanwhile is heard before the page is drawn.
    setTimeout(look);
  });

const CHOICE = /^(checkbox|radio)$/;
const attribute = (name) => (a, b) => a.getAttribute(name) === b.getAttribute(name);
const ALIKE = [
  (a, b) => a.localName === b.localName,
  ...['name', 'type', 'href', 'class'].map(attribute),
  (a, b) => !CHOICE.test(a.type) || a.value === b.value,
];
const alike = (a, b) => b.localName !== undefined && ALIKE.every((same) => same(a, b));

// The element of the next page that is this one: by its id, or by its place under the nearest id that both have.
function twin(old, next, element) {
  for (let home = element.closest('[id]'); home; home = home.parentElement?.closest('[id]')) {
    const there = home === old ? next : next.querySelector(`#${CSS.escape(home.id)}`);
    if (there && home === element) return there;
    if (there) {
      const among = (place) => [...place.querySelectorAll(element.localName)].filter((other) => alike(element, other));
      return among(there)[among(home).indexOf(element)];
    }
    if (home === old) return;
  }
}

const every = (place, selector) => {
  try {
    return [...place.querySelectorAll(selector)];
  } catch {
    return []; // a browser that does not know what it names
  }
};

function exchange(next) {
  const old = document.getElementById('app') ?? document.createElement('div');
  const of = (element) => twin(old, next, element);
  const [left, top, held] = [scrollX, scrollY, document.activeElement];
  const typed = [];
  for (const field of every(old, 'input:not([type=hidden]), textarea, select')) {
    const to = of(field);
    if (!to) continue;
    if (field.files?.length) to.files = field.files;
    else if (!field.files) {
      const what = CHOICE.test(field.type) ? 'checked' : 'value';
      if (to[what] !== field[what]) typed.push([to, what, field[what]]);
    }
  }
  for (const details of every(old, 'details')) {
    const to = of(details);
    if (to && to.open !== details.open) to.open = details.open;
  }
  const shown = every(old, ':popover-open').map(of);
  const scrolled = every(old, '*')
    .filter((box) => box.scrollTop || box.scrollLeft)
    .map((box) => [of(box), box.scrollTop, box.scrollLeft]);
  const focus = old.contains(held) && of(held);
  const marked = focus && [held.selectionStart, held.selectionEnd, held.selectionDirection];

  // What was said before is not said again, and no picture blinks.
  const aloud = every(next, '[role=alert], [role=status], [aria-live]').map((region) => [region, region.getAttribute('aria-live')]);
  for (const [region] of aloud) region.setAttribute('aria-live', 'off');
  for (const picture of every(next, 'img')) picture.decoding = 'sync';

  root = undefined; // the watchers stand aside
  if (old.isConnected) old.replaceWith(next);
  else document.body.append(next);
  const fill = () => {
    for (const [to, what, value] of typed) {
      if (to[what] === value) continue;
      to[what] = value;
      for (const type of ['input', 'change']) to.dispatchEvent(new Event(type, { bubbles: true }));
    }
  };
  fill();
  setTimeout(fill); // once more: effects of the program that run first may have set what the reader had changed
  for (const popover of shown) popover?.showPopover();
  if (focus) {
    focus.focus({ preventScroll: true });
    if (marked[0] != null) focus.setSelectionRange(...marked);
  }
  for (const [box, down, right] of scrolled) box?.scrollTo({ left: right, top: down, behavior: 'instant' });
  if (scrollX !== left || scrollY !== top) scrollTo({ left, top, behavior: 'instant' });
  for (const motion of document.getAnimations?.() ?? []) {
    const { target } = motion.effect ?? {};
    if (target && next.contains(target) && motion.effect.getComputedTiming().endTime !== Infinity) motion.finish();
  }
  setTimeout(() => {
    for (const [region, was] of aloud) {
      if (was === null) region.removeAttribute('aria-live');
      else region.setAttribute('aria-live', was);
    }
  }, 1_000);
  if (dead) return;
  watch(next);
  keep();
}

// What the page keeps on the device (`keep.js`) is loaded once it is alive: no vote waits for it.
function keep() {
  const about = document.querySelector('meta[name=device]');
  if (!about || globalThis.keeper) return;
  const script = document.createElement('script');
  Object.assign(script.dataset, about.dataset);
  script.src = '/keep.js';
  script.onload = () => keeper.alive();
  document.head.append(script);
}

// --- Others change the page ------------------------------------------------------------------------------------------

// The program knows its nodes and not what others do to them. So what others take out is put back: comments, which hold
// places, as they were; elements unseen; a text that was replaced, as by a translation, empty, until the program sets it.
const theirs = new WeakSet(); // nodes that others have put in
const away = new WeakSet(); // nodes of ours that others have taken out
const times = new WeakMap(); // how often a node was put back
const stands = new WeakMap(); // of a text: the nodes that others show in its place, and what it was
const texts = new WeakMap(); // of such a node: the text
let watcher;

function watch(next) {
  watcher?.disconnect();
  root = next;
  watcher = new MutationObserver(mend);
  watcher.observe(root, { childList: true, characterData: true, subtree: true });
  let turns = 3;
  const around = new MutationObserver(() => {
    if (root !== next || !turns) return around.disconnect();
    if (document.body) around.observe(document.body, { childList: true });
    if (root.isConnected || !document.body) return;
    turns -= 1;
    const copy = document.getElementById('app');
    if (copy) copy.replaceWith(root);
    else document.body.append(root);
  });
  for (const place of [document.documentElement, document.body]) around.observe(place, { childList: true });
}

function stand(text, nodes, was) {
  stands.set(text, { nodes, was });
  for (const node of nodes) texts.set(node, text);
}

function putBack(node, { target, previousSibling, nextSibling }) {
  if (nextSibling?.parentNode === target) target.insertBefore(node, nextSibling);
  else if (previousSibling?.parentNode === target) previousSibling.after(node);
  else target.append(node);
}

function mend(records) {
  for (const { removedNodes, addedNodes } of records) {
    for (const node of removedNodes) if (!theirs.has(node)) away.add(node);
    for (const node of addedNodes) {
      if (!away.has(node)) theirs.add(node);
      else if (node.style && times.has(node)) node.style.display = '';
    }
  }
  for (const record of [...records].reverse()) {
    const { type, target, addedNodes, previousSibling, nextSibling } = record;
    if (type === 'characterData' && !theirs.has(target)) {
      // A part of it was cut off and stands behind it.
      const nodes = [];
      for (let node = target.nextSibling; node && theirs.has(node); node = node.nextSibling) nodes.push(node);
      if (nodes.length) stand(target, nodes, stands.get(target)?.was);
    }
    for (const node of [...record.removedNodes].reverse()) {
      const text = texts.get(node);
      if (text && !node.isConnected) {
        const { was } = stands.get(text) ?? {};
        const other = [...addedNodes].find((added) => theirs.has(added) && added.isConnected);
        if (other) stand(text, [other], was);
        else if (was && !text.data) text.data = was;
      }
      const count = times.get(node) ?? 0;
      if (theirs.has(node) || node.parentNode || count > 1) continue;
      const added = [...addedNodes].filter((other) => other.isConnected);
      const instead = [...added, previousSibling, nextSibling].find((other) => other && theirs.has(other) && other.parentNode === target);
      if (node.nodeType === Node.TEXT_NODE && instead) {
        // Not counted: a translation may go on for as long as it likes.
        stand(node, [instead], node.data || stands.get(node)?.was);
        node.data = '';
        instead.after(node);
        continue;
      }
      times.set(node, count + 1);
      const copy = node.id !== undefined && added.find((other) => other.id === node.id && alike(node, other));
      if (copy) copy.replaceWith(node);
      else putBack(node, record);
      if (!copy && node.style) node.style.display = 'none';
    }
  }
  watcher.takeRecords();
}

// What the program itself has changed: a text that it sets is seen in place of what stood for it.
function settle(records) {
  for (const { type, target, removedNodes } of records) {
    for (const node of type === 'characterData' ? [target] : removedNodes) {
      const { nodes, was } = stands.get(node) ?? {};
      if (!nodes) continue;
      stands.delete(node);
      for (const other of nodes) {
        texts.delete(other);
        other.remove();
      }
      if (type === 'childList' && was && !node.data) node.data = was;
    }
  }
  watcher?.takeRecords();
}

// The program changes the page in microtasks alone, so what happens between them was done by others.
const microtask = queueMicrotask;
globalThis.queueMicrotask = (task) =>
  microtask(() => {
    if (root) mend(watcher.takeRecords());
    try {
      task();
    } finally {
      if (root) settle(watcher.takeRecords());
    }
  });

// --- Links -----------------------------------------------------------------------------------------------------------

// Another query of the same page is no other document.
addEventListener('click', (event) => {
  if (!root || dead || event.defaultPrevented || event.button) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.('a[href]');
  if (!link || link.target || link.hasAttribute('download') || link.relList?.contains('external')) return;
  const page = (path) => path?.replace(/\/$/, '');
  if (link.origin !== location.origin || page(link.pathname) !== page(location.pathname) || link.hash) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, '', link.href);
  dispatchEvent(new Event('query'));
  if (!('noscroll' in link.dataset)) scrollTo(0, 0);
});

// --- Parts of the program --------------------------------------------------------------------------------------------

// A part is loaded when it is needed, by its URL. The program has no answer to "it did not come", so it is asked for until
// it comes, whole: without a network nobody can do what it is for.
const ask = fetch;
async function part(url) {
  for (let pause = 1_000; ; pause = Math.min(2 * pause, 30_000)) {
    try {
      const response = await ask(url);
      const { status, headers } = response;
      if (status < 500 && status !== 429) return new Response(await response.arrayBuffer(), { status, headers });
    } catch {
      // Again.
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}
globalThis.fetch = (what, ...how) => (what instanceof URL && what.pathname.endsWith('.wasm') ? part(what) : ask(what, ...how));

// --- The start -------------------------------------------------------------------------------------------------------

try {
  const program = await import(script);
  await program.default({ module_or_path: wasm });
  program.start({ ready, exchange });
} catch (error) {
  died(error);
}
