// What the one who asked and the moderators write to each other, and a question that became part of another.

import { LOOKS, violations, wear } from '../support/axe';
import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen, statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 844 } };

/** A moderator at the review page of a room. */
async function review(moderator: Visitor, link: string, show = 'all'): Promise<void> {
  await signInUnseen(moderator.page, link);
  await moderator.page.goto(`/t/acme/admin/review?show=${show}`);
}

test('an asker and a moderator write to each other, and on from another device by the private link', async ({ arrive }) => {
  test.setTimeout(90_000);
  const asker = await (await arrive(server.it.url, PHONE)).enter('/t/acme?sort=newest');
  await asker.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await asker.room.ask('Whom may I tell about the harassment?');
  await expect(asker.room.card('Whom may I tell about the harassment?').locator).toBeVisible();

  const moderator = await arrive(server.it.url);
  await review(moderator, server.it.signInLink('acme'));
  const item = moderator.page.getByRole('listitem', { name: 'Whom may I tell about the harassment?' });
  await item.getByText('Private messages').click();
  await item.getByLabel('Message to the person who asked').fill('Would you rather talk to us alone?');
  await item.getByRole('button', { name: 'Send' }).click();
  await expect(item.locator('.thread')).toContainText('Would you rather talk to us alone?');
  await expect(item.getByLabel('Message to the person who asked')).toHaveValue('');

  await expect(asker.room.toasts).toContainText('The moderators wrote to you');
  await asker.page.locator('.bar').getByRole('link', { name: 'Your questions' }).click();
  const own = asker.page.getByRole('listitem').filter({ hasText: 'Whom may I tell' });
  await own.getByRole('link', { name: 'The moderators wrote to you' }).click();
  await expect(asker.page.getByRole('heading', { level: 1 })).toHaveText('Private messages');
  await expect(asker.page.locator('.thread')).toContainText('Would you rather talk to us alone?');
  await asker.page.getByLabel('Your message').fill('Yes, <b>please</b>.');
  await asker.page.getByRole('button', { name: 'Send' }).click();
  await expect(asker.page.locator('.thread')).toContainText('Yes, <b>please</b>.');
  await expect(item.locator('.thread'), 'it comes by itself').toContainText('Yes, <b>please</b>.');
  await expect(item.getByText('Private messages: 1 new')).toBeVisible();

  await asker.page.getByText('On another device', { exact: true }).click();
  await asker.page.getByRole('button', { name: 'Create private link' }).click();
  const link = await asker.page.getByLabel('Your private link').inputValue();
  for (const look of LOOKS) {
    await wear(asker.page, look);
    expect.soft(await violations(asker.page), look.name).toEqual([]);
  }
  const elsewhere = await arrive(server.it.url, { ...PHONE, tolerate: [statusNote(410)] });
  await elsewhere.page.goto(link);
  await expect(elsewhere.page.locator('.thread')).toContainText('Would you rather talk to us alone?');
  await expect(elsewhere.page.getByText('On another device', { exact: true }), 'a link makes no link').toHaveCount(0);
  await elsewhere.page.getByLabel('Your message').fill('Now from home.');
  await elsewhere.page.getByRole('button', { name: 'Send' }).click();
  await expect(item.locator('.thread')).toContainText('Now from home.');
  expect(await violations(moderator.page), 'the box of the moderators').toEqual([]);

  await asker.page.getByText('On another device', { exact: true }).click();
  await asker.page.getByRole('button', { name: 'Revoke link' }).click();
  expect((await elsewhere.page.goto(link))?.status(), 'the link is gone').toBe(410);
});

test('two questions become one with the votes of both, and two again', async ({ arrive }) => {
  const [ana, bo, cleo] = await Promise.all([1, 2, 3].map(() => Person.participant(server.it.url, 'acme')));
  if (ana === undefined || bo === undefined || cleo === undefined) throw new Error('nobody came');
  const first = await ana.ask('Shall we have a canteen again?');
  const second = await bo.ask('When does the canteen open again?');
  // Cleo wants both, and counts once where they are one.
  await Promise.all([cleo.vote(first.id), cleo.vote(second.id), ana.vote(second.id)]);
  const watcher = await (await arrive(server.it.url)).enter('/t/acme?sort=newest');
  await expect(watcher.room.card(first.body).vote).toContainText('1');

  const moderator = await arrive(server.it.url);
  await review(moderator, await server.it.newLink('moderator', 'acme'));
  const item = moderator.page.getByRole('listitem', { name: second.body });
  await item.getByText('Edit, label, merge').click();
  await item.getByLabel('Merge into').selectOption({ label: first.body });
  await item.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(watcher.room.card(second.body).locator).toHaveCount(0);
  await expect.poll(async () => (await ana.find(first.body))?.upvotes, { message: 'each voter once, whoever asked' }).toBe(2);

  await moderator.page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(watcher.room.card(second.body).locator).toBeVisible();
  await expect.poll(async () => (await ana.find(second.body))?.upvotes).toBe(2);
  await expect.poll(async () => (await ana.find(first.body))?.upvotes).toBe(1);
});

test('the review page hears of what came before its stream was open, and opens a refused stream again', async ({ arrive }) => {
  const guest = await Person.participant(server.it.url, 'acme');
  const moderator = await arrive(server.it.url, { tolerate: [statusNote(503)] });
  let letThrough = () => {};
  const gate = new Promise<void>((resolve) => (letThrough = resolve));
  let tries = 0;
  await moderator.page.route('**/sse?*', async (route) => {
    tries += 1;
    if (tries === 1) return route.fulfill({ status: 503, body: 'busy' });
    await gate;
    return route.continue();
  });
  await review(moderator, await server.it.newLink('moderator', 'acme'));
  await expect(moderator.page.getByRole('heading', { level: 1 })).toHaveText('Review');
  await expect.poll(() => tries).toBeGreaterThan(1);
  const { body } = await guest.ask('Did anybody hear this one?');
  const item = moderator.page.getByRole('listitem', { name: body });
  await expect(item).toHaveCount(0);
  letThrough();
  await expect(item).toBeVisible();
});
