// What is shown and in which order: the address carries it, and it survives reload and "back".

import { Person, type Question } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true });

let all: Question[] = [];
let board: Awaited<ReturnType<Person['board']>>['board'];

test.beforeAll(async () => {
  ({ board } = await (await Person.participant(server.it.url)).board());
  all = Object.values(board.questions);
});

type Compare = (a: Question, b: Question) => number;

const later: Compare = (a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
/** The time of asking, and ten minutes more for each doubling of the votes; between two doublings a straight line. */
const trend = ({ createdAt, upvotes }: Question) => {
  const doublings = Math.floor(Math.log2(upvotes + 1));
  const power = 2 ** doublings;
  return Date.parse(createdAt) + 600_000 * doublings + Math.floor((600_000 * (upvotes + 1 - power)) / power);
};
const ORDERS: Record<'Most votes' | 'Trending' | 'Newest' | 'Oldest', Compare> = {
  'Most votes': (a, b) => b.upvotes - a.upvotes || later(a, b),
  Trending: (a, b) => trend(b) - trend(a) || later(a, b),
  Newest: later,
  Oldest: (a, b) => later(b, a),
};

/** The words of these questions in this order, pinned ones first: what the page should say, worked out on our own. */
function expected(questions: Question[], order: Compare): string[] {
  const pinned = (question: Question) => (question.pinned === null ? 1 : 0);
  return [...questions].sort((a, b) => pinned(a) - pinned(b) || order(a, b)).map(({ body }) => body);
}

const open = () => all.filter(({ status }) => status === 'OPEN');
const answered = () => all.filter(({ status }) => status === 'ANSWERED');

test('tabs, their counts, and the way back', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter();
  await room.mark();
  expect(await room.questions()).toEqual(expected(open(), ORDERS['Most votes']));
  await expect(room.tab('Open')).toHaveText(`Open ${open().length}`);
  await expect(room.tab('Answered')).toHaveText(`Answered ${answered().length}`);
  await expect(room.tab('All')).toHaveText(`All ${all.length}`);
  await expect(room.tab('Open')).toHaveAttribute('aria-current', 'page');

  await room.tab('Answered').click();
  await expect(page).toHaveURL('/?tab=answered');
  await expect(room.cards).toHaveCount(answered().length);
  expect(await room.questions()).toEqual(expected(answered(), ORDERS['Most votes']));
  await room.tab('All').click();
  await expect(room.cards).toHaveCount(all.length);
  expect(await room.isMarked(), 'without loading a page').toBe(true);
  await page.goBack();
  await expect(page).toHaveURL('/?tab=answered');
  await expect(room.cards).toHaveCount(answered().length);
  await page.reload();
  await room.live();
  await expect(room.cards).toHaveCount(answered().length);
  await expect(room.tab('Answered')).toHaveAttribute('aria-current', 'page');
  await page.goBack();
  await expect(page).toHaveURL('/');
  await expect(room.cards).toHaveCount(open().length);
});

test('each order', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?tab=all');
  for (const [name, word] of [
    ['Trending', 'trending'],
    ['Newest', 'newest'],
    ['Oldest', 'oldest'],
    ['Most votes', undefined],
  ] as const) {
    await room.sortBy(name);
    await expect(page).toHaveURL(word === undefined ? '/?tab=all' : `/?tab=all&sort=${word}`);
    await expect.poll(() => room.questions(), name).toEqual(expected(all, ORDERS[name]));
    await expect(room.sortMenu.locator('summary')).toContainText(name);
    await expect(room.sortMenu, 'the menu closes').not.toHaveAttribute('open');
  }
});

test('one team, some tags, and all of it together', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?tab=all');
  for (const team of board.teams) {
    await room.navigation('Teams').getByRole('link', { name: team.name, exact: true }).click();
    await expect(page).toHaveURL(`/?tab=all&team=${team.slug}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(team.name);
    const theirs = all.filter(({ teamId }) => teamId === team.id);
    await expect.poll(() => room.questions(), team.name).toEqual(expected(theirs, ORDERS['Most votes']));
    await expect(room.tab('All'), 'counts follow the team').toHaveText(`All ${theirs.length}`);
  }
  await room.navigation('Teams').getByRole('link', { name: 'All teams' }).click();
  await expect(page).toHaveURL('/?tab=all');

  const [one, two] = board.tags;
  if (one === undefined || two === undefined) throw new Error('the demo has tags');
  const tagged = (...ids: string[]) => all.filter(({ tags }) => tags.some(({ id }) => ids.includes(id)));
  await room.navigation('Tags').getByRole('link', { name: one.name, exact: true }).click();
  await expect(page).toHaveURL(`/?tab=all&tag=${one.id}`);
  await expect.poll(() => room.questions()).toEqual(expected(tagged(one.id), ORDERS['Most votes']));
  await room.navigation('Tags').getByRole('link', { name: two.name, exact: true }).click();
  await expect.poll(() => room.questions()).toEqual(expected(tagged(one.id, two.id), ORDERS['Most votes']));

  const team = board.teams.find(({ id }) => tagged(one.id, two.id).some(({ teamId }) => teamId === id));
  if (team === undefined) throw new Error('some team has a tagged question');
  await room.navigation('Teams').getByRole('link', { name: team.name, exact: true }).click();
  await room.sortBy('Oldest');
  const both = tagged(one.id, two.id).filter(({ teamId }) => teamId === team.id);
  await expect.poll(() => room.questions()).toEqual(expected(both, ORDERS.Oldest));
  await page.reload();
  await room.live();
  expect(await room.questions()).toEqual(expected(both, ORDERS.Oldest));
  await expect(page.getByText('3 filters')).toBeVisible();
  await page.getByRole('link', { name: 'Clear', exact: true }).click();
  await expect(page).toHaveURL('/?tab=all&sort=oldest');
  await expect(room.cards).toHaveCount(all.length);
});

test('an address with nonsense in it is the plain page', async ({ arrive }) => {
  const { room } = await (await arrive(server.it.url)).enter('/?tab=%3Cscript%3E&sort=x&team=No%20Team&tag=7&utm_source=mail');
  expect(await room.questions()).toEqual(expected(open(), ORDERS['Most votes']));
});

test('what comes live keeps to the filters', async ({ arrive }) => {
  const [here, there] = board.teams;
  if (here === undefined || there === undefined) throw new Error('the demo has teams');
  const crowd = await Person.participant(server.it.url);
  const { room } = await (await arrive(server.it.url)).enter(`/?team=${here.slug}&sort=newest`);
  const count = await room.count('Open');
  await crowd.ask('Is this for another team?', there.slug);
  await crowd.ask('Is this for this team?', here.slug);
  await expect(room.card('Is this for this team?').locator).toBeVisible();
  await expect(room.card('Is this for another team?').locator).toHaveCount(0);
  await expect(room.tab('Open')).toHaveText(`Open ${count + 1}`);
  await expect(room.composerTeam, 'whoever looks at a team asks that team').toHaveValue(here.id);
});
