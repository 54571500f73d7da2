// The stream byte by byte, and how it ends.

import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';

// A hundred streams without a cookie are more than a network of strangers is given.
const server = serverForThisFile({ heartbeatS: 1, flags: ['--streams-per-unknown-network', '0'] });

/** The raw text of a stream, as far as it has come. */
class Raw {
  text = '';
  ended = false;
  private constructor(readonly answer: Response) {}

  static async open(path: string, headers: Record<string, string> = {}): Promise<Raw> {
    const raw = new Raw(await fetch(server.it.url + path, { headers }));
    void raw.read();
    return raw;
  }

  /** The messages by an independent parser, with what each had of its own. */
  messages(): EventSourceMessage[] {
    const messages: EventSourceMessage[] = [];
    createParser({ onEvent: (message) => messages.push(message) }).feed(this.text);
    return messages;
  }

  types(): string[] {
    return this.messages().map(({ data }) => JSON.parse(data).type);
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.answer.body ?? []) this.text += decoder.decode(bytes, { stream: true });
    } catch {
      // The server was killed; what came until then is what a test looks at.
    }
    this.ended = true;
  }
}

test('the wire has the form that was agreed, byte for byte', async () => {
  const raw = await Raw.open('/sse?tenantId=default');
  expect(raw.answer.status).toBe(200);
  expect(raw.answer.headers.get('content-type')).toBe('text/event-stream');
  expect(raw.answer.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(raw.answer.headers.get('x-accel-buffering')).toBe('no');
  // This client takes gzip and undoes it as the bytes come.
  expect(raw.answer.headers.get('content-encoding')).toBe('gzip');

  const [person, voter] = [await Person.participant(server.it.url), await Person.participant(server.it.url)];
  const question = await person.ask('Äpfel, "quotes" & <b>tags</b>\nand a second line');
  await voter.vote(question.id);
  await expect.poll(() => raw.types()).toEqual(expect.arrayContaining(['question:upvoted', 'heartbeat']));

  const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  const id = 'id: [0-9a-f]{16}-\\d+\\n';
  const envelope = (type: string, data: string) => `data: \\{"type":"${type}","tenantId":"${uuid}"${data},"timestamp":\\d{13}\\}\\n\\n`;
  const created = `"id":"${uuid}","body":"Äpfel, \\\\"quotes\\\\" & <b>tags</b>\\\\nand a second line","upvotes":0,"status":"OPEN","teamId":"${uuid}","createdAt":"[^"]+","tags":\\[\\],"isPinned":false,"isFrozen":false`;
  const heartbeat = envelope('heartbeat', ',"data":\\{"timestamp":\\d{13}\\}');
  const form = new RegExp(
    [
      '^retry: \\d+\\n' + id + envelope('connected', ''),
      `(?:${heartbeat})*`,
      id + envelope('question:created', `,"data":\\{${created}\\}`),
      `(?:${heartbeat})*`,
      envelope('question:upvoted', `,"data":\\{"questionId":"${uuid}","upvotes":1\\}`),
      `(?:${heartbeat})*$`,
    ].join(''),
  );
  expect(raw.text).toMatch(form);
  expect(raw.messages().every(({ event }) => event === undefined), 'messages are unnamed').toBe(true);
});

test('a cursor is taken from the header or the address; a useless one gets one resync and no partial replay', async () => {
  const person = await Person.participant(server.it.url);
  const { cursor } = (await person.board()).board;
  const [epoch, seq] = cursor.split('-');
  await person.ask('What did I miss?');
  for (const raw of [
    await Raw.open('/sse', { 'last-event-id': cursor }),
    await Raw.open(`/sse?last_event_id=${cursor}`),
  ]) {
    await expect.poll(() => raw.types()).toContain('question:created');
    // A count that changed lately and a heartbeat have no number; each may come before the question or behind it.
    const numbered = raw.messages().filter(({ id }) => id !== undefined);
    expect(numbered.map(({ id }) => id)).toEqual([cursor, `${epoch}-${Number(seq) + 1}`]);
  }
  for (const useless of ['garbage', `${epoch}-999999`, `0000000000000000-${seq}`, `${epoch}-99999999999999999999999`]) {
    const raw = await Raw.open(`/sse?last_event_id=${useless}`);
    await expect.poll(() => raw.types(), useless).toContain('heartbeat');
    expect(raw.types().filter((type) => type !== 'heartbeat'), useless).toEqual(['connected', 'resync']);
  }
});

test('a stream sends the types and the team that were asked for', async () => {
  const person = await Person.participant(server.it.url);
  const counts = await Raw.open('/sse?events=question:upvoted');
  const created = await Raw.open('/sse?events=question:created,question:answered');
  await expect.poll(() => [...counts.types(), ...created.types()]).toEqual(expect.arrayContaining(['connected']));
  const question = await person.ask('Who hears of this?');
  await (await Person.participant(server.it.url)).vote(question.id);
  await expect.poll(() => counts.types()).toContain('question:upvoted');
  await expect.poll(() => created.types()).toContain('question:created');
  expect(counts.types()).not.toContain('question:created');
  expect(created.types()).not.toContain('question:upvoted');
  const [epoch, seq] = (await person.board()).board.cursor.split('-');
  await expect.poll(() => counts.text, 'what is not shown still moves the cursor on').toContain(
    `id: ${epoch}-${seq}\ndata: {"type":"cursor","tenantId":"`,
  );
  for (const raw of [counts, created]) {
    expect(raw.messages().every(({ data }) => data.startsWith('{"type":"')), 'every message has data').toBe(true);
  }
});

test('a hundred open streams do not keep the server from stopping within two seconds', async () => {
  const streams = await Promise.all(Array.from({ length: 100 }, () => Raw.open('/sse')));
  await expect.poll(() => streams.every((raw) => raw.types().includes('connected'))).toBe(true);
  const { code, ms } = await server.it.interrupt();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(2_000);
  await expect.poll(() => streams.every((raw) => raw.ended)).toBe(true);
  const farewells = streams.map((raw) => Number(/retry: (\d+)\ndata: \{"type":"closing",[^\n]*\n\n$/.exec(raw.text)?.[1]));
  expect(farewells.every((retry) => retry >= 500), 'each says when to come back').toBe(true);
  expect(new Set(farewells).size, 'and not all at once').toBeGreaterThan(10);
});
