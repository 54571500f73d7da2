// The stream as other people's clients read it: three packages with a parser each of their own, and the browser's.

import { Person } from '../support/api';
import { CLIENTS, type Heard, type Listener } from '../support/listeners';
import { Network } from '../support/network';
import { NETWORK_NOTES, statusNote } from '../support/visitor';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ heartbeatS: 1 });

const ID = /^[0-9a-f]{16}-(\d+)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const FACTS = ['question:created', 'question:answered', 'question:pinned', 'question:frozen', 'question:tagged'];
const facts = (heard: Heard[]) => heard.filter(({ type }) => FACTS.includes(type));
const seq = (message: Heard | undefined) => Number(ID.exec(message?.id ?? '')?.[1]);

let moderator: Person;
// Nobody votes for their own question.
let voter: Person;
test.beforeAll(async () => {
  moderator = await Person.moderator(server.it.url, await server.it.newLink('moderator'));
  voter = await Person.participant(server.it.url);
});

for (const [name, connect] of Object.entries(CLIENTS)) {
  test(`${name} reads every kind of message and resumes where it was cut off`, async ({ arrive }) => {
    const network = await Network.before(server.it.listensOn);
    // Chromium asks for /favicon.ico beside the bare page on which it listens; there is none.
    const { page } = await arrive(network.url, { tolerate: [NETWORK_NOTES, statusNote(404)] });
    const listener: Listener = await connect(`${network.url}/sse?tenantId=default`, page);
    const { heard } = listener;
    const of = (type: string) => heard.filter((message) => message.type === type);

    await expect.poll(() => heard.length).toBeGreaterThan(0);
    const { board, tenant } = await moderator.board();
    expect(heard[0]).toMatchObject({ type: 'connected', tenantId: tenant.id, timestamp: expect.any(Number) });

    const first = await moderator.ask(`${name}: the first question`);
    await expect.poll(() => of('question:created')).toHaveLength(1);
    const [created] = of('question:created');
    expect(created?.data).toEqual({
      id: expect.stringMatching(UUID),
      body: `${name}: the first question`,
      upvotes: 0,
      status: 'OPEN',
      teamId: board.teams[0]?.id,
      createdAt: expect.stringMatching(RFC3339),
      tags: [],
      isPinned: false,
      isFrozen: false,
    });
    expect(created?.id).toMatch(ID);

    await voter.vote(first.id);
    await expect.poll(() => of('question:upvoted')).toHaveLength(1);
    const [upvoted] = of('question:upvoted');
    expect(upvoted?.data).toEqual({ questionId: first.id, upvotes: 1 });
    // A tally has no id of its own: the standard's clients then give the last one they saw, others give none.
    expect(['', created?.id]).toContain(upvoted?.id);

    await expect.poll(() => of('heartbeat').length).toBeGreaterThan(0);
    expect(of('heartbeat')[0]?.data).toEqual({ timestamp: expect.any(Number) });

    // What the client had got by then may be told of after the cut: it is all there when the error is.
    const whole = listener.errors();
    network.cut();
    await expect.poll(() => listener.errors()).toBeGreaterThan(whole);
    const before = heard.length;
    const second = await moderator.ask(`${name}: while nobody listened`);
    await moderator.mark('pin', second.id);
    await moderator.answer(first.id, 'An answer');
    await voter.vote(second.id);
    network.mend();
    await expect.poll(() => facts(heard.slice(before)).length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    const third = await moderator.ask(`${name}: all are back`);
    await expect.poll(() => heard.some(({ data }) => data?.id === third.id)).toBe(true);

    const after = heard.slice(before);
    expect(after[0]?.type).toBe('connected');
    const missed = facts(after).map(({ type, data }) => [type, data.questionId ?? data.id]);
    expect(missed, 'exactly what was missed, in order, and nothing twice').toEqual([
      ['question:created', second.id],
      ['question:pinned', second.id],
      ['question:answered', first.id],
      ['question:created', third.id],
    ]);
    expect(facts(after).map(seq), 'no gap').toEqual([1, 2, 3, 4].map((n) => seq(created) + n));
    const counted = after.find(({ type, data }) => type === 'question:upvoted' && data.questionId === second.id);
    expect(counted?.data.upvotes, 'the count that changed meanwhile').toBe(1);

    await listener.close();
    await network.close();
  });
}

test('a listener of one tenant is told of no other; of no tenant, there is none', async () => {
  const answer = await fetch(`${server.it.url}/sse?tenantId=nope`);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(await answer.json()).toEqual({ error: 'Tenant not found' });
});
