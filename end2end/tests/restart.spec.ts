// The server is killed while people vote, and comes back. Every vote and question that was acknowledged is there, the
// browsers catch up by themselves, and nothing is there twice.

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { Person, type Question } from '../support/api';
import { NETWORK_NOTES, type Visitor } from '../support/visitor';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 2 });

const VOTERS = 8;
/** So many votes are acknowledged before the server is killed. */
const ENOUGH = 60;

/** One of the crowd: votes for question after question, and asks one now and then, until the server is gone. */
class Voter {
  readonly voted = new Set<string>();
  readonly asked: string[] = [];
  /** What was on its way when the server went: nobody knows whether it arrived. */
  unknown: { name: string; fields: Record<string, string> } | undefined;

  constructor(readonly person: Person) {}

  async vote(questions: Question[], progress: { votes: number }): Promise<void> {
    for (const [place, question] of questions.entries()) {
      if (!(await this.send('set_vote', { question: question.id, up: 'true' }))) return;
      this.voted.add(question.id);
      progress.votes += 1;
      if (place % 7 === 6) {
        // In letters: a row of digits might be somebody's telephone number, and would wait for a moderator.
        const text = `Asked by ${randomUUID().replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '')}`;
        if (!(await this.send('ask', { team: question.teamId, question: text }))) return;
        this.asked.push(text);
      }
    }
  }

  /** Sends again what may have been lost, under the same key. */
  async repeat(): Promise<void> {
    const { name, fields } = this.unknown ?? {};
    if (name === undefined || fields === undefined) return;
    await this.person.call(name, fields);
    if (name === 'ask') this.asked.push(fields.question ?? '');
    else this.voted.add(fields.question ?? '');
  }

  private async send(name: string, fields: Record<string, string>): Promise<boolean> {
    this.unknown = { name, fields: { ...fields, op: randomUUID() } };
    try {
      await this.person.call(name, this.unknown.fields);
    } catch {
      return false;
    }
    this.unknown = undefined;
    return true;
  }
}

/** What a page shows: each question with its count. */
async function shown({ room }: Visitor): Promise<Map<string, string>> {
  const rows = await room.cards.evaluateAll((cards) =>
    cards.map((card) => [card.id.slice('q-'.length), card.querySelector('.vote__count')?.textContent ?? ''] as const),
  );
  expect(new Set(rows.map(([id]) => id)).size, 'no question is drawn twice').toBe(rows.length);
  return new Map(rows);
}

test('killed while voting, started again: nothing acknowledged is lost, nothing is doubled, the pages catch up', async ({ arrive }) => {
  const options = { tolerate: [NETWORK_NOTES] };
  const [anna, ben] = [await arrive(server.it.url, options), await arrive(server.it.url, options)];
  await Promise.all([anna.enter('/?tab=all&sort=oldest'), ben.enter('/?tab=all&sort=oldest')]);
  await Promise.all([anna.room.mark(), ben.room.mark()]);

  const voters = await Promise.all(
    Array.from({ length: VOTERS }, async () => new Voter(await Person.participant(server.it.url))),
  );
  const [observer] = voters;
  const start = (await observer?.person.board())?.board.questions ?? {};
  const open = Object.values(start).filter(({ status, frozen }) => status === 'OPEN' && frozen === null);
  const [annas, bens, dead] = open;
  if (!annas || !bens || !dead || !observer) throw new Error('the demo has open questions');

  await anna.room.card(annas.body).vote.click();
  await anna.room.ask('Asked in the thick of it?');
  await expect(ben.room.card('Asked in the thick of it?').locator).toBeVisible();
  const progress = { votes: 0 };
  const crowd = voters.map((voter, n) => voter.vote([...open.slice(n), ...open.slice(0, n)], progress));
  const click = ben.room.card(bens.body).vote.click();
  while (progress.votes < ENOUGH) await setImmediate();
  await server.it.kill();
  await click;
  await Promise.all(crowd);
  expect(voters.some(({ unknown }) => unknown !== undefined), 'the kill came in the middle of it').toBe(true);

  // Anna clicks while nobody is there: her vote shows, and is brought later.
  await anna.room.card(dead.body).vote.click();
  await expect(anna.room.card(dead.body).vote).toHaveAttribute('aria-pressed', 'true');
  await expect(anna.room.badge).not.toHaveText('Live');

  await server.it.restart();
  for (const { person, voted, asked } of voters) {
    const { board, voted: kept } = await person.board();
    expect([...voted].filter((id) => !kept.includes(id)), 'acknowledged votes that were lost').toEqual([]);
    const bodies = Object.values(board.questions).map(({ body }) => body);
    expect(asked.filter((text) => !bodies.includes(text)), 'acknowledged questions that were lost').toEqual([]);
  }
  await Promise.all(voters.map((voter) => voter.repeat()));
  await Promise.all([anna.room.live(15_000), ben.room.live(15_000)]);
  await expect.poll(async () => (await observer.person.find(dead.body))?.upvotes).toBeGreaterThan(dead.upvotes);

  // Anna's and Ben's votes through their browsers count like everybody's.
  const votes = new Map<string, number>();
  const count = (id: string) => votes.set(id, (votes.get(id) ?? start[id]?.upvotes ?? 0) + 1);
  for (const { voted } of voters) voted.forEach(count);
  [annas, bens, dead].forEach(({ id }) => count(id));
  await expect
    .poll(async () => {
      const { questions } = (await observer.person.board()).board;
      return [...votes].filter(([id, expected]) => questions[id]?.upvotes !== expected);
    })
    .toEqual([]);

  const { questions } = (await observer.person.board()).board;
  const bodies = Object.values(questions).map(({ body }) => body);
  for (const text of ['Asked in the thick of it?', ...voters.flatMap(({ asked }) => asked)]) {
    expect(bodies.filter((body) => body === text), text).toHaveLength(1);
  }
  const truth = new Map(Object.values(questions).map(({ id, upvotes }) => [id, String(upvotes)]));
  for (const visitor of [anna, ben]) {
    // A page draws a window of the rows: whoever scrolls meets all of them.
    const met = new Map<string, string>();
    await expect(async () => {
      await visitor.page.mouse.wheel(0, 1_500);
      for (const [id, count] of await shown(visitor)) met.set(id, count);
      expect(Object.fromEntries(met)).toEqual(Object.fromEntries(truth));
    }).toPass({ timeout: 20_000, intervals: [100] });
    expect(await visitor.room.isMarked(), 'without a reload').toBe(true);
    await expect(visitor.room.tab('All')).toHaveText(`All ${truth.size}`);
  }
});

test('an orderly restart is caught up with, too', async ({ arrive }) => {
  const anna = await (await arrive(server.it.url, { tolerate: [NETWORK_NOTES] })).enter('/?sort=newest');
  await anna.room.mark();
  const crowd = await Person.participant(server.it.url);
  const { code } = await server.it.interrupt();
  expect(code).toBe(0);
  await server.it.restart();
  await crowd.ask('Did you miss me?');
  await expect(anna.room.card('Did you miss me?').locator).toBeVisible({ timeout: 15_000 });
  await anna.room.live();
  expect(await anna.room.isMarked()).toBe(true);
});
