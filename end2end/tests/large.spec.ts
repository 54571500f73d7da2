// A board that is too large to be loaded as a whole: the server has it by rows, and a page works as on a small one.

import type { Locator, Page, Request } from '@playwright/test';

import { Person, type Question } from '../support/api';
import { LOOKS, violations, wear } from '../support/axe';
import { askMany, UNLIMITED } from '../support/seed';
import { expect, serverForThisFile, test } from '../support/test';
import type { Visitor } from '../support/visitor';

const COUNT = 2_100;
/** Rows are asked for again some seconds after a change. */
const REFRESHED = { timeout: 15_000 };

const server = serverForThisFile({ flags: UNLIMITED, heartbeatS: 2 });

/** Words by which a search finds one question alone. */
const NAMES = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'junco'];
const words = (n: number) => `Number ${n}, what about ${NAMES[n % 10]}${NAMES[((n / 10) | 0) % 10]}${NAMES[((n / 100) | 0) % 10]} ${NAMES[(n / 1000) | 0]}?`;

let crowd: Person[] = [];
/** What was asked, oldest first. */
let asked: Question[] = [];
const place = ({ createdAt, id }: Question) => `${createdAt} ${id}`;
const body = (n: number) => asked[n]?.body ?? '?';
const id = (n: number) => asked[n]?.id ?? '';
/** A word that one question alone has. */
const word = (n: number) => /about (\w+)/.exec(body(n))?.[1] ?? '';

test.beforeAll(async () => {
  test.setTimeout(120_000);
  ({ crowd } = await askMany(server.it, COUNT, words));
  asked = Object.values((await (crowd[0] as Person).board()).board.questions).sort((a, b) => (place(a) < place(b) ? -1 : 1));
});

/** What the page loads of the board; nothing of it may be all of it. */
function loads(anna: Visitor): Request[] {
  const requests: Request[] = [];
  anna.page.on('request', (request) => {
    if (/\/api\/(board|rows|fn\/load_board)\b/.test(request.url())) requests.push(request);
  });
  return requests;
}

/** Nothing was so large that it could be the whole board. */
async function areSmall(requests: Request[]): Promise<void> {
  for (const request of requests) {
    const answer = await request.response();
    expect(answer?.status(), request.url()).toBe(200);
    expect((await answer?.body())?.length, request.url()).toBeLessThan(250_000);
  }
}

const rows = (page: Page): Locator => page.locator('#rows > li');
const texts = (page: Page) => page.locator('#rows > li article h3').allTextContents();

async function scroll(page: Page, by: number, until: () => Promise<boolean>): Promise<void> {
  await page.mouse.move(200, 300);
  await expect(async () => {
    await page.mouse.wheel(0, by);
    expect(await until()).toBe(true);
  }).toPass({ timeout: 30_000, intervals: [50] });
}

test('the page has some rows and all counts, and whoever scrolls gets on', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  const requests = loads(anna);
  const { page, room } = await anna.enter('/?sort=oldest');
  expect(await room.count('Open')).toBe(COUNT);
  await scroll(page, 3_000, async () => (await texts(page)).includes(body(320)));
  const all = await texts(page);
  expect(new Set(all).size).toBe(all.length);
  const first = asked.findIndex((question) => question.body === all[0]);
  expect(all, 'none is left out').toEqual(asked.slice(first, first + all.length).map((question) => question.body));
  expect(await rows(page).count()).toBeLessThanOrEqual(150);
  await expect(rows(page).first()).toHaveAttribute('aria-setsize', String(COUNT));
  expect(requests.filter((request) => !request.url().includes('/api/rows'))).toEqual([]);
  await areSmall(requests);
});

test('a vote for a question that a search found is counted, and follows the stream', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const far = body(1_777);
  await page.getByRole('searchbox').fill(word(1_777));
  const card = room.card(far);
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect(card.votes).toHaveText('1');
  await crowd[0]?.vote(id(1_777));
  await expect(card.votes).toHaveText('2');
  await card.thought();
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'false');
  await expect(card.votes).toHaveText('1');
  await crowd[0]?.vote(id(1_777), false);
  await expect(card.votes).toHaveText('0');
});

test('a vote for a similar question that is shown while one writes is counted', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  await room.composer.fill(body(1_888));
  const similar = page.getByRole('region', { name: 'Similar questions' }).getByRole('listitem').filter({ hasText: body(1_888) });
  const vote = similar.getByRole('button', { name: /^Upvote/ });
  await vote.click();
  await expect(vote).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await crowd[0]?.find(body(1_888)))?.upvotes).toBe(1);
});

test('a page found by its address alone has what it searches for, and its votes', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter(`/?sort=oldest&find=${word(1_666)}`);
  const card = room.card(body(1_666));
  await card.vote.click();
  await expect(card.votes).toHaveText('1');
  await page.getByRole('link', { name: 'Show all questions' }).click();
  await expect(room.card(body(0)).locator).toBeVisible();
});

