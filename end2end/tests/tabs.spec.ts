// Tabs of one browser share one stream: all are live though the browser has six connections, another tab takes over from
// one that closes, freezes or hangs, and what one votes shows in all of them.

import type { Page } from '@playwright/test';

import { Person } from '../support/api';
import { Room } from '../support/room';
import { NETWORK_NOTES, type Visitor, signInUnseen } from '../support/visitor';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 2 });

/** A page of somebody who has several. */
const tab = async (visitor: Visitor, path = '/?sort=newest'): Promise<Room> => {
  const page = await visitor.context.newPage();
  await page.goto(path);
  return new Room(page);
};

/** Opens so many tabs, each live. */
const tabs = async (visitor: Visitor, count: number): Promise<Room[]> => {
  await visitor.enter('/?sort=newest');
  const rooms = [visitor.room];
  while (rooms.length < count) {
    const room = await tab(visitor);
    await room.live();
    rooms.push(room);
  }
  return rooms;
};

/** The streams of tabs that are open. */
const streams = (visitor: Visitor) => [...visitor.streams].filter((stream) => !stream.frame().page().isClosed());

/** Waits until all tabs together have one stream, by the browser's account and by the server's. */
const oneStream = async (visitor: Visitor) => {
  await expect.poll(() => [streams(visitor).length, server.it.openStreams()], { timeout: 10_000 }).toEqual([1, 1]);
};

/** The tab that has the stream. */
const leader = async (visitor: Visitor, rooms: Room[]): Promise<Room> => {
  await oneStream(visitor);
  const [stream] = streams(visitor);
  const found = rooms.find((room) => room.page === stream?.frame().page());
  if (found === undefined) throw new Error('the stream is in no tab');
  return found;
};

const freeze = async (page: Page, state: 'frozen' | 'active') => {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state });
};

/** Everybody sees this question, once. */
const shows = async (rooms: Room[], question: string, timeout = 5_000) => {
  for (const room of rooms) await expect(room.card(question).locator).toHaveCount(1, { timeout });
};

test('nine tabs are live within two seconds each, by one stream', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url);
  const rooms: Room[] = [];
  for (let n = 0; n < 9; n += 1) {
    const page = n === 0 ? anna.page : await anna.context.newPage();
    const room = new Room(page);
    await page.goto('/?sort=newest');
    // From when the page has loaded: the time that a debug build takes to compile is not the network's.
    await page.waitForFunction(() => document.readyState === 'complete');
    await room.live(2_000);
    rooms.push(room);
  }
  await oneStream(anna);
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Do nine tabs hear me?');
  await shows(rooms, body);
  for (const room of rooms) await room.live();
  await oneStream(anna);
});

test('when the tab with the stream closes another one has it, and nothing is missed', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url);
  let rooms = await tabs(anna, 4);
  const crowd = await Person.participant(server.it.url);
  for (const n of [1, 2, 3]) {
    const leading = await leader(anna, rooms);
    rooms = rooms.filter((room) => room !== leading);
    const before = await crowd.ask(`Asked before closing, ${'abc'[n - 1]}?`);
    await leading.page.close();
    const after = await crowd.ask(`Asked after closing, ${'abc'[n - 1]}?`);
    await shows(rooms, before.body);
    await shows(rooms, after.body);
    for (const room of rooms) await room.live();
  }
  await oneStream(anna);
});

/** What may happen to the tab that has the stream; what is answered ends it. */
const MISHAPS: Record<string, (page: Page) => Promise<() => Promise<void>>> = {
  'is frozen': async (page) => {
    await freeze(page, 'frozen');
    return () => freeze(page, 'active');
  },
  // It hears nothing and says nothing, and nobody has told it that it would.
  hangs: async (page) => {
    const hung = page.evaluate(() => {
      const end = Date.now() + 12_000;
      while (Date.now() < end);
    });
    return () => hung;
  },
};

for (const [what, mishap] of Object.entries(MISHAPS)) {
  test(`when the tab with the stream ${what} another one has it; afterwards it follows`, async ({ arrive, browserName }) => {
    test.skip(what === 'is frozen' && browserName !== 'chromium', 'only Chromium freezes a tab when it is told to');
    test.slow();
    const anna = await arrive(server.it.url);
    const rooms = await tabs(anna, 3);
    const crowd = await Person.participant(server.it.url);
    const leading = await leader(anna, rooms);
    const others = rooms.filter((room) => room !== leading);
    const end = await mishap(leading.page);
    const { body } = await crowd.ask(`Asked while a tab ${what}?`);
    await shows(others, body, 10_000);
    for (const room of others) await room.live();
    await end();
    await shows(rooms, body);
    await leading.live();
    await oneStream(anna);
  });
}

test('own votes show in every tab', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url);
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Do I see my vote everywhere?');
  const rooms = await tabs(anna, 3);
  for (const pressed of ['true', 'false']) {
    const [voting, ...others] = pressed === 'true' ? rooms : [...rooms].reverse();
    await voting?.card(body).vote.click();
    for (const room of others) {
      await expect(room.card(body).vote).toHaveAttribute('aria-pressed', pressed, { timeout: 1_000 });
      await expect(room.card(body).votes).toHaveText(pressed === 'true' ? '1' : '0');
    }
  }
});

test('whoever signs in is told what staff are told, and guests are not', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url);
  // What a page hears of other tabs and of the server.
  await anna.context.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const add = EventTarget.prototype.addEventListener;
    EventTarget.prototype.addEventListener = function (this: EventTarget, kind: string, act, options) {
      const isWire = this instanceof EventSource || this instanceof BroadcastChannel;
      if (isWire && kind === 'message') add.call(this, kind, (event) => heard.push(String((event as MessageEvent).data)));
      add.call(this, kind, act, options);
    };
  });
  const hears = (room: Room, text: string) =>
    room.page.evaluate((part) => (window as unknown as { heard: string[] }).heard.some((one) => one.includes(part)), text);
  const guests = await tabs(anna, 2);
  const moderator = await Person.moderator(server.it.url, await server.it.newLink('moderator'));
  const first = await moderator.ask('Starred while nobody is signed in?');
  await shows(guests, first.body);
  await moderator.call('star', { question: first.id, on: 'true' });
  const second = await moderator.ask('Asked after the star?');
  await shows(guests, second.body);
  for (const room of guests) expect(await hears(room, 'question:moderated')).toBe(false);

  await signInUnseen(anna.page, await server.it.newLink('moderator'));
  const staff = await tab(anna, '/admin');
  await staff.live(10_000);
  await moderator.call('star', { question: second.id, on: 'true' });
  await expect.poll(() => hears(staff, 'question:moderated'), { timeout: 10_000 }).toBe(true);
  await oneStream(anna);
});

test('after a crash of the server all tabs come back by one stream', async ({ arrive }) => {
  test.slow();
  const anna = await arrive(server.it.url, { tolerate: [NETWORK_NOTES] });
  const rooms = await tabs(anna, 3);
  await server.it.kill();
  for (const room of rooms) await expect(room.badge).toHaveText('Reconnecting', { timeout: 10_000 });
  await server.it.restart();
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Is everybody back?');
  await shows(rooms, body, 20_000);
  for (const room of rooms) await room.live(15_000);
  // A server that was killed did not say that its streams had ended.
  await expect.poll(() => streams(anna).length).toBe(1);
});
