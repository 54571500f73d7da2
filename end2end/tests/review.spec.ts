// A question on its way past the moderators, seen from both sides; and two moderators at one question.

import type { Page } from '@playwright/test';

import { LOOKS, violations, wear } from '../support/axe';
import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 844 } };

/** Switches on that questions of a tenant wait, as an admin does it. */
async function readFirst(page: Page): Promise<void> {
  await page.goto('/admin/settings');
  await page.getByLabel('Review questions before they appear').check();
  await page.getByRole('button', { name: 'Save' }).first().click();
  await page.goto('/admin/settings');
  await expect(page.getByLabel('Review questions before they appear')).toBeChecked();
}

test('a question waits, is approved, and is then on every screen; another is declined and its asker learns why', async ({ arrive }) => {
  const owner = await arrive(server.it.url);
  await owner.signIn(await server.it.newLink('owner'));
  await readFirst(owner.page);
  const [anna, ben] = [await arrive(server.it.url, PHONE), await arrive(server.it.url)];
  await Promise.all([anna.enter('/?sort=newest'), ben.enter('/?sort=newest')]);
  await owner.page.goto('/admin/review');
  const waiting = owner.page.getByRole('listitem').filter({ hasText: 'May everybody read this?' });

  await anna.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await expect(anna.page.getByText('A moderator may review your question first.')).toBeVisible();
  await anna.room.ask('May everybody read this?');
  await expect(anna.room.toasts).toContainText('A moderator will review it');
  await expect(waiting, 'it shows up by itself').toContainText('every question is reviewed first');
  await expect(ben.room.card('May everybody read this?').locator).toHaveCount(0);

  await waiting.getByRole('button', { name: 'Approve' }).click();
  await expect(ben.room.card('May everybody read this?').locator).toBeVisible();
  await expect(anna.room.card('May everybody read this?').vote, 'her own').toBeDisabled();
  await expect(anna.room.toasts).toContainText('Your question is on the board.');

  await anna.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await anna.room.ask('May nobody read this?');
  const declined = owner.page.getByRole('listitem').filter({ hasText: 'May nobody read this?' });
  await declined.getByText('Decline', { exact: true }).first().click();
  await declined.getByRole('textbox').first().fill('We had this one last week.');
  await declined.getByRole('button', { name: 'Decline' }).click();
  await expect(anna.room.toasts).toContainText('A moderator declined your question.');
  await anna.page.locator('.bar').getByRole('link', { name: 'Your questions' }).click();
  const mine = anna.page.getByRole('listitem').filter({ hasText: 'May nobody read this?' });
  await expect(mine).toContainText('Declined');
  await expect(mine).toContainText('We had this one last week.');
});

test('what one asked is edited and taken back on the phone, and reports reach the moderators', async ({ arrive }) => {
  const [anna, ben] = [await arrive(server.it.url, PHONE), await arrive(server.it.url)];
  await Promise.all([anna.enter('/t/acme?sort=newest'), ben.enter('/t/acme?sort=newest')]);
  await anna.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await anna.room.ask('Is this spelled corectly?');
  await expect(ben.room.card('Is this spelled corectly?').locator).toBeVisible();
  await anna.room.card('Is this spelled corectly?').locator.getByRole('link', { name: 'Yours' }).click();
  await anna.page.getByText('Edit question').first().click();
  await anna.page.getByRole('textbox', { name: 'Your question' }).first().fill('Is this spelled correctly?');
  await anna.page.getByRole('button', { name: 'Save' }).first().click();
  const card = ben.room.card('Is this spelled correctly?');
  await expect(card.locator, 'the other screen follows').toBeVisible();

  await card.locator.getByRole('link', { name: 'Report' }).click();
  await ben.page.getByLabel('Something else').check();
  await ben.page.getByRole('button', { name: 'Send report' }).click();
  await expect(ben.page.getByRole('heading', { level: 1 })).toHaveText('Thank you');
  const moderator = await arrive(server.it.url);
  await moderator.signIn(server.it.signInLink('acme'));
  await moderator.page.goto('/t/acme/admin/review?show=reported');
  const reported = moderator.page.getByRole('listitem', { name: 'Is this spelled correctly?' });
  await expect(reported).toContainText('1 person reported it');
  await expect(reported.getByRole('list', { name: 'Reasons given in reports' })).toContainText('Something else');
  await reported.getByText('History').click();
  await expect(reported.getByText('No activity by moderators yet.')).toBeVisible();
  await reported.getByText('History').click();
  await reported.getByRole('button', { name: 'Star' }).click();
  await reported.getByText('History').click();
  await expect(reported.locator('.history')).toContainText(/Star by .+, just now/);
  for (const look of LOOKS) {
    await wear(moderator.page, look);
    expect.soft(await violations(moderator.page), look.name).toEqual([]);
  }

  await anna.page.getByText('Withdraw', { exact: true }).first().click();
  await anna.page.getByRole('button', { name: 'Withdraw question' }).first().click();
  await expect(anna.page.getByText('Withdrawn by you').first()).toBeVisible();
  await ben.enter('/t/acme?sort=newest');
  await expect(card.locator).toHaveCount(0);
});

