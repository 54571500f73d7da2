// Boards that are full before anybody looks at them: asked by many at once, with the limits off.

import { Person } from './api';
import type { Server } from './server';

const LIMITS = [
  'asks-per-tenant', 'open-questions-per-participant', 'votes-per-participant', 'writes-per-tenant',
  'reads-per-tenant', 'reads-per-participant', 'newcomers-per-network', 'reads-per-unknown-network', 'unknown-reads-per-tenant',
];

/** Flags of a server without limits: a few people of a test ask and vote for all. */
export const UNLIMITED = LIMITS.flatMap((limit) => [`--${limit}`, '0']);

/** What was asked: the askers, and the questions' ids by the numbers that they were asked under. */
export interface Asked {
  crowd: Person[];
  ids: string[];
}

/** Fills the first team's board with so many questions. */
export async function askMany(server: Server, count: number, words: (n: number) => string): Promise<Asked> {
  const crowd = await Promise.all(Array.from({ length: 16 }, () => Person.participant(server.url)));
  const { board } = await (crowd[0] as Person).board();
  const team = board.teams[0]?.id ?? '';
  const ids: string[] = [];
  await Promise.all(
    crowd.map(async (person, first) => {
      for (let n = first; n < count; n += crowd.length) {
        ids[n] = (await person.call<{ id: string }>('ask', { team, question: words(n) })).id;
      }
    }),
  );
  return { crowd, ids };
}
