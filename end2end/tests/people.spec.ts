// Two people in one room: what one does is on the other's screen within a blink.

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true });

const BLINK_MS = 500;

// Alone on the machine: beside another file's browsers the delay would be theirs as much as ours.
const ALONE = { tag: '@alone' };

test('a question is on the other screen within half a second, marked as new, and takes votes at once', ALONE, async ({ arrive }) => {
  const [anna, ben] = [await arrive(server.it.url), await arrive(server.it.url)];
  await Promise.all([anna.enter(), ben.enter()]);
  await ben.room.mark();
  const open = await ben.room.count('Open');

  const delays: number[] = [];
  for (const question of ['Is this on?', 'And does it stay on?', 'Who can see me?']) {
    const [sent, seen] = [anna.room.whenSent(), ben.room.whenSeen(question)];
    await anna.room.ask(question);
    await expect(anna.room.composer, 'the box is empty again').toHaveValue('');
    delays.push((await seen) - (await sent));
    const card = ben.room.card(question);
    await expect(card.locator).toHaveClass(/\bis-new\b/);
    await expect(card.vote).toBeEnabled();
  }
  test.info().annotations.push({ type: 'delays', description: `${delays.join(', ')} ms` });
  expect(Math.max(...delays), `the slowest of ${delays.join(', ')} ms`).toBeLessThan(BLINK_MS);
  await expect(ben.room.tab('Open')).toHaveText(`Open ${open + 3}`);

  const [mine, theirs] = [anna.room.card('Is this on?'), ben.room.card('Is this on?')];
  await theirs.vote.click();
  await expect(theirs.vote).toHaveAttribute('aria-pressed', 'true');
  await expect(mine.votes).toHaveText('1');
  await expect(mine.vote, 'a vote is its voter’s alone').toHaveAttribute('aria-pressed', 'false');
  await expect(mine.vote, 'nobody votes for their own question').toBeDisabled();
  await (await Person.participant(server.it.url)).vote((await theirs.locator.getAttribute('id'))?.slice('q-'.length) ?? '');
  await expect(theirs.votes).toHaveText('2');

  await theirs.thought();
  await theirs.vote.click();
  await expect(theirs.vote).toHaveAttribute('aria-pressed', 'false');
  await expect(mine.votes).toHaveText('1');
  await expect(theirs.votes).toHaveText('1');
  await expect(theirs.locator, 'nothing is new for ever').not.toHaveClass(/\bis-new\b/, { timeout: 10_000 });
  expect(await ben.room.isMarked(), 'all this without a reload').toBe(true);
});

test('an impatient double click is one vote', async ({ arrive }) => {
  const watcher = await Person.participant(server.it.url);
  const question = await watcher.ask('Does it count twice when I click twice?');
  const anna = await (await arrive(server.it.url)).enter('/?sort=newest');
  const sent: string[] = [];
  anna.page.on('request', (request) => {
    if (request.url().includes('/set_vote')) sent.push(request.postData() ?? '');
  });
  const card = anna.room.card(question.body);
  await card.vote.dblclick();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await watcher.find(question.body))?.upvotes).toBe(1);
  expect(sent.filter((form) => form.includes('up=true'))).toHaveLength(1);
  expect(sent.filter((form) => form.includes('up=false')), 'the second click takes nothing back').toEqual([]);
  await expect(card.votes).toHaveText('1');
  await card.thought();
  await card.vote.click();
  await expect(card.vote, 'but a later one does').toHaveAttribute('aria-pressed', 'false');
  await expect.poll(async () => (await watcher.find(question.body))?.upvotes).toBe(0);
});

test('a vote shows in the same frame and the crowd’s votes add to it', async ({ arrive }) => {
  const [first, ...crowd] = await Promise.all(Array.from({ length: 6 }, () => Person.participant(server.it.url)));
  if (first === undefined) throw new Error('there is a crowd');
  const question = await first.ask('How many are we?');
  const anna = await (await arrive(server.it.url)).enter('/?sort=newest');
  const card = anna.room.card(question.body);
  await card.vote.waitFor();
  const shown = await card.locator.evaluate((article) => {
    article.querySelector<HTMLButtonElement>('.vote button')?.click();
    return new Promise<string>((resolve) => {
      requestAnimationFrame(() => resolve(article.querySelector('.vote__count')?.textContent ?? ''));
    });
  });
  expect(shown, 'nobody waits for the server to see their own vote').toBe('1');
  await Promise.all(crowd.map((person) => person.vote(question.id)));
  await expect(card.votes).toHaveText('6');
  expect((await first.find(question.body))?.upvotes).toBe(6);
});

test('the list keeps still under a pointer, and says what waits', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url);
  const anna = await (await arrive(server.it.url)).enter('/?sort=newest');
  const before = await anna.room.questions();
  const first = before.find(Boolean) ?? '';
  await anna.room.card(first).locator.hover();
  const asked = await crowd.ask('Do I push the others away?');
  await expect(anna.room.news).toContainText('1 new');
  expect(await anna.room.questions()).toEqual(before);
  await anna.room.news.click();
  await expect(anna.room.card(asked.body).locator).toBeVisible();
  await expect(anna.room.news).toHaveCount(0);

  await anna.room.card(first).locator.hover();
  const another = await crowd.ask('Do I come in when the pointer leaves?');
  await expect(anna.room.news).toContainText('1 new');
  await anna.room.leaveList();
  await expect(anna.room.card(another.body).locator).toBeVisible();
});

test('a refused question keeps its words and says why', async ({ arrive }) => {
  const anna = await (await arrive(server.it.url)).enter();
  for (const [typed, why] of [
    ['', 'The question is empty.'],
    ['ab', 'The question is too short: at least 3 characters.'],
    ['x'.repeat(501), 'The question is too long: at most 500 characters.'],
  ] as const) {
    await anna.room.ask(typed);
    await expect(anna.page.getByRole('alert')).toHaveText(why);
    await expect(anna.room.composer).toHaveValue(typed);
    await expect(anna.room.composer).toHaveAttribute('aria-invalid', 'true');
  }
  await anna.room.composer.fill('x'.repeat(500));
  await expect(anna.page.getByText('500 / 500')).toBeVisible();
});
