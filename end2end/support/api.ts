// People who use the server's addresses without a browser: the crowd around the two that have one.

import { randomUUID } from 'node:crypto';

export interface Tag {
  id: string;
  name: string;
  color: string;
}

export interface Team {
  id: string;
  name: string;
  slug: string;
}

export interface Question {
  id: string;
  teamId: string;
  body: string;
  upvotes: number;
  status: 'OPEN' | 'ANSWERED' | 'UNDER_REVIEW';
  createdAt: string;
  tags: Tag[];
  answer: { responseText: string } | null;
  pinned: unknown;
  frozen: unknown;
}

export interface BoardView {
  tenant: { id: string; slug: string; name: string };
  role: string;
  board: { cursor: string; teams: Team[]; tags: Tag[]; questions: Record<string, Question> };
  voted: string[];
}

export interface Receipt {
  questionId: string;
  up: boolean;
  upvotes: number;
}

/** A server function's no, with its status. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: { refusal?: string; message?: string },
  ) {
    super(`${status} ${JSON.stringify(body)}`);
  }
}

/** What the button on the page of a sign-in link sends. */
export const confirmation = (link: string) => ({ confirm: new URL(link).pathname.split('/').pop() ?? '' });

/** One person with cookies of their own, in one tenant. */
export class Person {
  private readonly cookies = new Map<string, string>();

  private constructor(
    readonly origin: string,
    readonly tenant: string,
  ) {}

  /** A participant: opens the page once, as a browser would, and so gets a cookie. */
  static async participant(origin: string, tenant = 'default'): Promise<Person> {
    const person = new Person(origin, tenant);
    const page = await person.request(tenant === 'default' ? '/' : `/t/${tenant}`);
    if (page.status !== 200 || person.cookies.size === 0) throw new Error(`no cookie came with the page: ${page.status}`);
    return person;
  }

  /** A moderator: a participant who uses up a one-time link. */
  static async moderator(origin: string, link: string, tenant = 'default'): Promise<Person> {
    const person = await Person.participant(origin, tenant);
    const body = new URLSearchParams(confirmation(link));
    const answer = await person.request(new URL(link).pathname, { method: 'POST', body, headers: { origin } });
    if (answer.status !== 303 || person.cookies.size < 2) throw new Error(`the link did not sign in: ${answer.status}`);
    return person;
  }

  /** Any request with this person's cookies; redirects are not followed. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    if (cookies.length > 0) headers.set('cookie', cookies.join('; '));
    const answer = await fetch(this.origin + path, { ...init, headers, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  }

  async board(): Promise<BoardView> {
    const answer = await this.request(`/api/fn/load_board?tenant=${this.tenant}`);
    if (!answer.ok) throw new Refused(answer.status, await answer.json());
    return answer.json();
  }

  /** The question with this text, if it is on the board. */
  async find(text: string): Promise<Question | undefined> {
    return Object.values((await this.board()).board.questions).find((question) => question.body === text);
  }

  /** Puts a question to a team: the one with this slug, or the first. */
  async ask(question: string, slug?: string): Promise<Question> {
    const { teams } = (await this.board()).board;
    const team = slug === undefined ? teams[0] : teams.find((other) => other.slug === slug);
    if (team === undefined) throw new Error(`there is no team ${slug}`);
    return this.call('ask', { team: team.id, question, again: 'true' });
  }

  vote(question: string, up = true): Promise<Receipt> {
    return this.call('set_vote', { question, up: String(up) });
  }

  answer(question: string, answer: string): Promise<Question> {
    return this.call('answer', { question, answer });
  }

  mark(action: 'pin' | 'unpin' | 'freeze' | 'unfreeze', question: string): Promise<Question> {
    return this.call(action, { question });
  }

  tag(action: 'tag' | 'untag', question: string, tag: string): Promise<Question> {
    return this.call(action, { question, tag });
  }

  /** Calls a server function under a fresh idempotency key. */
  async call<T>(name: string, fields: Record<string, string>): Promise<T> {
    const form = new URLSearchParams({ tenant: this.tenant, op: randomUUID(), ...fields });
    const answer = await this.request(`/api/fn/${name}`, { method: 'POST', body: form });
    if (!answer.ok) throw new Refused(answer.status, await answer.json());
    return answer.json();
  }
}
