// What a page keeps on this device: drafts, and what is being sent. outbox.js has the rest. It also lets Back close an
// open sheet. Without storage everything works and nothing is kept.
(() => {
  'use strict';
  const WEEK_MS = 7 * 86_400_000;
  // What another tab has on its way is its own for so long.
  const UNDER_WAY_MS = 15_000;
  const RETRY_MS = 1_000;
  const PATIENCE_MS = 4_000;
  const { slug = '', worker, erase } = document.currentScript.dataset;

  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };
  const get = (name) => attempt(() => localStorage.getItem(`ps:${name}`)) ?? undefined;
  const set = (name, value) => attempt(() => localStorage.setItem(`ps:${name}`, value));
  const del = (name) => attempt(() => localStorage.removeItem(`ps:${name}`));
  const names = (start) =>
    (attempt(() => Object.keys(localStorage)) ?? [])
      .filter((name) => name.startsWith(`ps:${start}`))
      .map((name) => name.slice(3));
  const read = (name) => attempt(() => JSON.parse(get(name)));

  /** Whose this browser is in this workspace now: `g.` and a word for a guest, `u.` and a word for an account. */
  const reader = () => document.cookie.match(`(?:^|; )(?:__Host-)?pulsestage_r_${slug}=([^;]*)`)?.[1] ?? '';

  // Drafts: the value of each field with `data-draft`, by workspace, person and field.

  const draftName = (field) => `draft ${slug} ${reader()} ${field}`;
  const fields = (root = document) => root.querySelectorAll('[data-draft]');
  const first = (field) =>
    field.options
      ? (([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? '')
      : field.defaultValue;
  const waiting = new Map();

  const save = (field) => {
    waiting.delete(field);
    const { value } = field;
    const name = draftName(field.dataset.draft);
    if (value.trim() === '' || value === first(field)) del(name);
    else set(name, JSON.stringify({ value, at: Date.now() }));
  };
  const saveAll = () => [...waiting.keys()].forEach(save);
  const saveSoon = (field) => {
    if (waiting.size === 0) setTimeout(saveAll, 200);
    waiting.set(field, 1);
  };

  /** Puts a draft into its field, unless something else was typed there or brought back by the browser. */
  const restore = (field) => {
    const draft = read(draftName(field.dataset.draft));
    if (!draft || field.value !== first(field) || draft.value === field.value) return;
    if (field.options && ![...field.options].some((option) => option.value === draft.value)) return;
    field.value = draft.value;
    field.closest('details.more')?.setAttribute('open', '');
    field.dispatchEvent(new Event(field.options ? 'change' : 'input', { bubbles: true }));
  };

  /** Erases the drafts of all fields whose names begin so. */
  const drop = (field) => {
    for (const pending of waiting.keys()) if (pending.dataset.draft.startsWith(field)) waiting.delete(pending);
    names(draftName(field)).forEach(del);
  };

  const squeezed = (text) => text.replace(/\s+/g, ' ').trim();

  /** At the start: what was sent without the program, and is on the page now, was taken. The rest is restored. */
  const settle = (field) => {
    const name = draftName(field.dataset.draft);
    const { sent, ...draft } = read(name) ?? {};
    if (!draft.value) return;
    // Equal texts: it was saved, or it was refused and drawn again. The next page tells which.
    const isSame = draft.value === first(field);
    const text = document.body.textContent;
    // The words are those for whoever runs no script, and in the page for everybody.
    const isTaken = squeezed(text).includes(squeezed(draft.value)) || text.includes('Your question was sent.');
    if (sent ? !isSame && isTaken : isSame) return del(name);
    if (sent) set(name, JSON.stringify(draft));
    restore(field);
  };

  const follow = ({ target }) => target.dataset?.draft && saveSoon(target);
  document.addEventListener('input', follow);
  document.addEventListener('change', follow);
  document.addEventListener('focusin', ({ target }) => target.dataset?.draft && restore(target));
  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('[data-drop]');
    if (button) drop(button.dataset.drop);
  });
  addEventListener('submit', (event) => {
    if (event.target.getAttribute('action') === '/sign-out') set('leaving', reader());
    if (event.defaultPrevented) return;
    saveAll();
    for (const field of fields(event.target)) {
      const name = draftName(field.dataset.draft);
      const draft = read(name);
      if (draft) set(name, JSON.stringify({ ...draft, sent: true }));
    }
  });
  addEventListener('pagehide', saveAll);

  // Sheets and menus: Back closes an open one. An entry of the history stands for "this one is open", and only for that:
  // wherever one goes from it, it is replaced. `CLOSED`: its sheet is closed, and it is left in a moment.

  const CLOSED = -1;
  // A press beside a sheet may be on a link: where that leads is waited for.
  const LEAVE_MS = 300;
  // Whoever reloads or follows a link is gone within this time, or stays: it was a download.
  const GOING_MS = 3_000;
  let going = -GOING_MS;
  const sheets = () => [...document.querySelectorAll('[popover],details.menu')];
  const isOpen = (sheet) => sheet.open || attempt(() => sheet.matches(':popover-open')) || false;
  const show = (sheet, on) => {
    if ('open' in sheet) sheet.open = on;
    else attempt(() => (on ? sheet.showPopover() : sheet.hidePopover()));
  };
  const entry = () => history.state?.sheet;
  const push = history.pushState.bind(history);
  const change = history.replaceState.bind(history);
  const stand = (sheet) => change({ ...history.state, sheet }, '');
  history.pushState = (...to) => (entry() === undefined ? push : change)(...to);
  document.addEventListener(
    'toggle',
    ({ target }) => {
      const at = sheets().indexOf(target);
      if (at < 0) return;
      if (isOpen(target)) {
        if (entry() !== at) history.pushState({ ...history.state, sheet: at }, '');
      } else if (entry() === at) {
        stand(CLOSED);
        // Not while the page is left: going back would call a reload off.
        setTimeout(() => entry() === CLOSED && performance.now() - going > GOING_MS && history.back(), LEAVE_MS);
      }
    },
    true,
  );
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[rel~=external]');
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link?.closest('[popover],details.menu') || !isPlain || event.defaultPrevented || entry() === undefined) return;
    event.preventDefault();
    location.replace(link.href);
  });
  const followHistory = () =>
    sheets().forEach((sheet, at) => isOpen(sheet) !== (at === entry()) && show(sheet, at === entry()));
  addEventListener('popstate', followHistory);
  addEventListener('beforeunload', () => {
    going = performance.now();
    // Closed so shortly before that nothing has told it.
    const sheet = sheets()[entry()];
    if (sheet && !isOpen(sheet)) stand(CLOSED);
  });
  /** A sheet that was open when the page was loaded again is open again; a menu is not. */
  const resume = () => {
    if (entry() === undefined) return;
    if (sheets()[entry()]?.popover) followHistory();
    else stand(undefined);
  };

  // What could not be sent: written down here before it is sent, and handed to outbox.js when the first attempt failed.

  const tab = attempt(() => (sessionStorage.psTab ??= `${Math.random()}`)) ?? `${Math.random()}`;
  const sending = new Map();
  let loading;
  const script = (src) =>
    new Promise((resolve, reject) => {
      const element = document.createElement('script');
      setTimeout(reject, PATIENCE_MS);
      Object.assign(element, { src, onload: resolve, onerror: reject });
      document.head.append(element);
    });
  let tries = 0;
  const load = async () => {
    if (keeper.outbox) return keeper.outbox;
    const src = tries ? `/outbox.js?${tries}` : '/outbox.js';
    tries += 1;
    if (tries > 1) {
      // A connection that died in silence never answers, and a script cannot be given up: this finds one that lives.
      const clock = new AbortController();
      setTimeout(() => clock.abort(), PATIENCE_MS);
      await (await fetch(src, { signal: clock.signal })).text();
    }
    if (!keeper.outbox) await script(src);
    return keeper.outbox;
  };
  const outbox = () =>
    (loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    }));
  const withOutbox = (act) => outbox().then(act, () => undefined);
  const prepare = () => withOutbox(() => undefined);

  /** Hands over what failed, and what was being sent when its page went away. */
  const adopt = () => {
    let later = 0;
    const found = new Map(names('sending ').map((name) => [name.slice(8), read(name)]));
    sending.forEach((item, op) => found.set(op, item));
    for (const [op, item] of found) {
      const isLeft = item && !sending.has(op) && (item.tab === tab || Date.now() - item.at > UNDER_WAY_MS);
      if (!item) del(`sending ${op}`);
      else if (isLeft || item.parked) {
        const hand = async (box) => {
          await box.put(item);
          keeper.end(op);
        };
        outbox().then(hand, () => setTimeout(adopt, RETRY_MS));
      } else later = UNDER_WAY_MS;
    }
    if (later) setTimeout(adopt, later);
  };

  const keeper = (window.keeper = {
    slug, reader, get, set, del, drop,
    /** This is about to be sent for the first time. */
    begin(op, kind, body) {
      const item = { op, kind, body, slug, reader: reader(), at: Date.now(), tab, tries: 1 };
      sending.set(op, item);
      if (item.reader) set(`sending ${op}`, JSON.stringify(item));
      prepare();
    },
    /** It was answered, or is in the outbox. */
    end(op) {
      sending.delete(op);
      del(`sending ${op}`);
    },
    /** The first attempt failed: it waits, at least so many milliseconds. */
    park(op, after) {
      const item = sending.get(op);
      Object.assign(item, { parked: true, until: Date.now() + Number(after) });
      if (item.reader) set(`sending ${op}`, JSON.stringify(item));
      adopt();
    },
    /** This waits behind what was parked for the same question; it was never sent. */
    queue(op, kind, body) {
      keeper.begin(op, kind, body);
      sending.get(op).tries = 0;
      keeper.park(op, 0);
    },
    /** The network may be back. */
    wake() {
      if (sending.size > 0) adopt();
      keeper.outbox?.wake();
    },
    /** The page is alive: fields are there to stay. */
    alive() {
      // What was typed before this was loaded is a draft as well.
      for (const field of fields()) (field.options || field.value === first(field) ? restore : save)(field);
      resume();
      adopt();
      // Where there is a network still: without one it may not come.
      prepare();
      // What it does is not in the way of the first vote.
      const start = () => outbox().then((box) => box.start(worker, before !== now), () => setTimeout(start, RETRY_MS));
      setTimeout(start, get('outbox') ? 0 : 300);
    },
  });
  addEventListener('online', () => keeper.wake());

  // Whose device it is: a guest's drafts go with them when they sign in; an account's are erased when it signs out.

  const forget = (is) => {
    names('draft ').forEach((name) => is(name.split(' ')[2], name.split(' ')[1]) && del(name));
    for (const name of names('sending ')) {
      const item = read(name);
      if (item && is(item.reader, item.slug)) del(name);
    }
    if (get('outbox')) withOutbox((box) => box.erase(is));
  };
  const isAccount = (who) => who.startsWith('u.');
  const now = reader();
  const before = get(`reader ${slug}`);
  const leaving = get('leaving');
  if (leaving && leaving !== now) forget((who) => who === leaving);
  del('leaving');
  if (erase === 'all') forget(() => true);
  else if (erase) forget((who, of) => of === slug && (erase === 'mine' || (isAccount(who) && who !== now)));
  if (erase !== undefined || before !== now) attempt(() => caches.delete('pulsestage-pages').catch(() => undefined));
  if (now && before && before !== now && isAccount(now)) {
    if (isAccount(before)) forget((who) => who === before);
    for (const name of names(`draft ${slug} ${before} `)) {
      const mine = name.replace(before, now);
      if (!get(mine)) set(mine, get(name));
      del(name);
    }
  }
  if (now) set(`reader ${slug}`, now);
  /** Who has signed out in another tab, or in as somebody else, leaves nothing of the account in this one. */
  const leave = () => {
    if (!isAccount(now) || reader() === now) return;
    waiting.clear();
    location.reload();
  };
  addEventListener('storage', leave);
  addEventListener('pageshow', leave);
  document.addEventListener('visibilitychange', leave);
  for (const name of names('draft ')) if (!(read(name)?.at > Date.now() - WEEK_MS)) del(name);
  fields().forEach(settle);
  resume();
})();