test('a link to a question leads to it, and whoever reads on is not thrown back', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  const requests = loads(anna);
  const { page, room } = await anna.enter(`/?sort=oldest#q-${id(1_500)}`);
  await expect(room.card(body(1_500)).locator).toBeInViewport(REFRESHED);
  await scroll(page, 3_000, async () => (await texts(page)).includes(body(1_790)));
  await expect(room.card(body(1_500)).locator).toHaveCount(0);
  // Other rows were loaded meanwhile; none of them leads back.
  await scroll(page, 1_500, async () => (await texts(page)).includes(body(1_990)));
  await page.evaluate((named) => (location.hash = `#q-${named}`), id(40));
  await expect(room.card(body(40)).locator).toBeInViewport(REFRESHED);
  await scroll(page, -2_000, () => page.evaluate(() => scrollY === 0));
  await expect(room.card(body(0)).locator).toBeInViewport();
  await areSmall(requests);
});

test('a link to a question that is not there leaves the reader where they are, and asks once', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  const { page, room } = await anna.enter('/?sort=oldest');
  const requests = loads(anna);
  await page.evaluate(() => (location.hash = '#q-01900000-0000-7000-8000-000000000000'));
  await expect.poll(() => requests.length).toBe(1);
  await (await requests[0]?.response())?.finished();
  // The round of the page's own, in which it would ask again.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
  expect(requests.length).toBe(1);
  await expect(room.card(body(0)).locator).toBeInViewport();
});

test('a board that has to be loaded again is loaded by its rows, where the reader is', async ({ arrive }) => {
  const owner = await Person.moderator(server.it.url, await server.it.newLink('owner'));
  const team = await owner.call<{ id: string }>('create_team', { name: 'Passing' });
  await owner.call('archive_team', { team: team.id });
  const anna = await arrive(server.it.url);
  const { page, room } = await anna.enter('/?sort=oldest');
  await scroll(page, 3_000, async () => (await texts(page)).includes(body(210)));
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(3_000);
  const [seen = ''] = await page.locator('#rows > li article h3').evaluateAll((heads) =>
    heads.filter((head) => head.getBoundingClientRect().top > 0).map((head) => head.textContent ?? ''),
  );
  const requests = loads(anna);
  await owner.call('restore_team', { team: team.id });
  await expect.poll(() => requests.filter((request) => request.url().includes('load_board')).length, REFRESHED).toBe(1);
  await expect(room.composerTeam.getByRole('option', { name: 'Passing' })).toBeAttached(REFRESHED);
  await room.live();
  await expect(room.card(seen).locator).toBeInViewport();
  expect(await room.count('Open')).toBe(COUNT);
  const late = await (crowd[0] as Person).ask('Is it followed still?');
  await expect.poll(() => room.count('Open')).toBe(COUNT + 1);
  await owner.call('decline', { question: late.id, reason: 'A test' });
  await expect.poll(() => room.count('Open'), REFRESHED).toBe(COUNT);
  await areSmall(requests);
});

test('counts stay right whatever happens to questions that the page does not have', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const moderator = await Person.moderator(server.it.url, await server.it.newLink('owner'));
  await moderator.answer(id(2_000), 'Yes.');
  await expect.poll(() => room.count('Answered'), REFRESHED).toBe(1);
  await expect.poll(() => room.count('Open'), REFRESHED).toBe(COUNT - 1);
  await moderator.mark('pin', id(1_999));
  await page.mouse.move(2, 2);
  await expect(rows(page).first()).toContainText(body(1_999), REFRESHED);
  await expect(rows(page).nth(1)).toContainText(body(0));
  await moderator.mark('unpin', id(1_999));
  await expect(rows(page).first()).toContainText(body(0), REFRESHED);
  await room.tab('Answered').click();
  await expect(room.card(body(2_000)).answer).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
});

test('a moderator who answers the rows of a page gets the next ones', async ({ arrive }) => {
  const moderator = await arrive(server.it.url);
  await moderator.signIn(await server.it.newLink('owner'));
  await moderator.enter('/admin?sort=oldest');
  const { page, room } = moderator;
  const by = await Person.moderator(server.it.url, await server.it.newLink('owner'));
  await room.card(body(0)).writeAnswer('Yes.');
  await expect(room.card(body(0)).locator).toHaveCount(0, REFRESHED);
  await room.card(body(3)).act('Pin').click();
  await page.mouse.move(2, 2);
  await expect(rows(page).first()).toContainText(body(3));
  await by.mark('unpin', id(3));
  for (let n = 1; n < 40; n += 1) if (n !== 3) await by.answer(id(n), 'Yes.');
  await expect(rows(page).nth(1)).toContainText(body(40), REFRESHED);
  // What follows is loaded where the others went.
  await expect(rows(page).nth(20)).toContainText(body(59), REFRESHED);
});

