// Two tenants in one house: nothing of one is ever in the other.

import { Person, Refused } from '../support/api';
import { statusNote } from '../support/visitor';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true });

test('neither page holds a word of the other tenant', async () => {
  const [ours, theirs] = await Promise.all([Person.participant(server.it.url), Person.participant(server.it.url, 'acme')]);
  const words = async (person: Person) => Object.values((await person.board()).board.questions).map(({ body }) => body);
  const pages = { '/?tab=all': await words(theirs), '/t/acme?tab=all': await words(ours) };
  for (const [path, foreign] of Object.entries(pages)) {
    const html = await (await ours.request(path)).text();
    expect(foreign.length).toBeGreaterThan(5);
    // Also not in the data that the page carries for its script.
    const found = foreign.filter((body) => html.includes(body.slice(0, 30)) || html.includes(JSON.stringify(body).slice(1, 30)));
    expect(found, path).toEqual([]);
  }
});

test('what is asked in one tenant does not reach the other, live', async ({ arrive }) => {
  const [anna, carl] = [await arrive(server.it.url), await arrive(server.it.url)];
  await Promise.all([anna.enter('/?sort=newest'), carl.enter('/t/acme?sort=newest')]);
  const heard: string[] = [];
  await anna.page.exposeFunction('hear', (data: string) => heard.push(data));
  await anna.page.evaluate(() => {
    const hear = (window as unknown as { hear: (data: string) => void }).hear;
    new EventSource('/sse').onmessage = ({ data }: MessageEvent<string>) => hear(data);
  });
  await expect.poll(() => heard.length).toBeGreaterThan(0);

  await carl.room.ask('For ACME’s ears only?');
  await expect(carl.room.card('For ACME’s ears only?').locator).toBeVisible();
  await anna.room.ask('For everybody else’s?');
  await expect(anna.room.card('For everybody else’s?').locator).toBeVisible();
  await expect.poll(() => heard.some((data) => data.includes('For everybody else’s?'))).toBe(true);
  expect(heard.filter((data) => data.includes('ACME’s ears'))).toEqual([]);
  // Nobody votes for a question of their own.
  const other = await Person.participant(server.it.url, 'acme');
  await other.vote((await other.find('For ACME’s ears only?'))?.id ?? '');
  await expect(carl.room.card('For ACME’s ears only?').votes).toHaveText('1');
  await expect(anna.room.card('For ACME’s ears only?').locator).toHaveCount(0);
  await expect(carl.room.card('For everybody else’s?').locator).toHaveCount(0);
});

test('another tenant’s ids are not found, for anybody', async () => {
  const [ours, theirs] = await Promise.all([Person.participant(server.it.url), Person.participant(server.it.url, 'acme')]);
  const moderator = await Person.moderator(server.it.url, server.it.signInLink('acme'), 'acme');
  const { id } = await ours.ask('Can ACME touch me?');
  const { board } = await ours.board();
  const tries = [
    () => theirs.vote(id),
    () => theirs.call('ask', { team: board.teams[0]?.id ?? '', question: 'May I ask over there?' }),
    () => moderator.answer(id, 'No.'),
    () => moderator.mark('pin', id),
    () => moderator.mark('freeze', id),
    () => moderator.tag('tag', id, board.tags[0]?.id ?? ''),
  ];
  for (const attempt of tries) {
    const refused = await attempt().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 404 });
  }
  expect(await ours.find('Can ACME touch me?')).toMatchObject({ upvotes: 0, status: 'OPEN', pinned: null, frozen: null, tags: [] });
});

test('a moderator of one tenant is nobody in the other', async ({ arrive }) => {
  const moderator = await arrive(server.it.url);
  await moderator.signIn(await server.it.newLink('owner', 'acme'));
  await moderator.room.live();
  expect(new URL(moderator.page.url()).pathname).toBe('/t/acme/admin');
  await moderator.page.goto('/admin');
  expect(new URL(moderator.page.url()).pathname).toBe('/sign-in');
  await expect(moderator.page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('a tenant that does not exist is a page that says so', async ({ arrive }) => {
  const stranger = await arrive(server.it.url, { tolerate: [statusNote(404)] });
  for (const path of ['/t/nope', '/t/nope/admin', '/t/NOT%20A%20SLUG', '/nowhere']) {
    const answer = await stranger.page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(stranger.page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  }
});
