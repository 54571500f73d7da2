// The admin pages and the account pages, by name, with what has to be there before they can be looked at.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Person } from './api';
import { REPOSITORY } from './paths';
import type { Server } from './server';

/** The admin pages, from the one list that there is of them. */
export const ADMIN_PAGES = [
  ...readFileSync(join(REPOSITORY, 'app/src/pages/admin.rs'), 'utf8').matchAll(/AdminPage::new\(\s*\("(\w*)", "([^"]+)"\)/g),
].map(([, path = '', title = '']) => ({ path, title }));

/** What the review page can be asked to show. */
export const REVIEWS = ['waiting', 'reported', 'starred', 'gone', 'all'] as const;

export const PASSWORD = 'a quiet harbour at dawn';

/** An owner of a room, by a link of the command line. */
export async function owner(server: Server, tenant = 'default'): Promise<Person> {
  return Person.moderator(server.url, await server.newLink('owner', tenant), tenant);
}

/** Adds somebody to the room and answers their invitation link. */
export async function invite(by: Person, name: string, role: string): Promise<string> {
  const email = `${name.toLowerCase().replace(/\W+/g, '.')}@example.com`;
  const { link } = await by.call<{ link: string }>('invite_person', { name, email, role });
  return link;
}

/** Invites somebody who accepts at once, and answers their address. */
export async function member(by: Person, name: string, role: string): Promise<string> {
  const link = await invite(by, name, role);
  const guest = await Person.participant(by.origin, by.tenant);
  const form = new URLSearchParams({ name, password: PASSWORD });
  const answer = await guest.request(new URL(link).pathname, { method: 'POST', body: form, headers: { origin: by.origin } });
  if (answer.status !== 303) throw new Error(`the invitation was not accepted: ${answer.status} ${await answer.text()}`);
  return `${name.toLowerCase().replace(/\W+/g, '.')}@example.com`;
}

/** Fills the desks of a room: people, a hidden question, a report, a starred and a declined question. */
export async function furnish(by: Person): Promise<void> {
  for (const [name, role] of [
    ['Amal Haddad', 'admin'],
    ['Bo Lindqvist', 'moderator'],
    ['Chidi Okafor with a rather long name indeed', 'member'],
  ] as const) {
    await invite(by, name, role);
  }
  await member(by, 'Dana Petrova', 'moderator');
  const guest = await Person.participant(by.origin, by.tenant);
  const words = ['What happens to the pension plan after the merger?', 'May we see the numbers of the second quarter?', 'Who decides on the new office?'];
  const asked = [];
  for (const word of words) asked.push(await guest.ask(word));
  const [reported, starred, gone] = asked.map(({ id }) => id);
  const other = await Person.participant(by.origin, by.tenant);
  await other.call('report', { question: reported ?? '', reason: 'Private information' });
  await by.call('star', { question: starred ?? '', on: 'true' });
  await by.call('decline', { question: gone ?? '', reason: 'Answered in the last town hall' });
  await other.ask('Have you seen http://spam.example and http://more.example, where money is free?');
  await other.ask('CLICK HERE http://win.example http://win.example http://win.example');
}
