// WebKit: what others do to a page, what is kept on the device, tabs, scrolling, bad networks. The other engines are tried
// by the files of these names; WebKit has a driver of its own.

import { Person } from '../support/api';
import { HoldingProxy } from '../support/holding';
import { Network } from '../support/network';
import { askMany, UNLIMITED } from '../support/seed';
import { TAMPERINGS } from '../support/tamperings';
import { expect, serverForThisFile, test as base } from '../support/test';
import { WebKitDriver, type WebKitPage } from '../support/webkit';

const server = serverForThisFile({ demo: true, heartbeatS: 2, flags: UNLIMITED });

let driver: WebKitDriver;
base.beforeAll(async () => {
  driver = await WebKitDriver.start();
});
base.afterAll(() => driver?.stop());

interface Scene {
  /** Somebody whose way to the server is this proxy. */
  anna: WebKitPage;
  office: HoldingProxy;
  crowd: Person;
}

const test = base.extend<Scene>({
  office: async ({}, use) => {
    const office = await HoldingProxy.before(server.it.listensOn);
    await use(office);
    await office.close();
  },
  anna: async ({ office }, use) => {
    const anna = await driver.arrive(office.url);
    await use(anna);
    await anna.leave();
  },
  crowd: async ({}, use) => use(await Person.participant(server.it.url)),
});

// The driver is not a quick one: each look at the page takes it some tenths of a second.
test.describe.configure({ timeout: 120_000 });

const VOTE = '.vote__btn';
const COUNT = '.vote__count';

/** Votes, asks, and sees what others do. */
async function works(anna: WebKitPage, kept: string, crowd: Person): Promise<void> {
  await anna.press(VOTE, kept);
  await anna.says(kept, VOTE, 'true');
  await anna.says(kept, COUNT, '1');
  await expect.poll(async () => (await crowd.find(kept))?.upvotes, 'the server has it').toBe(1);
  await (await Person.participant(server.it.url)).vote((await crowd.find(kept))?.id ?? '');
  await anna.says(kept, COUNT, '2');
  const { body } = await crowd.ask(`Is this seen beside "${kept}"?`);
  await anna.says(body, 'h3', body);
  const mine = `Is this mine beside "${kept}"?`;
  await anna.type('#ask-question', mine);
  await anna.press('.composer button[type=submit]');
  await anna.says(mine, 'h3', mine);
  await anna.live();
}

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  test(`${name}, before the program starts`, async ({ anna, crowd, office }) => {
    const kept = `Before: ${name}?`;
    await crowd.ask(kept);
    office.holdProgram();
    await anna.goto('/?sort=newest');
    await anna.run(tamper, kept);
    office.releaseProgram();
    await anna.live();
    await works(anna, kept, crowd);
  });

  test(`${name}, while the program runs`, async ({ anna, crowd }) => {
    const kept = `Later: ${name}?`;
    await crowd.ask(kept);
    await anna.enter('/?sort=newest');
    await anna.run(tamper, kept);
    await works(anna, kept, crowd);
  });
}

test('what was typed outlives a reload and leaving the page, until it is sent', async ({ anna }) => {
  const typed = () => (document.querySelector('#ask-question') as HTMLTextAreaElement | null)?.value ?? '-';
  await anna.enter('/?sort=newest');
  await anna.type('#ask-question', 'Is this still here?');
  await anna.reload();
  await anna.live();
  await anna.until('Is this still here?', 'the draft', typed);
  await anna.enter('/t/acme');
  await anna.until('', 'another workspace', typed);
  await anna.back();
  await anna.live();
  await anna.until('Is this still here?', 'the draft', typed);
  await anna.press('.composer button[type=submit]');
  await anna.says('Is this still here?', 'h3', 'Is this still here?');
  await anna.reload();
  await anna.live();
  await anna.until('', 'it was sent', typed);
});

test('tabs share what they hear and what one votes; another goes on when one closes', async ({ anna, crowd }) => {
  const { body } = await crowd.ask('Do all tabs of this engine hear me?');
  const first = await anna.tab();
  await anna.enter('/?sort=newest');
  const second = await anna.newTab();
  await anna.enter('/?sort=newest');
  await anna.press(VOTE, body);
  await anna.says(body, VOTE, 'true');
  await anna.switchTo(first);
  await anna.says(body, VOTE, 'true');
  await anna.says(body, COUNT, '1');
  // The first has the stream.
  await anna.closeTab();
  await anna.switchTo(second);
  const later = await crowd.ask('And after one of them closed?');
  await anna.says(later.body, 'h3', later.body);
  await anna.live();
});

test('where no stream comes through the page asks, and says so', async ({ anna, crowd, office }) => {
  office.holding = 'everything';
  await anna.goto('/?sort=newest');
  await anna.badge('Updates every few seconds');
  const { body } = await crowd.ask('Does this arrive without a stream?');
  await anna.says(body, 'h3', body);
});

test('a vote from a dead spot is kept, and sent once there is a network', async ({ crowd }) => {
  const network = await Network.before(server.it.listensOn);
  const anna = await driver.arrive(network.url);
  try {
    const { body } = await crowd.ask('Can you vote from there?');
    await anna.enter('/?sort=newest');
    await anna.until(true, 'the outbox is at hand', () => 'outbox' in ((window as unknown as { keeper?: object }).keeper ?? {}));
    network.cut();
    await anna.press(VOTE, body);
    await anna.says(body, COUNT, '1');
    await anna.until(true, 'it waits', () => document.querySelector('#outbox')?.textContent?.includes('Waiting to be sent') ?? false);
    network.mend();
    await expect.poll(async () => (await crowd.find(body))?.upvotes, { timeout: 25_000 }).toBe(1);
    await anna.says(body, COUNT, '1');
  } finally {
    await anna.leave();
    await network.close();
  }
});

test('few rows of a large board are drawn, all are met, and the keyboard keeps its place', async ({ anna }) => {
  test.slow();
  const count = 180;
  await askMany(server.it, count, (n) => `How many rows are there besides number ${n}?`);
  await anna.enter('/?sort=newest');
  const met = new Set<string>();
  const drawn = () => [...document.querySelectorAll('#rows > li h3')].map((head) => head.textContent ?? '');
  await expect(async () => {
    await anna.run(() => scrollBy(0, 1_500));
    const now = await anna.run(drawn);
    expect(now.length).toBeLessThanOrEqual(150);
    for (const text of now) met.add(text);
    expect([...met].filter((text) => text.startsWith('How many rows')).length).toBe(count);
  }).toPass({ timeout: 30_000, intervals: [50] });
  await anna.run(() => scrollTo(0, 0));
  await anna.until('1', 'the first row is drawn again', () => document.querySelector('#rows > li')?.getAttribute('aria-posinset') ?? '-');
  const place = () => document.activeElement?.closest('li')?.getAttribute('aria-posinset') ?? '-';
  await anna.run(() => {
    const rows = [...document.querySelectorAll<HTMLButtonElement>('#rows > li .vote button')];
    rows.at(-1)?.focus();
  });
  const before = await anna.run(place);
  const last = (from: number) => Number(document.querySelector('#rows > li:last-of-type')?.getAttribute('aria-posinset')) > from;
  await anna.until(true, 'rows come below', last, Number(before));
  expect(await anna.run(place)).toBe(before);
});
