// The moderator's way: the one-time link, the queue, and what each deed does on everybody's screen.

import type { Page } from '@playwright/test';

import { Person, Refused } from '../support/api';
import { statusNote, type Visitor } from '../support/visitor';
import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true });

type Arrive = (origin: string, options?: object) => Promise<Visitor>;

/** A moderator in the queue, by a link that `pulsestage link` makes; the printed one is used up by the first test. */
const signIn = async (arrive: Arrive): Promise<Visitor> =>
  (await arrive(server.it.url)).enterBy(await server.it.newLink('owner'));

/** One participant on the open tab, one on the answered tab. */
async function audience(arrive: Arrive): Promise<[Visitor, Visitor]> {
  const [anna, ben] = [await arrive(server.it.url), await arrive(server.it.url)];
  await Promise.all([anna.enter('/?sort=newest'), ben.enter('/?tab=all&sort=newest')]);
  return [anna, ben];
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

test('the printed link signs in once; without it the queue is closed and says what to do', async ({ arrive }) => {
  const link = server.it.signInLink();
  const stranger = await arrive(server.it.url, { tolerate: [statusNote(410)] });
  const atTheDoor = async () => {
    await stranger.page.goto('/admin');
    expect(new URL(stranger.page.url()).pathname).toBe('/sign-in');
    await expect(heading(stranger.page)).toHaveText('Sign in');
  };
  await atTheDoor();
  await expect(stranger.page.getByRole('main')).toContainText('Ask the organiser for a sign-in link');

  const moderator = await arrive(server.it.url);
  const opened = await moderator.page.goto(link);
  expect(opened?.status()).toBe(200);
  // Looking does not use it up, for whoever looks.
  expect((await stranger.page.request.get(link)).status()).toBe(200);
  await moderator.page.getByRole('button', { name: 'Sign in as' }).click();
  await moderator.page.waitForURL('/admin');
  expect(new URL(moderator.page.url()).pathname).toBe('/admin');
  await moderator.room.live();
  await expect(moderator.room.navigation('Admin pages').getByRole('link', { name: 'Queue' })).toHaveAttribute('aria-current', 'page');
  const session = (await moderator.context.cookies()).find(({ name }) => name.startsWith('pulsestage_s_'));
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' });

  const second = await stranger.page.goto(link);
  expect(second?.status()).toBe(410);
  await expect(heading(stranger.page)).toHaveText('This link no longer works');
  await atTheDoor();

  await moderator.page.getByText(/^Account/).or(moderator.page.locator('details.who summary')).first().click();
  await moderator.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(heading(moderator.page)).toHaveText('You are signed out');
  expect(new URL(moderator.page.url()).pathname).toBe('/signed-out');
  await moderator.page.goto('/admin');
  expect(new URL(moderator.page.url()).pathname).toBe('/sign-in');
});

test('an answer moves its question to Answered on every screen at once', async ({ arrive }) => {
  const moderator = await signIn(arrive);
  const [anna, ben] = await audience(arrive);
  const question = 'When do we get an answer?';
  await anna.room.ask(question);
  const row = moderator.room.card(question);
  await expect(row.locator).toBeVisible();
  await expect(ben.room.card(question).vote).toBeEnabled();
  const [open, answered] = [await anna.room.count('Open'), await anna.room.count('Answered')];

  await row.writeAnswer('Now.\n\nAnd <b>in plain text</b>.');
  await expect(anna.room.card(question).locator, 'gone from Open').toHaveCount(0);
  for (const visitor of [anna, ben, moderator]) {
    await expect(visitor.room.tab('Open')).toHaveText(`Open ${open - 1}`);
    await expect(visitor.room.tab('Answered')).toHaveText(`Answered ${answered + 1}`);
  }
  const shown = ben.room.card(question);
  await expect(shown.answer).toContainText('And <b>in plain text</b>.');
  await expect(shown.mark('Answered')).toBeVisible();
  await expect(shown.vote).toBeDisabled();
  await anna.room.tab('Answered').click();
  await expect(anna.room.card(question).answer).toContainText('Now.');

  await moderator.room.tab('Answered').click();
  await moderator.room.card(question).act('Edit answer').click();
  await row.locator.getByRole('textbox', { name: 'Answer' }).fill('Later, after all.');
  await row.locator.getByRole('button', { name: 'Save answer' }).click();
  await expect(anna.room.card(question).answer).toContainText('Later, after all.');
  await expect(anna.room.tab('Answered')).toHaveText(`Answered ${answered + 1}`);
});

test('tags come and go on every screen', async ({ arrive }) => {
  const moderator = await signIn(arrive);
  const [anna, ben] = await audience(arrive);
  const question = 'What is this about?';
  await ben.room.ask(question);
  const row = moderator.room.card(question);
  await row.act('Tags').click();
  const names = await row.locator.getByRole('group', { name: 'Tags of this question' }).locator('.tags').getByRole('button').allInnerTexts();
  const [one, two] = names.map((name) => name.trim());
  if (one === undefined || two === undefined) throw new Error('the demo has tags');
  await row.paletteTag(one).click();
  await expect(row.paletteTag(one)).toHaveAttribute('aria-pressed', 'true');
  await row.paletteTag(two).click();
  for (const visitor of [anna, ben]) {
    await expect(visitor.room.card(question).tags).toHaveText([one, two].sort((a, b) => a.localeCompare(b, 'en')));
  }
  await row.paletteTag(one).click();
  for (const visitor of [anna, ben]) await expect(visitor.room.card(question).tags).toHaveText([two]);
});

test('a pinned question is first and marked until it is let go', async ({ arrive }) => {
  const moderator = await signIn(arrive);
  const [anna, ben] = await audience(arrive);
  const question = 'May I stand at the top?';
  await anna.room.ask(question);
  // Oldest first, so that it is last of all unless it is pinned.
  await ben.room.sortBy('Oldest');
  await expect(ben.room.card(question).locator).toBeVisible();
  await ben.room.leaveList();
  expect((await ben.room.questions()).at(-1)).toBe(question);
  const row = moderator.room.card(question);
  await row.act('Pin').click();
  await expect(row.act('Unpin')).toBeVisible();
  for (const visitor of [anna, ben]) {
    await expect(visitor.room.card(question).mark('Pinned')).toBeVisible();
  }
  await expect.poll(async () => (await ben.room.questions()).at(-1)).not.toBe(question);
  const pinned = ben.room.page.locator('#list article', { has: ben.page.locator('.mark--pinned') });
  const before = await ben.room.questions();
  expect(before.indexOf(question), 'among the pinned').toBeLessThan(await pinned.count());
  await row.act('Unpin').click();
  for (const visitor of [anna, ben]) await expect(visitor.room.card(question).mark('Pinned')).toHaveCount(0);
  await expect.poll(async () => (await ben.room.questions()).at(-1)).toBe(question);
});

test('a frozen question takes no vote from any side until it is open again', async ({ arrive }) => {
  const moderator = await signIn(arrive);
  const [anna, ben] = await audience(arrive);
  const crowd = await Person.participant(server.it.url);
  const { id, body } = await crowd.ask('Is it cold in here?');
  await anna.room.card(body).vote.click();
  await expect(ben.room.card(body).votes).toHaveText('1');
  const row = moderator.room.card(body);
  await row.act('Freeze').click();
  for (const visitor of [anna, ben]) {
    const card = visitor.room.card(body);
    await expect(card.vote).toBeDisabled();
    await expect(card.mark('Closed to votes')).toBeVisible();
  }
  await expect(row.act('Answer'), 'a frozen question takes no answer either').toBeDisabled();
  const refused = await crowd.vote(id).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({ status: 409, body: { refusal: 'frozen', message: expect.stringContaining('frozen') } });
  await row.act('Unfreeze').click();
  await expect(ben.room.card(body).vote).toBeEnabled();
  await ben.room.card(body).vote.click();
  await expect(anna.room.card(body).votes).toHaveText('2');
});

test('a vote that comes too late is taken back with its reason', async ({ arrive }) => {
  const anna = await arrive(server.it.url, { tolerate: [statusNote(409)] });
  const moderator = await Person.moderator(server.it.url, await server.it.newLink('moderator'));
  const { id, body } = await moderator.ask('Do I get in before it closes?');
  await anna.enter('/?sort=newest');
  const card = anna.room.card(body);
  // The stream tells nothing more, so the page cannot know that the question is closed.
  await anna.page.route('**/api/fn/set_vote', async (route) => {
    await moderator.mark('freeze', id);
    await route.continue();
  });
  await card.vote.click();
  await expect(anna.room.toasts).toContainText('Your vote was not counted. This question is frozen');
  await expect(card.votes).toHaveText('0');
  await expect(card.vote).toHaveAttribute('aria-pressed', 'false');
});

test('a new team and a new tag are everywhere at once', async ({ arrive }) => {
  const moderator = await signIn(arrive);
  const [anna] = await audience(arrive);
  const manage = moderator.page.locator('#manage');
  await anna.room.composerTeam.selectOption('Sales & Customer Care');
  await manage.getByText('New team', { exact: true }).click();
  await manage.getByRole('textbox', { name: 'Name' }).first().fill('Night shift');
  await manage.getByRole('button', { name: 'Create team' }).click();
  for (const visitor of [anna, moderator]) {
    await expect(visitor.room.navigation('Teams').getByRole('link', { name: 'Night shift' })).toBeVisible();
  }
  const chosen = anna.room.composerTeam.locator('option:checked');
  await expect(chosen, 'a team that comes before it does not change the choice').toHaveText('Sales & Customer Care');
  await anna.room.composerTeam.selectOption('Night shift');
  await anna.room.ask('Who is awake?');
  await expect(moderator.room.card('Who is awake?').locator).toContainText('Night shift');

  await manage.getByText('New tag', { exact: true }).click();
  const form = manage.locator('form[action$="create_tag"]');
  await form.getByRole('textbox', { name: 'Name' }).fill('After dark');
  await form.getByText('Violet').click({ force: true });
  await form.getByRole('button', { name: 'Create tag' }).click();
  await expect(anna.room.navigation('Tags').getByRole('link', { name: 'After dark' })).toBeVisible();
  const row = moderator.room.card('Who is awake?');
  await row.act('Tags').click();
  await row.paletteTag('After dark').click();
  await expect(anna.room.card('Who is awake?').tags).toHaveText(['After dark']);

  // The same name again is refused where it was typed.
  moderator.tolerate(statusNote(409));
  await form.getByRole('textbox', { name: 'Name' }).fill('after dark');
  await form.getByRole('button', { name: 'Create tag' }).click();
  await expect(form.getByRole('alert')).toHaveText('Tag with this name already exists.');
});

test('two moderators see each other’s work, and an answer that was begun is not lost', async ({ arrive }) => {
  const [one, other] = [await signIn(arrive), await signIn(arrive)];
  // The question is claimed when the second begins.
  other.tolerate(statusNote(409));
  const crowd = await Person.participant(server.it.url);
  const { body } = await crowd.ask('Who takes this one?');
  const mine = one.room.card(body);
  await mine.act('Answer').click();
  await mine.locator.getByRole('textbox', { name: 'Answer' }).fill('I had begun to');
  await other.room.card(body).act('Pin').click();
  await expect(mine.act('Unpin')).toBeVisible();
  await other.room.card(body).writeAnswer('I was quicker.');
  await one.room.tab('Answered').click();
  await expect(mine.answer).toContainText('I was quicker.');
  await expect(mine.locator.getByRole('textbox', { name: 'Answer' })).toHaveValue('I had begun to');
});
