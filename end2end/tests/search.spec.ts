// Finding before asking: the search box, what is like a question that is being written, the same question twice, and the
// moderator's merge by one key.

import { Person } from '../support/api';
import { LOOKS, violations, wear } from '../support/axe';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote } from '../support/visitor';

const server = serverForThisFile();

const PHONE = { viewport: { width: 390, height: 844 } };
const TEXTS = ['When do we move to the new office?', 'Öffnet die Straße nach Zürich?', 'Will salaries go up this year?'];

test.beforeAll(async () => {
  const asker = await Person.participant(server.it.url);
  for (const text of TEXTS) await asker.ask(text);
});

/** What was read aloud in the page's status regions, in order and each text once in a row. */
async function listen(page: import('@playwright/test').Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    new MutationObserver(() => {
      for (const region of document.querySelectorAll('[role=status]')) {
        const text = region.textContent?.trim() ?? '';
        if (text && heard.at(-1) !== text && /question/.test(text)) heard.push(text);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
}

test('by keyboard: a slash leads to the box, results come while one types, Escape ends it', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter();
  const box = page.getByRole('searchbox', { name: 'Search questions' });
  await page.keyboard.press('/');
  await expect(box).toBeFocused();
  const heard = await listen(page);
  await page.keyboard.type('strasse', { delay: 20 });
  await expect(page).toHaveURL('/?find=strasse');
  await expect(page.getByRole('heading', { name: '1 question matches “strasse”' })).toBeVisible();
  expect(await room.questions()).toEqual(['Öffnet die Straße nach Zürich?']);
  expect((await heard()).filter((text) => text.includes('strasse'))).toEqual(['1 question matches “strasse”']);
  await page.reload();
  await room.live();
  expect(await room.questions()).toEqual(['Öffnet die Straße nach Zürich?']);
  await box.focus();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL('/');
  await expect(room.cards).toHaveCount(TEXTS.length);
  await page.keyboard.type('a/b');
  await expect(box, 'a slash in a field is a slash').toHaveValue('a/b');
});

test('nothing found says so and leads to asking; what is found can be voted for and stays live', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url, PHONE)).enter('/?find=zzzz');
  await expect(page.getByRole('heading', { name: 'No questions match “zzzz”' })).toBeVisible();
  await page.getByRole('button', { name: 'Ask it' }).click();
  await expect(room.composer).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').fill('salaries');
  const card = room.card('Will salaries go up this year?');
  await expect(card.locator).toBeVisible();
  await card.vote.click();
  await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
  const other = await Person.participant(server.it.url);
  const question = await other.find('Will salaries go up this year?');
  await other.vote(question?.id ?? '');
  await expect(card.locator.locator('.vote__count')).toHaveText('2');
  await other.ask('Do salaries depend on the team?');
  await expect(room.card('Do salaries depend on the team?').locator, 'a new one comes by itself').toBeVisible();
});

test('without script the form leads to the same page', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { javaScriptEnabled: false });
  await page.goto('/?tab=all');
  await page.getByRole('searchbox', { name: 'Search questions' }).fill('ZURICH');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/?tab=all&find=ZURICH');
  expect(await room.questions()).toEqual(['Öffnet die Straße nach Zürich?']);
  await page.getByRole('link', { name: 'Show all questions' }).click();
  await expect(page).toHaveURL('/?tab=all');
});

test('what is like the question that one writes appears below, said once, and can be voted for', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter();
  const heard = await listen(page);
  const area = room.composer;
  const send = page.getByRole('button', { name: 'Ask', exact: true });
  const before = await send.boundingBox();
  await area.pressSequentially('when are we moving into the ofice', { delay: 10 });
  const similar = page.getByRole('region', { name: 'Similar questions' });
  const first = similar.getByRole('listitem').first();
  await expect(first).toContainText('When do we move to the new office?');
  expect((await send.boundingBox())?.y, 'the button stays where it was').toBe(before?.y);
  await first.getByRole('button', { name: /Upvote/ }).click();
  await expect(first.getByRole('button', { name: /Upvote/ })).toHaveAttribute('aria-pressed', 'true');
  expect((await heard()).filter((text) => text.includes('similar')).length).toBe(1);
  await similar.getByRole('button', { name: 'Hide similar questions' }).click();
  await expect(first).toHaveCount(0);
  await area.press('x');
  await expect(first, 'it stays away for this question').toHaveCount(0);
});

test('the same text is asked again only on purpose', async ({ arrive }) => {
  const visitor = await arrive(server.it.url, { tolerate: [statusNote(409)] });
  const { page, room } = await visitor.enter();
  await room.ask('Is there a canteen?');
  await expect(room.toasts).toContainText('Your question was sent.');
  await room.ask('is there a CANTEEN');
  await expect(page.getByText('You already asked this. Ask again?')).toBeVisible();
  await page.getByRole('button', { name: 'Ask again' }).click();
  await expect(room.card('is there a CANTEEN').locator).toBeVisible();
});

test('a moderator sees what is like a question and merges it by a key', async ({ arrive }) => {
  const asker = await Person.participant(server.it.url);
  await asker.ask('Who pays for the shuttle bus?');
  await asker.ask('Who is paying the shuttle buses?');
  const owner = await arrive(server.it.url);
  await owner.signIn(await server.it.newLink('owner'));
  await owner.page.goto('/admin/review?show=all');
  const card = owner.page.getByRole('listitem', { name: 'Who is paying the shuttle buses?', exact: true });
  await expect(card.getByRole('group', { name: 'Similar questions' })).toContainText('Who pays for the shuttle bus?');
  for (const look of LOOKS) {
    await wear(owner.page, look);
    expect(await violations(owner.page), look.name).toEqual([]);
  }
  await card.getByRole('button').first().focus();
  await owner.page.keyboard.press('1');
  await expect(owner.page.getByText("Merged. Each person's vote counts once.")).toBeVisible();
  await expect.poll(async () => asker.find('Who is paying the shuttle buses?')).toBe(undefined);
});

test('results and similar questions are right for everybody', async ({ arrive }) => {
  const { page, room } = await (await arrive(server.it.url)).enter('/?find=office');
  await expect(room.cards).toHaveCount(1);
  for (const look of LOOKS) {
    await wear(page, look);
    expect(await violations(page), look.name).toEqual([]);
  }
  await wear(page, LOOKS[0]);
  await page.goto('/');
  await room.live();
  await room.composer.fill('When do we move to the new office?');
  const similar = page.getByRole('region', { name: 'Similar questions' }).getByRole('listitem').first();
  await expect(similar).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await wear(page, LOOKS[3]);
  await room.askBar.click();
  await expect(similar, 'in the sheet of a phone too').toBeVisible();
  // What the sheet covers in part is no smaller for it: nobody means it while the sheet is open.
  const isCovered = (line: string) => line.startsWith('target-size:') && line.includes('partially obscured');
  expect((await violations(page)).filter((line) => !isCovered(line))).toEqual([]);
});
