// The pure parts of the outbox: what an answer means, what is sent in which order, and how long it waits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../../public/outbox.js', import.meta.url), 'utf8');

/** The script in a page without anything: no storage, no locks, no network. */
function outbox() {
  const page = {
    keeper: { slug: 'default', reader: () => 'g.1', get: () => undefined, set: () => undefined, del: () => undefined },
    navigator: { onLine: false },
    document: { addEventListener: () => undefined, getElementById: () => null },
    addEventListener: () => undefined,
    dispatchEvent: () => true,
    CustomEvent: class {},
    URLSearchParams,
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  };
  page.window = page;
  vm.runInNewContext(source, page);
  return page.keeper.outbox;
}

const plain = (value) => JSON.parse(JSON.stringify(value));
const vote = (op, question, up, tries) => ({ op, kind: 'set_vote', body: `question=${question}&up=${up}&op=${op}`, tries });
const ask = (op, tries = 1) => ({ op, kind: 'ask', body: `question=Why&op=${op}`, tries });
const order = (items) => {
  const { heads, overtaken } = outbox().queues(items);
  return [heads, overtaken].map((list) => plain(list).map(({ op }) => op));
};

test('only our own words count as an answer', () => {
  const { verdict } = outbox();
  assert.deepEqual(plain(verdict(200, { up: true, upvotes: 3 }, null)), { done: { up: true, upvotes: 3 } });
  const no = { refusal: 'frozen', message: 'This question is frozen.' };
  assert.deepEqual(plain(verdict(409, no, null)), { refused: 'This question is frozen.' });
  // A network's own sign-in page, a proxy's error page, another service at this address.
  for (const [status, answer] of [[200, null], [403, null], [404, null], [404, {}], [200, 'ok'], [511, null], [302, null]]) {
    assert.deepEqual(plain(verdict(status, answer, null)), { after: 0 }, `${status}`);
  }
});

test('what may succeed later is sent again, not before the server asked for', () => {
  const { verdict } = outbox();
  const busy = { refusal: 'unavailable', message: 'Busy.' };
  assert.deepEqual(plain(verdict(503, busy, '7')), { after: 7_000 });
  assert.deepEqual(plain(verdict(429, { refusal: 'too_many_requests', message: '' }, '20')), { after: 20_000 });
  assert.deepEqual(plain(verdict(503, busy, 'Wed, 21 Oct 2026 07:28:00 GMT')), { after: 0 });
  for (const status of [408, 412, 425, 500, 502, 504]) assert.deepEqual(plain(verdict(status, busy, null)), { after: 0 });
});

test('each question has one vote on its way, and questions do not wait for each other', () => {
  assert.deepEqual(order([vote('1', 'a', true, 1), vote('2', 'b', true, 1), ask('3'), ask('4')]), [['1', '2', '3', '4'], []]);
  assert.deepEqual(order([vote('1', 'a', true, 1), vote('2', 'a', false, 0)]), [['1'], []]);
});

test('a vote that was never sent is overtaken by a later one', () => {
  assert.deepEqual(order([vote('1', 'a', true, 0), vote('2', 'a', false, 0)]), [['2'], ['1']]);
  assert.deepEqual(order([vote('1', 'a', true, 1), vote('2', 'a', false, 0), vote('3', 'a', true, 0)]), [['1'], ['2', '3']]);
  const [heads, overtaken] = order([vote('1', 'a', true, 2), vote('2', 'a', true, 0), vote('3', 'a', false, 0)]);
  assert.deepEqual([heads, overtaken], [['1'], ['2']], 'one that may have arrived is settled first');
});

test('pauses grow to a minute and are spread', () => {
  const { pause } = outbox();
  for (const [tries, longest] of [[0, 1_000], [1, 1_000], [2, 2_000], [6, 32_000], [7, 60_000], [1_000, 60_000]]) {
    for (let again = 0; again < 50; again += 1) {
      const ms = pause(tries);
      assert.ok(ms >= longest / 2 && ms <= longest, `${tries}: ${ms}`);
    }
  }
});