test('a decision loads one question, and is taken back by keyboard for as long as that is looked at', async ({ arrive }) => {
  const guest = await Person.participant(server.it.url, 'acme');
  const { body } = await guest.ask('Is the whole list loaded for each of us?');
  const moderator = await arrive(server.it.url);
  await moderator.signIn(await server.it.newLink('moderator', 'acme'));
  const loads: string[] = [];
  moderator.page.on('request', (request) => {
    if (request.url().includes('/api/fn/load_')) loads.push(new URL(request.url()).pathname);
  });
  await moderator.page.goto('/t/acme/admin/review?show=all');
  const item = moderator.page.getByRole('listitem', { name: body });
  // The stream's beginning is told by one load of the list.
  await expect.poll(() => loads).toEqual(['/api/fn/load_review']);
  const waiting = moderator.page.getByRole('link', { name: /^Waiting/ }).locator('b');
  const before = Number(await waiting.textContent());
  await item.getByRole('button', { name: 'Hold for review' }).focus();
  await moderator.page.keyboard.press('Enter');
  await expect(item.getByRole('button', { name: 'Approve' })).toBeVisible();
  await expect(waiting, 'the counts follow').toHaveText(String(before + 1));
  await expect(moderator.room.toasts).toContainText('On hold for review.');
  const undo = moderator.room.toasts.getByRole('button', { name: 'Undo' });
  await expect(undo).toBeInViewport();
  for (let presses = 0; presses < 200 && !(await undo.evaluate((it) => it === document.activeElement)); presses += 1) {
    await moderator.page.keyboard.press('Shift+Tab');
  }
  await expect(undo).toBeFocused();
  await guest.ask('Does another question change the list meanwhile?');
  await expect(moderator.page.getByRole('listitem', { name: 'Does another question' })).toBeVisible();
  await moderator.page.keyboard.press('Enter');
  await expect(item.getByRole('button', { name: 'Hold for review' })).toBeVisible();
  await expect.poll(async () => (await guest.find(body))?.status).toBe('OPEN');
  expect(loads.filter((path) => path !== '/api/fn/load_case'), 'the list once').toEqual(['/api/fn/load_review']);
});

test('no bar covers a part of a small button, wherever the page is', async ({ arrive }) => {
  test.setTimeout(90_000);
  const moderator = await arrive(server.it.url);
  await moderator.signIn(await server.it.newLink('moderator', 'acme'));
  await moderator.page.goto('/t/acme/admin/review?show=all');
  await expect(moderator.page.getByRole('listitem').first()).toBeVisible();
  for (let top = 0; top <= 480; top += 24) {
    await moderator.page.evaluate((y) => window.scrollTo({ top: y, behavior: 'instant' }), top);
    expect.soft(await violations(moderator.page, ['target-size']), `scrolled by ${top}`).toEqual([]);
  }
});

