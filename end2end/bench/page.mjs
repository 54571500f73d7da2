// The running page under load, as a phone has it: frames, votes, long tasks, nodes and memory. Prints one line of JSON.
//
//   node bench/page.mjs URL QUESTIONS [COUNTS_A_SECOND] [SECONDS]
//
// URL is a server without limits (docs/LIMITS.md) whose board has no questions, or as many as asked for. The questions
// are made here, the counts are votes of others. CHROMIUM names the browser; the CPU is slowed four times.

import { chromium } from '@playwright/test';

const [url, count = '1000', rate = '50', seconds = '10'] = process.argv.slice(2);
if (url === undefined) {
  console.error('node bench/page.mjs URL [QUESTIONS] [COUNTS_A_SECOND] [SECONDS]');
  process.exit(2);
}
const [questions, votesASecond, lasting] = [Number(count), Number(rate), Number(seconds) * 1_000];
const SLOWER = 4;

/** A visitor without a browser. */
async function participant() {
  const page = await fetch(url);
  const cookie = page.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const call = (name, fields) =>
    fetch(`${url}/api/fn/${name}`, {
      method: 'POST',
      headers: { cookie, origin: url, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ tenant: 'default', ...fields }),
    }).then(async (answer) => {
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    });
  const board = () => fetch(`${url}/api/fn/load_board?tenant=default`, { headers: { cookie } }).then((answer) => answer.json());
  return { call, board };
}

const asker = await participant();
let { board } = await asker.board();
const team = board.teams[0].id;
for (let n = Object.keys(board.questions).length; n < questions; n += 1) {
  await asker.call('ask', { team, question: `What will be done about number ${n}, and who will tell us about it before the summer begins?` });
}
({ board } = await asker.board());
const ids = Object.keys(board.questions);

const voters = await Promise.all(Array.from({ length: 20 }, participant));
const up = new Map();
/** One vote of others: for a question at random, or taken back. */
function vote() {
  const voter = Math.floor(Math.random() * voters.length);
  const question = ids[Math.floor(Math.random() * ids.length)];
  const key = `${voter} ${question}`;
  up.set(key, !up.get(key));
  return voters[voter].call('set_vote', { question, up: String(up.get(key)) }).catch((error) => console.error(String(error)));
}

/** Votes at the wanted rate, for so long. */
async function crowd(ms) {
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < ms) {
    while (sent < ((Date.now() - began) * votesASecond) / 1_000) {
      sent += 1;
      void vote();
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  return sent;
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--enable-precise-memory-info'] });
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true });
const page = await context.newPage();
const devtools = await context.newCDPSession(page);
await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
await devtools.send('Performance.enable');
const metric = async (name) => {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Performance.getMetrics')).metrics.find((metric) => metric.name === name)?.value;
};
await page.addInitScript(() => {
  window.figures = { longest: 0, shift: 0, memory: undefined };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.figures.longest = Math.max(window.figures.longest, entry.duration);
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.figures.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  // The program's memory, found as it is made.
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const before = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await before.apply(WebAssembly, given);
      const memory = (made.instance ?? made).exports.memory;
      if (memory !== undefined) window.figures.memory = memory;
      return made;
    };
  }
});
await page.goto(url);
await page.locator('header .badge').getByText(/^Live$/).waitFor({ timeout: 120_000 });
// Long enough for what is loaded after the first vote could be cast.
await page.waitForTimeout(8_000);
const figures = () => page.evaluate(() => ({ longest: window.figures.longest, shift: window.figures.shift, wasm: window.figures.memory?.buffer.byteLength }));
const start = await figures();
const nodes = await metric('Nodes');

/** Presses the vote button of one of the first cards, and says how long it took until that was painted. */
const voteToPaint = (n) =>
  page.evaluate(
    (n) =>
      new Promise((done) => {
        const button = document.querySelectorAll('#list article .vote__btn:not([disabled])')[n];
        const began = performance.now();
        button.click();
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => done(performance.now() - began);
          channel.port2.postMessage(0);
        });
      }),
    n,
  );
const votes = [];
for (let n = 0; n < 7; n += 1) {
  votes.push(await voteToPaint(n));
  await page.waitForTimeout(400);
}
votes.sort((a, b) => a - b);

const frames = page.evaluate(
  (ms) =>
    new Promise((done) => {
      const began = performance.now();
      let count = 0;
      const next = (now) => (now - began < ms ? (count++, requestAnimationFrame(next)) : done((count * 1_000) / (now - began)));
      requestAnimationFrame(next);
    }),
  lasting,
);
const sent = await crowd(lasting);
const result = {
  questions: ids.length,
  countsASecond: Math.round((sent * 1_000) / lasting),
  framesASecond: Math.round((await frames) * 10) / 10,
  voteToPaintMs: { median: Math.round(votes[3]), worst: Math.round(votes[6]) },
  longestTaskAtStartMs: Math.round(start.longest),
  layoutShift: Math.round(start.shift * 1_000) / 1_000,
  wasmMemoryMb: start.wasm === undefined ? undefined : Math.round((start.wasm / 1_048_576) * 10) / 10,
  rows: await page.locator('#list article').count(),
  nodes: { before: nodes, after: await metric('Nodes') },
};
console.log(JSON.stringify(result));
await browser.close();