test('what was chosen last is shown, whatever arrives last', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const held: Array<() => void> = [];
  await page.route(/\/api\/rows\?/, async (route) => {
    const answer = await route.fetch();
    await new Promise<void>((resolve) => held.push(resolve));
    await route.fulfill({ response: answer });
  });
  await room.sortBy('Newest');
  await expect.poll(() => held.length).toBe(1);
  await room.sortBy('Most votes');
  held[0]?.();
  await expect.poll(() => held.length).toBe(2);
  expect(await texts(page), 'what is not wanted any more is not drawn').not.toContain(body(COUNT - 1));
  held[1]?.();
  await expect(page).toHaveURL('/');
  const [most] = Object.values((await (crowd[0] as Person).board()).board.questions).filter(({ status }) => status === 'OPEN').sort((a, b) => b.upvotes - a.upvotes || (place(a) < place(b) ? 1 : -1));
  await expect(rows(page).first()).toContainText(most?.body ?? '?');
  // Back to what is here while something else is on its way: nothing else comes of it.
  await room.sortBy('Newest');
  await expect.poll(() => held.length).toBe(3);
  await room.sortBy('Most votes');
  held[2]?.();
  await expect(page).toHaveURL('/');
  await expect(rows(page).first()).toContainText(most?.body ?? '?');
});

test('one’s own question is counted, is known as one’s own, and is found where it stands', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?sort=oldest');
  const before = await room.count('Open');
  await room.ask('Where does mine stand?');
  await expect(room.toasts).toContainText('Your question was sent.');
  await expect.poll(() => room.count('Open')).toBe(before + 1);
  const mine = await crowd[0]?.find('Where does mine stand?');
  await page.evaluate((named) => (location.hash = `#q-${named}`), mine?.id);
  const card = room.card('Where does mine stand?');
  await expect(card.locator).toBeInViewport(REFRESHED);
  await expect(card.vote).toBeDisabled();
});

test('a vote that waits for a question beyond the first rows is shown once it is there', async ({ arrive }) => {
  const anna = await arrive(server.it.url, { tolerate: [/net::ERR_/] });
  const { page, room } = await anna.enter(`/?sort=oldest#q-${id(1_200)}`);
  const card = room.card(body(1_200));
  await expect(card.locator).toBeInViewport(REFRESHED);
  await page.waitForFunction(() => 'outbox' in (window as unknown as { keeper: object }).keeper);
  await page.route('**/api/fn/set_vote', (route) => route.abort('connectionreset'));
  await card.vote.click();
  await expect(room.outbox).toContainText('Waiting to be sent');
  await page.reload();
  await expect(room.outbox).toContainText('Waiting to be sent', REFRESHED);
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true', REFRESHED);
  await expect(card.votes).toHaveText('1');
  await page.unroute('**/api/fn/set_vote');
  await expect.poll(async () => (await crowd[0]?.find(body(1_200)))?.upvotes, { timeout: 30_000 }).toBe(1);
  await expect(card.votes).toHaveText('1');
});

test('whoever hears the page is told what the list is, where each row stands, and nothing that is wrong', async ({ arrive }) => {
  test.slow();
  const { page } = await (await arrive(server.it.url)).enter(`/?sort=oldest&tab=all#q-${id(1_000)}`);
  await expect(page.locator('#list').getByRole('article', { name: body(1_000), exact: true })).toBeInViewport(REFRESHED);
  await expect(page.locator('#list')).toMatchAriaSnapshot(`
    - region "Questions":
      - heading "Questions" [level=2]
      - list:
        - listitem:
          - article "${body(1_000)}":
            - heading "${body(1_000)}" [level=3]
            - button /Upvote, \\d+ votes?/
  `);
  const placed = await rows(page).evaluateAll((all) => all.map((row) => [Number(row.getAttribute('aria-posinset')), Number(row.getAttribute('aria-setsize'))]));
  const [first = 0] = placed[0] ?? [];
  expect(placed).toEqual(placed.map((_, n) => [first + n, placed[0]?.[1]]));
  for (const look of LOOKS) {
    await wear(page, look);
    expect.soft(await violations(page), look.name).toEqual([]);
  }
});

test('without script every row is reached by links', async ({ arrive }) => {
  const anna = await arrive(server.it.url, { javaScriptEnabled: false, tolerate: [/preloaded using link preload but not used/] });
  await anna.page.goto('/?sort=newest');
  const met = new Set<string>();
  for (let pages = 0; pages < 4; pages += 1) {
    for (const text of await texts(anna.page)) met.add(text);
    await anna.page.getByRole('link', { name: 'More questions' }).click();
  }
  expect(met.size).toBe(200);
  await anna.page.getByRole('link', { name: 'Earlier questions' }).click();
  expect((await texts(anna.page)).every((text) => met.has(text))).toBe(true);
});

test('a page whose data was taken away loads its rows, not the board', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  await anna.page.route(/:\d+\/$/, async (route) => {
    if (route.request().resourceType() !== 'document') return route.continue();
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/<script[^>]*id="?page-data"?[^>]*>.*?<\/script>/s, '');
    await route.fulfill({ response: answer, body });
  });
  const requests = loads(anna);
  const { room } = await anna.enter('/');
  expect(requests.filter((request) => request.url().includes('load_board')).length).toBe(1);
  expect(await room.count('All')).toBeGreaterThanOrEqual(COUNT);
  await areSmall(requests);
});