test('what a moderator types under review outlives what others do, and is not saved over what they have not seen', async ({
  arrive,
}) => {
  const crowd = await Person.participant(server.it.url, 'acme');
  const { body, id } = await crowd.ask('Who pays fro the coffee?');
  const first = await arrive(server.it.url, { tolerate: [statusNote(409)] });
  const second = await arrive(server.it.url);
  for (const moderator of [first, second]) {
    await moderator.signIn(await server.it.newLink('moderator', 'acme'));
    await moderator.page.goto('/t/acme/admin/review?show=all');
  }
  // Its name changes with its text.
  const card = ({ page }: Visitor) => page.locator(`li[aria-labelledby="case-${id}"]`);
  const [mine, theirs] = [card(first), card(second)];
  await expect(mine).toContainText(body);
  const reason = mine.getByLabel('Reason, shown to the person who asked');
  const text = mine.getByRole('textbox', { name: 'Text', exact: true });
  const message = mine.getByLabel('Message to the person who asked');
  await mine.getByText('Decline').first().click();
  await reason.fill('Coffee is free.');
  await mine.getByText('Edit, label, merge').click();
  await text.fill('Who pays for the coffee, and why?');
  await mine.getByText('Private messages').click();
  await message.fill('Half a sentence');

  // This page loads its list again when a moderator has done something, and shows the votes as they are then.
  await (await Person.participant(server.it.url, 'acme')).vote(id);
  await theirs.getByRole('button', { name: 'Star' }).click();
  await theirs.getByText('Edit, label, merge').click();
  await theirs.getByLabel('Label, only moderators see it').fill('money');
  await theirs.getByRole('button', { name: 'Save label' }).click();
  await expect(mine.getByRole('button', { name: 'Starred' })).toBeVisible();
  await expect(mine).toContainText('money');
  await expect(mine).toContainText('1 vote');
  await theirs.getByRole('textbox', { name: 'Text', exact: true }).fill('Who pays for the coffee?');
  await theirs.getByRole('button', { name: 'Save text' }).click();
  await expect(mine.locator('.words')).toHaveText('Who pays for the coffee?');
  await expect(reason).toHaveValue('Coffee is free.');
  await expect(text).toHaveValue('Who pays for the coffee, and why?');
  await expect(message).toHaveValue('Half a sentence');

  await mine.getByRole('button', { name: 'Save text' }).click();
  await expect(first.page.getByText('Someone else just changed this question')).toBeVisible();
  await expect(text, 'nothing that was typed is lost').toHaveValue('Who pays for the coffee, and why?');
  await expect(theirs.locator('.words')).toHaveText('Who pays for the coffee?');
  await mine.getByRole('button', { name: 'Save text' }).click();
  await expect(theirs.locator('.words'), 'now they have seen it').toHaveText('Who pays for the coffee, and why?');
  await expect(theirs.getByRole('textbox', { name: 'Text', exact: true })).toHaveValue('Who pays for the coffee, and why?');
});

test('two moderators see each other at work, and the second to save is told', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url, 'acme');
  const { body } = await crowd.ask('Who of you answers?');
  const options = { tolerate: [statusNote(409)] };
  const [first, second] = [await arrive(server.it.url, options), await arrive(server.it.url, options)];
  for (const moderator of [first, second]) {
    await moderator.signIn(await server.it.newLink('moderator', 'acme'));
    await moderator.enter('/t/acme/admin?sort=newest');
  }
  const [mine, theirs] = [first.room.card(body), second.room.card(body)];
  await mine.act('Answer').click();
  await expect(theirs.locator).toContainText('Another moderator is answering this');
  await theirs.act('Answer').click();
  await expect(theirs.locator).toContainText('Whoever saves second is told what changed.');
  await mine.locator.getByRole('textbox', { name: 'Answer' }).fill('I **do**.');
  await theirs.locator.getByRole('textbox', { name: 'Answer' }).fill('No, I do.');
  await mine.locator.getByRole('button', { name: 'Save answer' }).click();
  await expect(first.room.toasts).toContainText('Answered.');
  await theirs.locator.getByRole('button', { name: 'Save answer' }).click();
  await expect(theirs.locator, 'nothing is overwritten').toContainText('changed');
  await expect(theirs.locator.getByRole('textbox', { name: 'Answer' }), 'and nothing lost').toHaveValue('No, I do.');

  await first.room.toasts.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await crowd.find(body))?.status).toBe('OPEN');
});
