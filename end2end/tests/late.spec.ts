// Answers of the server that come late: after the moderator has gone on, or after a newer one.

import type { Page, Route } from '@playwright/test';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import type { Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });

type Arrive = (origin: string) => Promise<Visitor>;

const moderator = async (arrive: Arrive): Promise<Visitor> =>
  (await arrive(server.it.url)).enterBy(await server.it.newLink('owner'));

interface Held {
  /** The server has answered, and the page waits. */
  held: Promise<void>;
  /** Lets the page have the answer, and the time to take it in. */
  release: () => Promise<void>;
}

/** Keeps back the first answer of a server function. */
async function holdFirst(page: Page, endpoint: string): Promise<Held> {
  const address = `**/api/fn/${endpoint}*`;
  let isFirst = true;
  let caught: (deliver: () => Promise<void>) => void;
  const deliver = new Promise<() => Promise<void>>((resolve) => (caught = resolve));
  await page.route(address, async (route: Route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    const response = await route.fetch();
    caught(() => route.fulfill({ response }));
  });
  return {
    held: deliver.then(() => undefined),
    release: async () => {
      const arrived = page.waitForResponse(address);
      await (await deliver)();
      await (await arrived).finished();
      await page.evaluate(() => new Promise(requestAnimationFrame));
    },
  };
}

test('an editor that was put away before its claim was answered leaves the page whole', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Who opens this by mistake?');
  const { page, room } = await (await moderator(arrive)).enter('/admin?sort=newest');
  const row = room.card(body);
  const claim = await holdFirst(page, 'claim');
  await row.act('Answer').click();
  await claim.held;
  await row.locator.getByRole('button', { name: 'Cancel' }).click();
  await expect(row.locator.getByRole('textbox', { name: 'Answer' })).toHaveCount(0);
  await claim.release();
  await row.writeAnswer('Nobody.');
  await expect(room.toasts).toContainText('Answered.');
});

test('what was kept for later closes no editor that was opened since', async ({ arrive }) => {
  const { body } = await (await Person.participant(server.it.url)).ask('Who keeps this for later?');
  const { page, room } = await (await moderator(arrive)).enter('/admin?sort=newest');
  const row = room.card(body);
  const editor = row.locator.getByRole('textbox', { name: 'Answer' });
  const draft = await holdFirst(page, 'draft');
  await row.act('Answer').click();
  await editor.fill('Later');
  await row.locator.getByRole('button', { name: 'Save draft' }).click();
  await draft.held;
  await row.locator.getByRole('button', { name: 'Cancel' }).click();
  await row.act('Answer').click();
  await expect(editor, 'it is there for whoever goes on').toHaveValue('Later');
  await editor.fill('Later, and more');
  await draft.release();
  await expect(room.toasts).toContainText('Draft saved.');
  await expect(editor).toHaveValue('Later, and more');
});

test('a list that was asked for earlier and comes later takes nothing back', async ({ arrive }) => {
  const crowd = await Person.participant(server.it.url);
  const { page } = await moderator(arrive);
  // The first is asked for when the page's stream opens.
  const older = await holdFirst(page, 'load_review');
  await page.goto('/admin/review?show=all');
  await older.held;
  const { body } = await crowd.ask('Is this in the newer list alone?');
  await older.release();
  // What changed while the list was on its way is looked up after it.
  await expect(page.getByRole('listitem').filter({ hasText: body })).toBeVisible();
});
