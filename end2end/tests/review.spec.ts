// A question on its way past the moderators, seen from both sides; and two moderators at one question.

import type { Page } from '@playwright/test';

import { LOOKS, violations, wear } from '../support/axe';
import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 844 } };

/** Switches on that questions of a tenant wait, as an admin does it. */
async function readFirst(page: Page): Promise<void> {
  await page.goto('/admin/settings');
  await page.getByLabel('Questions wait for a moderator').check();
  await page.getByRole('button', { name: 'Save' }).first().click();
  await page.goto('/admin/settings');
  await expect(page.getByLabel('Questions wait for a moderator')).toBeChecked();
}

test('a question waits, is approved, and is then on every screen; another is declined and its asker learns why', async ({ arrive }) => {
  const owner = await arrive(server.it.url);
  await owner.page.goto(await server.it.newLink('owner'));
  await readFirst(owner.page);
  const [anna, ben] = [await arrive(server.it.url, PHONE), await arrive(server.it.url)];
  await Promise.all([anna.enter('/?sort=newest'), ben.enter('/?sort=newest')]);
  await owner.page.goto('/admin/review');
  const waiting = owner.page.getByRole('listitem').filter({ hasText: 'May everybody read this?' });

  await anna.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await expect(anna.page.getByText('A moderator reads your question before others see it.')).toBeVisible();
  await anna.room.ask('May everybody read this?');
  await expect(anna.room.toasts).toContainText('A moderator reads it first');
  await expect(waiting, 'it shows up by itself').toContainText('every question here does');
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
  await anna.page.getByText('Change the text').first().click();
  await anna.page.getByRole('textbox', { name: 'Your question' }).first().fill('Is this spelled correctly?');
  await anna.page.getByRole('button', { name: 'Save' }).first().click();
  const card = ben.room.card('Is this spelled correctly?');
  await expect(card.locator, 'the other screen follows').toBeVisible();

  await card.locator.getByRole('link', { name: 'Report' }).click();
  await ben.page.getByLabel('It is something else').check();
  await ben.page.getByRole('button', { name: 'Report it' }).click();
  await expect(ben.page.getByRole('heading', { level: 1 })).toHaveText('Thank you');
  const moderator = await arrive(server.it.url);
  await moderator.page.goto(server.it.signInLink('acme'));
  await moderator.page.goto('/t/acme/admin/review?show=reported');
  const reported = moderator.page.getByRole('listitem', { name: 'Is this spelled correctly?' });
  await expect(reported).toContainText('1 person reported it');
  await expect(reported.getByRole('list', { name: 'Reasons of the reports' })).toContainText('It is something else');
  await reported.getByText('History').click();
  await expect(reported.getByText('No moderator has done anything to it.')).toBeVisible();
  await reported.getByText('History').click();
  await reported.getByRole('button', { name: 'Star' }).click();
  await reported.getByText('History').click();
  await expect(reported.locator('.history')).toContainText(/Star by .+, just now/);
  for (const look of LOOKS) {
    await wear(moderator.page, look);
    expect.soft(await violations(moderator.page), look.name).toEqual([]);
  }

  await anna.page.getByText('Take it back').first().click();
  await anna.page.getByRole('button', { name: 'Take it back' }).first().click();
  await expect(anna.page.getByText('You took it back').first()).toBeVisible();
  await ben.enter('/t/acme?sort=newest');
  await expect(card.locator).toHaveCount(0);
});

test('two moderators see each other at work, and the second to save is told', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url, 'acme');
  const { body } = await crowd.ask('Who of you answers?');
  const options = { tolerate: [statusNote(409)] };
  const [first, second] = [await arrive(server.it.url, options), await arrive(server.it.url, options)];
  for (const moderator of [first, second]) {
    await moderator.page.goto(await server.it.newLink('moderator', 'acme'));
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
