// JavaScript switched off: the page reads, asks and votes.

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });

/** The page's head asks for the WebAssembly early, and Chromium wonders why nobody uses it. */
const OFF = { javaScriptEnabled: false, tolerate: [/preloaded using link preload but not used/] };
const PHONE = { ...OFF, viewport: { width: 390, height: 844 } };

test('the page reads', async ({ arrive }) => {
  const anna = await arrive(server.it.url, OFF);
  await anna.page.goto('/');
  const person = await Person.participant(server.it.url);
  const all = Object.values((await person.board()).board.questions);
  const open = all.filter(({ status }) => status === 'OPEN');
  await expect(anna.room.cards).toHaveCount(open.length);
  await expect(anna.page.locator('noscript p')).toContainText('JavaScript is off.');
  await expect(anna.page.locator('noscript p')).toBeVisible();
  await anna.room.tab('Answered').click();
  await expect(anna.room.cards).toHaveCount(all.length - open.length);
  await expect(anna.room.cards.first().getByRole('group', { name: 'Answer', exact: true })).toBeVisible();
  await anna.room.sortBy('Oldest');
  expect(new URL(anna.page.url()).search).toBe('?tab=answered&sort=oldest');
  await expect(anna.page.locator('header .badge'), 'nothing claims to be live').toBeHidden();
});

test('asking and voting are plain forms that lead back to the page', async ({ arrive }) => {
  const anna = await arrive(server.it.url, OFF);
  await anna.page.goto('/?sort=newest');
  const team = await anna.room.composerTeam.locator('option').last().innerText();
  await anna.room.composerTeam.selectOption(team);
  await anna.room.ask('Do you hear me without a script?');
  expect(new URL(anna.page.url()).pathname + new URL(anna.page.url()).search).toBe('/?sort=newest');
  const said = anna.page.locator('noscript [role=status]');
  await expect(said, 'the page says so').toContainText('Your question was sent.');
  const card = anna.room.card('Do you hear me without a script?');
  await expect(card.locator).toContainText(team);
  await expect(anna.room.composer).toHaveValue('');

  await expect(card.vote, 'nobody votes for their own question').toBeDisabled();

  const { body } = await (await Person.participant(server.it.url)).ask('Do others hear me without a script?');
  await anna.page.reload();
  const other = anna.room.card(body);
  await other.vote.click();
  await expect(other.vote).toHaveAttribute('aria-pressed', 'true');
  await expect(other.votes).toHaveText('1');
  expect(new URL(anna.page.url()).search, 'back where it was').toBe('?sort=newest');
  await other.vote.click();
  await expect(other.vote).toHaveAttribute('aria-pressed', 'false');
  await expect(other.votes).toHaveText('0');

  await anna.page.reload();
  await expect(card.locator, 'a reload asks nothing again').toHaveCount(1);
});

test('a form that is sent twice is one question', async ({ arrive }) => {
  const anna = await arrive(server.it.url, OFF);
  await anna.page.goto('/?sort=newest');
  await anna.room.composer.fill('Am I alone?');
  const form = await anna.page.locator('form[action="/api/fn/ask"]').evaluate((form: HTMLFormElement) =>
    Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)])),
  );
  expect(form.question).toBe('Am I alone?');
  for (let time = 0; time < 2; time += 1) {
    const answer = await anna.page.request.post('/api/fn/ask', {
      form,
      headers: { accept: 'text/html', referer: anna.page.url() },
      maxRedirects: 0,
    });
    expect(answer.status()).toBe(303);
    expect(answer.headers().location).toBe(anna.page.url());
  }
  await anna.page.reload();
  await expect(anna.room.card('Am I alone?').locator).toHaveCount(1);
});

for (const [where, options] of Object.entries({ 'a desk': OFF, 'a phone': PHONE })) {
  test(`a refused question is explained on the page, on ${where}`, async ({ arrive }) => {
    const anna = await arrive(server.it.url, { ...options, tolerate: [statusNote(422)] });
    // On a phone the composer is behind a button.
    const open = async () => {
      if (options === PHONE) await anna.page.getByRole('button', { name: 'Ask a question' }).first().click();
    };
    const compose = async (text: string) => {
      await open();
      await anna.room.composer.fill(text);
    };
    for (const [typed, why] of [
      ['   ', 'Your question was not sent. The question is empty.'],
      ['a   ', 'Your question was not sent. The question is too short: at least 3 characters.'],
    ] as const) {
      await anna.page.goto('/?sort=newest');
      await compose(typed);
      await anna.room.askButton.click();
      await expect(anna.page.getByText(why).first()).toBeVisible();
      await open();
      await expect(anna.room.composer, 'what was typed is kept').toHaveValue(typed);
    }
    await anna.room.composer.fill('Is this one long enough?');
    await anna.room.askButton.click();
    expect(new URL(anna.page.url()).search, 'the filters are kept').toBe('?sort=newest');
    await expect(anna.room.card('Is this one long enough?').locator.first()).toBeVisible();
  });
}

test('a moderator pins and freezes without a script', async ({ arrive }) => {
  const person = await Person.participant(server.it.url);
  const { body } = await person.ask('Is the queue made of forms, too?');
  const moderator = await arrive(server.it.url, OFF);
  await moderator.signIn(server.it.signInLink());
  const row = moderator.room.card(body);
  await row.act('Pin').click();
  await expect(row.mark('Pinned')).toBeVisible();
  await row.act('Freeze').click();
  await expect(row.mark('Closed to votes')).toBeVisible();
  expect(await person.find(body)).toMatchObject({ pinned: expect.anything(), frozen: expect.anything() });
  await row.act('Unfreeze').click();
  await expect(row.mark('Closed to votes')).toHaveCount(0);
});
