// The outbox: votes and questions that could not be sent wait on this device, in IndexedDB, for up to a day. One tab at a
// time sends them, in order for each question, each under its idempotency key, and only for the person who wrote them.
(() => {
  'use strict';
  const keeper = window.keeper;
  // It may be loaded twice, where it was long in coming.
  if (keeper.outbox) return;
  const DAY_MS = 86_400_000;
  const SHOWN_MS = 6_000;
  const LEASE_MS = 30_000;
  const STORE = 'outbox';

  // Storage. What cannot be written is held in memory, for as long as the page lives.

  const memory = new Map();
  const open = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open('pulsestage', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'op' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => reject(request.error);
    });
  const stored = async (mode, act) => {
    const database = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode, { durability: 'strict' });
        const request = act(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };
  const all = async () => {
    const kept = await stored('readonly', (store) => store.getAll()).catch(() => []);
    const items = [...kept.filter(({ op }) => !memory.has(op)), ...memory.values()];
    return items.sort((a, b) => a.at - b.at || (a.op < b.op ? -1 : 1));
  };
  const write = async (item) => {
    // Without a name for whose it is, nothing is written down.
    const kept = item.reader && (await stored('readwrite', (store) => store.put(item)).then(() => true, () => false));
    if (kept) memory.delete(item.op);
    else memory.set(item.op, item);
  };
  const remove = async (op) => {
    memory.delete(op);
    await stored('readwrite', (store) => store.delete(op)).catch(() => undefined);
  };

  // One tab at a time.

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const name = `${Math.random()}`;
  const lease = () => keeper.set('lease', `${name} ${Date.now() + LEASE_MS}`);
  const leased = async (act) => {
    for (;;) {
      const [owner, until] = (keeper.get('lease') ?? '').split(' ');
      if (!owner || owner === name || Number(until) < Date.now()) {
        lease();
        await sleep(50);
        const now = keeper.get('lease');
        // Where nothing can be written, there is no other tab to share with.
        if (now === undefined || now.startsWith(name)) break;
      }
      await sleep(500 + Math.random() * 500);
    }
    try {
      return await act();
    } finally {
      keeper.del('lease');
    }
  };
  const alone = (act) => (navigator.locks ? navigator.locks.request('pulsestage outbox', act) : leased(act));

  // What an item is about.

  const body = (item) => new URLSearchParams(item.body);
  const question = (item) => (item.kind === 'set_vote' ? body(item).get('question') : '');
  const wish = (item) => (body(item).get('up') === 'true' ? 1 : 0);
  const isOurs = (item) => item.slug === keeper.slug && item.reader === keeper.reader();
  const waits = (item) => !item.state;

  /** Tells the page and, by way of storage, the other tabs. */
  const tell = (detail) => {
    dispatchEvent(new CustomEvent('outbox', { detail }));
    keeper.set('told', JSON.stringify([detail]));
    keeper.del('told');
  };

  // Sending.

  /** How long to wait before the next attempt: 1, 2, 4 .. 60 seconds, spread by chance. */
  const pause = (tries) => Math.min(60_000, 1_000 * 2 ** Math.max(0, tries - 1)) * (0.5 + Math.random() / 2);

  /** What an answer means: done, refused and why, or to be sent again after so many milliseconds. */
  const verdict = (status, answer, retryAfter) => {
    const isJson = answer !== null && typeof answer === 'object';
    if (status === 200 && isJson && !answer.refusal) return { done: answer };
    const again = status >= 500 || status === 408 || status === 412 || status === 425 || status === 429;
    // An answer that is not in our words comes from a proxy or from a network's own sign-in page.
    if (again || !isJson || !answer.refusal) return { after: (Number(retryAfter) || 0) * 1_000 };
    return { refused: answer.message || 'PulseStage did not accept it.' };
  };

  /** How often in a row no answer came, and until when nothing is tried because of that. */
  let rest = 0;
  let quiet = 0;

  /** Sends one item. */
  const send = async (item) => {
    item.tries += 1;
    await write(item);
    if (!navigator.locks) lease();
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(), 6_000 * Math.min(3, item.tries));
    let said;
    try {
      const answer = await fetch(`/api/fn/${item.kind}`, {
        method: 'POST',
        body: item.body,
        redirect: 'error',
        signal: clock.signal,
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          'x-reader': `${item.slug} ${item.reader}`,
        },
      });
      const text = await answer.text();
      let json = null;
      try {
        json = JSON.parse(text);
      } catch {
        // Not ours.
      }
      said = verdict(answer.status, json, answer.headers.get('retry-after'));
    } catch {
      said = undefined;
    }
    clearTimeout(timer);
    if (said?.done) {
      await remove(item.op);
      flash(item);
      if (item.kind === 'set_vote') tell(`sent ${question(item)} ${said.done.up ? 1 : 0} ${said.done.upvotes}`);
      else tell(`asked ${JSON.stringify(said.done)}`);
    } else if (said?.refused) {
      await write({ ...item, state: 'refused', why: said.refused });
      if (question(item)) tell(`gone ${question(item)}`);
    } else {
      const until = Date.now() + (said?.after ?? 0);
      await write({ ...item, until, next: until + pause(item.tries) });
    }
    rest = said ? 0 : rest + 1;
    if (rest) quiet = Date.now() + pause(rest);
  };

  /** What may be sent now, and what need not be sent at all: each question of the board has a queue for its votes. */
  const queues = (items) => {
    const chains = new Map();
    const overtaken = [];
    for (const item of items) {
      const of = question(item) || item.op;
      chains.set(of, [...(chains.get(of) ?? []), item]);
    }
    const heads = [...chains.values()].map((chain) => {
      // Votes that were never sent are overtaken by the latest. One that may have arrived is sent again first, so that it
      // cannot arrive after the next.
      const [sent, fresh] = [chain.filter(({ tries }) => tries > 0), chain.filter(({ tries }) => tries === 0)];
      const last = fresh.pop();
      overtaken.push(...fresh);
      if (last && sent.length > 0 && wish(sent.at(-1)) === wish(last)) overtaken.push(last);
      return sent[0] ?? last;
    });
    return { heads, overtaken };
  };

  let timer;
  let running = false;
  let again = false;
  let eager = false;
  const drain = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    clearTimeout(timer);
    do {
      again = false;
      await alone(round).catch(() => undefined);
    } while (again);
    running = false;
    await draw();
    const next = Math.min(...(await all()).filter((item) => isOurs(item) && waits(item)).map((item) => item.next));
    const soonest = navigator.onLine ? 200 : 30_000;
    if (Number.isFinite(next)) timer = setTimeout(drain, Math.max(soonest, Math.max(next, quiet) - Date.now()));
  };
  const round = async () => {
    for (const item of await all()) {
      const age = Date.now() - item.at;
      if (age > 2 * DAY_MS) await remove(item.op);
      else if (age > DAY_MS && waits(item)) {
        await write({ ...item, state: 'late' });
        if (isOurs(item) && question(item)) tell(`gone ${question(item)}`);
      }
    }
    if (eager) {
      // Here, where nobody sends: what was sent meanwhile is not written back.
      eager = false;
      for (const item of await all()) if (isOurs(item) && waits(item)) await write({ ...item, next: item.until });
    }
    while (navigator.onLine && Date.now() >= quiet) {
      const { heads, overtaken } = queues((await all()).filter((item) => isOurs(item) && waits(item)));
      for (const item of overtaken) await remove(item.op);
      const item = heads.find(({ next }) => next <= Date.now());
      if (!item) break;
      await send(item);
      await draw();
    }
  };

  // What people see.

  const seen = new Map();
  const flash = (item) => {
    seen.set(item.op, item);
    setTimeout(() => {
      seen.delete(item.op);
      void draw();
    }, SHOWN_MS);
  };
  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? '' });
  const button = (text, act) => {
    const made = make('button', 'btn btn--small', text);
    made.type = 'button';
    made.onclick = act;
    return made;
  };
  const words = (item) => {
    if (seen.has(item.op)) return 'Sent';
    if (!isOurs(item)) return 'Not sent, because somebody signed in or out since';
    if (item.state === 'refused') return `Not accepted: ${item.why}`;
    if (item.state === 'late') return 'Not sent: it waited for more than a day';
    return 'Waiting to be sent';
  };
  const about = (item) => {
    // What an account wrote is for nobody else to read.
    if (!isOurs(item) && !item.reader.startsWith('g.')) return item.kind === 'ask' ? 'A question' : 'A vote';
    if (item.kind === 'ask') return body(item).get('question');
    const text = item.about ? `“${item.about}”` : 'a question';
    return `${wish(item) ? 'Your vote for' : 'Taking back your vote for'} ${text}`;
  };
  const discard = async (item) => {
    await remove(item.op);
    if (isOurs(item) && question(item)) tell(`gone ${question(item)}`);
    else tell('');
    await draw();
  };
  const edit = async (item) => {
    const area = document.querySelector('[data-draft=ask]');
    area.value = about(item);
    area.dispatchEvent(new Event('input', { bubbles: true }));
    await discard(item);
    const sheet = area.closest('[popover]');
    if (sheet && !area.checkVisibility?.()) sheet.showPopover();
    area.focus();
  };
  const retry = async (item) => {
    await write({ ...item, next: 0 });
    quiet = 0;
    await drain();
  };
  const row = (list, item) => {
    let line = [...list.children].find(({ dataset }) => dataset.op === item.op);
    if (!line) {
      line = list.appendChild(make('li', 'outbox__item'));
      line.dataset.op = item.op;
      line.append(make('p', ''), make('p', 'outbox__about'), make('div', 'form__row'));
      line.firstChild.setAttribute('role', 'status');
      line.children[1].dir = 'auto';
      line.children[1].textContent = about(item);
    }
    const said = words(item);
    if (line.firstChild.textContent === said) return;
    line.firstChild.textContent = said;
    const buttons = [];
    if (said !== 'Sent') {
      if (isOurs(item) && waits(item)) buttons.push(button('Try now', () => retry(item)));
      else if (item.kind === 'ask' && about(item) !== 'A question' && document.querySelector('[data-draft=ask]')) {
        buttons.push(button('Edit', () => edit(item)));
      }
      buttons.push(button('Discard', () => discard(item)));
    }
    line.children[2].replaceChildren(...buttons);
  };
  let place;
  let looking;
  const draw = async () => {
    place = document.getElementById('outbox');
    const items = await all();
    if (items.length > 0) keeper.set('outbox', '1');
    else keeper.del('outbox');
    if (!place) return;
    const known = new Set(items.map(({ op }) => op));
    const shown = items.filter((item) => item.slug === keeper.slug);
    shown.push(...[...seen.values()].filter(({ op }) => !known.has(op)));
    clearInterval(looking);
    // The program may put a page of its own in the place of the one that was written into.
    if (shown.length > 0) looking = setInterval(() => document.getElementById('outbox') === place || draw(), 1_000);
    let list = place.querySelector('ul');
    if (!list && shown.length === 0) return;
    list ??= place.appendChild(make('ul', 'outbox__list'));
    const waiting = shown.filter((item) => isOurs(item) && waits(item) && !seen.has(item.op));
    const count = (kind, one) => {
      const n = waiting.filter((item) => item.kind === kind).length;
      return n > 0 ? [`${n} ${one}${n === 1 ? '' : 's'}`] : [];
    };
    const sum = place.querySelector('.outbox__sum') ?? place.insertBefore(make('p', 'outbox__sum'), list);
    sum.textContent = `${[...count('set_vote', 'vote'), ...count('ask', 'question')].join(' and ')} waiting to be sent`;
    sum.hidden = waiting.length === 0;
    const ops = new Set(shown.map(({ op }) => op));
    for (const line of [...list.children]) if (!ops.has(line.dataset.op)) line.remove();
    shown.forEach((item) => row(list, item));
    place.hidden = shown.length === 0;
  };

  /** Tells the page which votes wait, as they were last wished. */
  const remind = async () => {
    for (const item of await all()) {
      if (isOurs(item) && waits(item) && question(item)) {
        dispatchEvent(new CustomEvent('outbox', { detail: `waits ${question(item)} ${wish(item)} ${item.op}` }));
      }
    }
    await draw();
  };

  addEventListener('storage', ({ key, newValue }) => {
    if (key !== 'ps:told' || !newValue) return;
    const [detail] = JSON.parse(newValue);
    if (detail) dispatchEvent(new CustomEvent('outbox', { detail }));
    void drain();
  });
  document.addEventListener('visibilitychange', () => document.hidden || drain());

  // A copy of the page for when there is no network: the worker makes it, at once where there is none yet, and again when
  // the page is left or was open for a while.

  const REFRESH_MS = 300_000;
  const keepPage = async (mode, isOthers) => {
    const workers = navigator.serviceWorker;
    if (mode === 'off') {
      for (const old of await workers.getRegistrations()) await old.unregister();
      for (const name of await caches.keys()) if (name.startsWith('pulsestage-')) await caches.delete(name);
      return;
    }
    const isKept = workers.controller && !isOthers;
    await workers.register('/sw.js', { scope: '/', updateViaCache: 'none' });
    const { active } = await workers.ready;
    let told = isKept ? Date.now() : 0;
    const refresh = (rest) => {
      if (!navigator.onLine || Date.now() - told < rest) return;
      told = Date.now();
      const files = [...document.querySelectorAll('link[href],script[src]')].map((one) => one.href || one.src);
      files.push(...performance.getEntriesByType('resource').map((one) => one.name));
      active.postMessage({ page: location.pathname + location.search, files: [...new Set(files)] });
    };
    refresh(REFRESH_MS);
    // Parts of the program that come later.
    new PerformanceObserver((list) => {
      const files = list.getEntries().map((one) => one.name).filter((name) => name.includes('/pkg/'));
      if (files.length > 0) active.postMessage({ files });
    }).observe({ type: 'resource' });
    setInterval(() => document.hidden || refresh(REFRESH_MS), REFRESH_MS / 4);
    document.addEventListener('visibilitychange', () => document.hidden && refresh(REFRESH_MS / 5));
  };

  let reminded = false;
  keeper.outbox = {
    /** The page is alive; `worker` says whether a copy of it is wanted, if it is a page that has one. */
    start(worker, isOthers) {
      if (keeper.get('outbox')) void this.wake();
      if (worker && navigator.serviceWorker) keepPage(worker, isOthers).catch(() => undefined);
    },
    /** Takes something over. */
    async put({ parked, tab, ...item }) {
      if ((await all()).some(({ op }) => op === item.op)) return;
      const title = document.getElementById(`q-${question(item)}-text`)?.textContent;
      const until = item.until ?? 0;
      await write({ ...item, until, next: Math.max(until, Date.now()) + pause(item.tries), about: title });
      tell(question(item) && isOurs(item) ? `waits ${question(item)} ${wish(item)} ${item.op}` : '');
      await draw();
      void drain();
    },
    /** The page is alive, or the network may be back. */
    async wake() {
      if (!reminded) {
        reminded = true;
        await remind();
      }
      // What the server asked to wait for is waited for; a pause of our own is not.
      eager = true;
      quiet = 0;
      await drain();
    },
    /** Erases what is whose. */
    async erase(is) {
      for (const item of await all()) if (is(item.reader, item.slug)) await remove(item.op);
      await draw();
    },
    verdict,
    queues,
    pause,
  };
})();
