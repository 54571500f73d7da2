// Pictures of every page, taken when SHOTS names a folder for them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { LOOKS, wear } from '../support/axe';
import { ADMIN_PAGES, furnish, invite, member, owner, REVIEWS } from '../support/rooms';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { NETWORK_NOTES, signInUnseen, statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true });
let bare: Server;
test.beforeAll(async () => {
  bare = await Server.start();
});
test.afterAll(async () => {
  await bare.stop();
});

async function shoot({ page }: Visitor, name: string): Promise<void> {
  const folder = process.env.SHOTS;
  if (folder === undefined) throw new Error('SHOTS names no folder');
  mkdirSync(folder, { recursive: true });
  for (const look of LOOKS) {
    await wear(page, look);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${name}-${look.name.replace(', ', '-')}.png`), animations: 'disabled' });
  }
}

test('pages with questions', { tag: '@shots' }, async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  for (const [name, path] of Object.entries({ questions: '/', answered: '/?tab=answered', acme: '/t/acme' })) {
    await anna.enter(path);
    await shoot(anna, name);
  }
  await anna.page.setViewportSize({ width: 390, height: 844 });
  await anna.page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await expect(anna.room.composer).toBeVisible();
  await shoot(anna, 'composer');

  const moderator = await arrive(server.it.url);
  await moderator.signIn(server.it.signInLink());
  await moderator.room.live();
  await shoot(moderator, 'queue');
  const [first] = await moderator.room.questions();
  await moderator.room.card(first ?? '').act('Tags').click();
  await shoot(moderator, 'queue-tags');

  await anna.page.setViewportSize({ width: 1440, height: 900 });
  await anna.enter('/');
  await moderator.page.goto('/admin/health');
  await moderator.room.live();
  await anna.room.ask('Who looks at these figures?');
  await expect(moderator.page.locator('.admin__cards')).toContainText('in all');
  await shoot(moderator, 'health');
});

test('admin pages, full and empty', { tag: '@shots' }, async ({ arrive }) => {
  test.setTimeout(240_000);
  await furnish(await owner(server.it));
  for (const [house, what] of [
    [server.it, ''],
    [bare, '-empty'],
  ] as const) {
    const admin = await arrive(house.url);
    await signInUnseen(admin.page, await house.newLink('owner'));
    await admin.enter('/admin');
    await shoot(admin, `admin-queue${what}`);
    for (const { path } of ADMIN_PAGES.slice(1)) {
      await admin.page.goto(`/admin/${path}`);
      await shoot(admin, `admin-${path}${what}`);
    }
    for (const show of what === '' ? REVIEWS : []) {
      await admin.page.goto(`/admin/review?show=${show}`);
      await shoot(admin, `admin-review-${show}`);
    }
  }
});

test('account pages', { tag: '@shots' }, async ({ arrive }) => {
  test.setTimeout(120_000);
  const by = await owner(server.it);
  const anna = await arrive(server.it.url, { tolerate: [401, 404, 410, 422].map(statusNote) });
  const email = await member(by, 'Eli Shoot', 'moderator');
  const open = async (name: string, path: string) => {
    await anna.page.goto(path);
    await shoot(anna, `account-${name}`);
  };
  await open('sign-in', '/sign-in');
  await anna.page.getByRole('textbox', { name: 'Email' }).fill(email);
  await anna.page.getByLabel('Password').fill('not that one');
  await anna.page.getByRole('button', { name: 'Sign in' }).click();
  await shoot(anna, 'account-sign-in-refused');
  await open('invitation', await invite(by, 'Fay Shoot', 'member'));
  await open('role-link', await server.it.newLink('moderator'));
  await open('spent', '/sign-in/spent');
  await open('claim', bare.claimLink());
  await open('join', '/join');
  await open('join-wrong', '/join?code=!!');
  await open('join-none', '/j/ZZZZZZ');
  await open('mine', '/mine');
  await open('erase', '/mine/erase');
  await signInUnseen(anna.page, await server.it.newLink('owner'));
  await open('password', '/password');
});

test('pages without', { tag: '@shots' }, async ({ arrive }) => {
  // Before anybody watches. The link is followed without opening its page, which would.
  const unseen = await Server.start();
  // It stays open when its server stops.
  const admin = await arrive(unseen.url, { tolerate: [NETWORK_NOTES] });
  await signInUnseen(admin.page, await unseen.newLink('admin'));
  await admin.page.goto('/admin/health');
  await admin.room.live();
  await expect(admin.page.getByRole('heading', { name: 'No open pages' })).toBeVisible();
  await shoot(admin, 'health-empty');
  await unseen.stop();

  const anna = await arrive(bare.url, { tolerate: [NETWORK_NOTES, ...[403, 404, 410].map(statusNote)] });
  await anna.enter('/');
  await shoot(anna, 'questions-empty');
  for (const [name, path] of Object.entries({ 'not-found': '/nowhere', 'link-used': '/sign-in/spent' })) {
    await anna.page.goto(path);
    await shoot(anna, name);
  }
  await anna.signIn(await bare.newLink('owner'));
  await anna.room.live();
  await shoot(anna, 'queue-empty');
  await anna.context.setOffline(true);
  await expect(anna.room.badge).toHaveText('Offline');
  await shoot(anna, 'queue-offline');
});

test('finding, waiting and what the network lets through', { tag: '@shots' }, async ({ arrive }) => {
  test.setTimeout(120_000);
  const anna = await arrive(server.it.url, { tolerate: [NETWORK_NOTES, /net::ERR_FAILED/] });
  const { page, room } = anna;
  await anna.enter('/?find=office');
  await shoot(anna, 'find');
  await anna.enter('/?find=nothinghasthis');
  await shoot(anna, 'find-none');
  for (const [name, width, height] of [['phone', 390, 844], ['desk', 1440, 900]] as const) {
    await page.setViewportSize({ width, height });
    await anna.enter('/');
    if (name === 'phone') await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
    await room.composer.fill('When do we move to the new office?');
    await expect(page.locator('.similar li').first()).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(process.env.SHOTS ?? '', `similar-${name}-${colorScheme}.png`), animations: 'disabled' });
    }
  }
  await room.composer.fill('');
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(2);
  await anna.context.setOffline(true);
  await page.locator('#list .vote__btn:enabled').nth(2).click();
  await room.ask('Does this one wait for the network?');
  await expect(page.getByText(/waiting to be sent/i).first()).toBeVisible();
  await shoot(anna, 'waiting');
  await page.reload();
  await expect(room.badge).toHaveText('Offline');
  await shoot(anna, 'kept');
  await anna.context.setOffline(false);
  await page.goto('/check');
  await expect(page.locator('#check-clock')).toHaveText('Right.');
  await shoot(anna, 'check');
});
