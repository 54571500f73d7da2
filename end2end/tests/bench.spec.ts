// How the questions page does on a phone: CPU four times slower, 1.6 Mbit/s with 150 ms there and back. Run by
// `scripts/bench page`, which names the file for the figures (BENCH_FIGURES); each line is a name, a tab, and a number.

import { appendFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';

import type { Person } from '../support/api';
import { askMany, UNLIMITED } from '../support/seed';
import { Server } from '../support/server';
import { expect, test } from '../support/test';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const SLOWER = 4;
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) | 0, uploadThroughput: (0.75e6 / 8) | 0 };
/** Minutes of the run in which the number of nodes is watched. */
const MINUTES = Number(process.env.BENCH_MINUTES ?? 10);
function figure(name: string, value: number): void {
  const file = process.env.BENCH_FIGURES;
  if (file === undefined) throw new Error('BENCH_FIGURES names no file');
  appendFileSync(file, `${name}\t${Math.round(value * 1000) / 1000}\n`);
}

/** A server whose first team has so many questions. */
async function withQuestions(count: number): Promise<{ server: Server; crowd: Person[]; ids: string[] }> {
  const server = await Server.start({ flags: UNLIMITED });
  const words = (n: number) => `Question ${n}: when will the plan for the coming year be told to everybody who has to work with it?`;
  return { server, ...(await askMany(server, count, words)) };
}

/** What is watched in the page from its first moment. */
function watch(): void {
  const seen = { tasks: 0, shift: 0, alive: 0, events: [] as number[], memory: undefined as WebAssembly.Memory | undefined };
  Object.assign(window, { seen });
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.tasks = Math.max(seen.tasks, task.duration);
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!shift.hadRecentInput) seen.shift += shift.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const event of list.getEntries() as (PerformanceEntry & { interactionId: number })[]) {
      if (event.interactionId > 0) seen.events.push(event.duration);
    }
  }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
  // The program is alive when it takes the form's event over; until then nothing is sent by such an event.
  const presses = setInterval(() => {
    const form = document.querySelector('#list .vote:has(.vote__btn[aria-pressed="false"])');
    if (!form || form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))) return;
    seen.alive = performance.now();
    clearInterval(presses);
  }, 25);
  for (const name of ['instantiate', 'instantiateStreaming'] as const) {
    const before = WebAssembly[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(WebAssembly, {
      [name]: async (...args: unknown[]) => {
        const made = (await before.apply(WebAssembly, args)) as WebAssembly.WebAssemblyInstantiatedSource & WebAssembly.Instance;
        seen.memory ??= (made.instance ?? made).exports.memory as WebAssembly.Memory;
        return made;
      },
    });
  }
}

interface Seen {
  tasks: number;
  shift: number;
  alive: number;
  events: number[];
  memory?: WebAssembly.Memory;
}

const seen = (page: Page) =>
  page.evaluate(() => {
    const { memory, ...rest } = (window as unknown as { seen: Seen }).seen;
    return { ...rest, memory: memory?.buffer.byteLength ?? 0 };
  });

async function slowed(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', NETWORK);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  return cdp;
}

/** Opens the page and waits until the vote that is pressed as soon as it can be is counted; milliseconds from the start. */
async function opened(page: Page, url: string): Promise<number> {
  const counted = page.waitForResponse((response) => response.url().includes('/api/fn/set_vote') && response.ok(), { timeout: 120_000 });
  await page.goto(url, { waitUntil: 'commit', timeout: 120_000 });
  await counted;
  return page.evaluate(() => performance.now());
}

for (const count of [60, 1000]) {
  test(`a phone opens ${count} questions`, { tag: '@bench' }, async ({ browser }) => {
    test.setTimeout(600_000);
    const { server } = await withQuestions(count);
    const [cold, warm, tasks, shifts, presses] = [[], [], [], [], []] as number[][];
    for (let round = 0; round < 3; round += 1) {
      const context = await browser.newContext(PHONE);
      for (const times of [cold, warm]) {
        const page = await context.newPage();
        await page.addInitScript(watch);
        await slowed(page);
        times?.push(await opened(page, `${server.url}/?sort=newest`));
        const first = await seen(page);
        if (times === cold) {
          tasks?.push(first.tasks);
          shifts?.push(first.shift);
        } else {
          for (let n = 2; n <= 9; n += 1) {
            await page.locator('#list .vote__btn').nth(n).tap();
            await page.waitForTimeout(300);
          }
          presses?.push(Math.max(...(await seen(page)).events.slice(-24)));
          figure(`memory_mib_${count}`, (await seen(page)).memory / 2 ** 20);
        }
        await page.close();
      }
      await context.close();
    }
    const median = (values: number[] = []) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
    figure(`cold_s_${count}`, median(cold) / 1000);
    figure(`warm_s_${count}`, median(warm) / 1000);
    figure(`longest_task_ms_${count}`, median(tasks));
    figure(`layout_shift_${count}`, median(shifts));
    figure(`vote_to_paint_ms_${count}`, median(presses));
    await server.stop();
  });
}

test('a phone draws 1,000 questions while fifty counts a second come', { tag: '@bench' }, async ({ browser }) => {
  test.setTimeout(300_000);
  const { server, crowd, ids } = await withQuestions(1000);
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page.locator('header .badge').getByRole('status')).toHaveText('Live', { timeout: 60_000 });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const until = Date.now() + 12_000;
  const votes = voting(crowd, ids, 50, until);
  await page.waitForTimeout(1_000);
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const [began, times] = [performance.now(), { frames: 0 }];
        const frame = () => {
          times.frames += 1;
          if (performance.now() - began < 10_000) requestAnimationFrame(frame);
          else resolve((times.frames * 1000) / (performance.now() - began));
        };
        requestAnimationFrame(frame);
      }),
  );
  await votes;
  figure('frames_a_second', frames);
  await context.close();
  await server.stop();
});

/** So many votes a second, of everybody in turn, each a vote or one taken back. */
async function voting(crowd: Person[], ids: string[], aSecond: number, until: number): Promise<void> {
  for (let n = 0; Date.now() < until; n += 1) {
    const next = Date.now() + 1000 / aSecond;
    // Nobody votes for their own: those were asked by turns.
    const [person, question] = [crowd[(n * 7 + 3) % crowd.length], ids[(n * 13) % ids.length]];
    void person?.call('set_vote', { question: question ?? '', up: String(Math.floor(n / ids.length) % 2 === 0) }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
  }
}

test('the number of nodes stays while people vote and ask', { tag: '@bench' }, async ({ browser }) => {
  test.setTimeout((MINUTES + 5) * 60_000);
  const { server, crowd, ids } = await withQuestions(60);
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page.locator('header .badge').getByRole('status')).toHaveText('Live', { timeout: 60_000 });
  const cdp = await page.context().newCDPSession(page);
  const nodes = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Memory.getDOMCounters')).nodes;
  };
  const { board } = await (crowd[0] as Person).board();
  const team = board.teams[0]?.id ?? '';
  const run = async (minutes: number) => {
    const until = Date.now() + minutes * 60_000;
    const votes = voting(crowd, ids, 10, until);
    for (let n = 0; Date.now() < until; n += 1) {
      const asked = crowd[n % crowd.length]?.call<{ id: string }>('ask', { team, question: `Asked meanwhile, number ${n} at ${Date.now()}?` });
      ids.push((await asked)?.id ?? '');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await votes;
  };
  // The first minute fills the window.
  await run(1);
  const before = await nodes();
  await run(MINUTES);
  const after = await nodes();
  figure('nodes_before', before);
  figure('nodes_after', after);
  await context.close();
  await server.stop();
});
