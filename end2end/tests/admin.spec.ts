// The admin area as each role sees it: which pages there are, how people get from one to the other, and what a refused form
// gives back.

import type { Page } from '@playwright/test';

import { ADMIN_PAGES } from '../support/rooms';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen, statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const OFF = { javaScriptEnabled: false, tolerate: [/preloaded using link preload but not used/] };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const FOR_MODERATORS = ['Queue', 'Review', 'Sessions', 'Statistics', 'Export'];
const ALL = ADMIN_PAGES.map(({ title }) => title);

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Admin pages' });

for (const [role, titles] of [
  ['moderator', FOR_MODERATORS],
  ['admin', ALL.filter((title) => title !== 'Workspaces')],
  ['owner', ALL],
] as const) {
  test(`each page as ${role}, on a desk and on a phone`, async ({ arrive }) => {
    test.setTimeout(120_000);
    for (const look of [{}, PHONE]) {
      const { page, room } = await arrive(server.it.url, { ...look, tolerate: [statusNote(403)] });
      await signInUnseen(page, await server.it.newLink(role));
      for (const { path, title } of ADMIN_PAGES) {
        const answer = await page.goto(`/admin/${path}`);
        if (!titles.includes(title)) {
          expect(answer?.status(), title).toBe(403);
          await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^This page is for /);
          continue;
        }
        await room.live();
        if (look === PHONE) await page.getByRole('button', { name: 'Menu' }).click();
        await expect(navigation(page).getByRole('link')).toHaveText(titles);
        await expect(navigation(page).locator('[aria-current=page]')).toHaveText(title);
        await expect(page.locator('details.who')).toBeVisible();
        await expect(page).toHaveTitle(new RegExp(`^${title} · `));
      }
    }
  });
}

test('by keyboard: past the navigation, through the menu, and out of it', async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, { viewport: PHONE.viewport });
  await signInUnseen(page, await server.it.newLink('owner'));
  await page.goto('/admin/settings');
  await room.live();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  const menu = page.getByRole('button', { name: 'Menu' });
  await menu.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(navigation(page).getByRole('link', { name: 'Queue' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(navigation(page)).toBeHidden();
  await expect(menu).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/admin\/review$/);
});

for (const [how, options] of Object.entries({ 'with script': {}, 'without script': OFF })) {
  test(`a refused form comes back as it was typed, ${how}`, async ({ arrive }) => {
    const { page } = await arrive(server.it.url, { ...options, tolerate: [statusNote(422)] });
    await signInUnseen(page, await server.it.newLink('owner'));
    await page.goto('/admin/people');
    await page.getByText('Invite a person').click();
    const invite = page.locator('form[action^="/api/fn/invite_person"]');
    await invite.getByLabel('Name').fill('Zoë & <Co>');
    await invite.getByLabel('Email address').fill('zoe..x@example.com');
    await invite.getByLabel('Role in the workspace').selectOption('moderator');
    await invite.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByRole('alert')).toContainText('Nothing was saved.');
    await expect(invite.getByLabel('Name')).toHaveValue('Zoë & <Co>');
    await expect(invite.getByLabel('Role in the workspace')).toHaveValue('moderator');
    await expect(invite.getByLabel('Email address')).toHaveAttribute('aria-invalid', 'true');
    await expect(invite.getByLabel('Email address')).toHaveValue('zoe..x@example.com');
    await invite.getByLabel('Email address').fill(`zoe-${how.replace(' ', '-')}@example.com`);
    await invite.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByLabel('Invitation link')).toHaveValue(/\/open\//);
    expect(new URL(page.url()).pathname).toBe('/admin/people');

    await page.getByText('Import people from CSV').click();
    const table = `name,e\n${'Ann,ann@example.com\n'.repeat(400)}`;
    await page.getByLabel('Or paste the rows').fill(table);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('alert')).toContainText('Nothing was saved.');
    await expect(page.getByLabel('Or paste the rows')).toHaveValue(table);
    await page.getByLabel('Or paste the rows').fill('name,email\nBea,bea@example.com');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Nothing has been imported yet.' })).toBeVisible();
    await expect(page.getByLabel('Or paste the rows'), 'a preview keeps the table').toHaveValue('name,email\nBea,bea@example.com');
  });
}

test('archiving a workspace asks first', async ({ arrive }) => {
  const { page } = await arrive(server.it.url);
  await signInUnseen(page, await server.it.newLink('owner'));
  await page.goto('/admin/operator');
  const card = page.locator('.admin__card').filter({ has: page.getByRole('link', { name: 'acme', exact: true }) });
  const archive = card.getByRole('button', { name: 'Archive this workspace' });
  await expect(archive).toBeHidden();
  await card.getByText('Archive', { exact: true }).click();
  await expect(card.getByText('until you restore it')).toBeVisible();
  expect((await page.request.get('/t/acme')).status(), 'nothing has happened yet').toBe(200);
  await archive.click();
  await expect(page.getByRole('status').filter({ hasText: 'Archived.' })).toBeVisible();
  expect((await page.request.get('/t/acme')).status()).toBe(404);
  await card.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Restored.' })).toBeVisible();
});
