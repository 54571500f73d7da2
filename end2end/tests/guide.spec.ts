// The pictures of docs/GUIDE.md, made again with SHOTS=../docs/images npx playwright test tests/guide.spec.ts

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

import { furnish, invite, owner } from '../support/rooms';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { signInUnseen } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const DESK = { viewport: { width: 1100, height: 720 } };

/** Keeps what the page shows as WebP, which is a third of a PNG. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SHOTS;
  if (folder === undefined) throw new Error('SHOTS names no folder');
  mkdirSync(folder, { recursive: true });
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  const bytes = Buffer.from(data, 'base64');
  expect(bytes.length, `${name} is small enough for a page of text`).toBeLessThan(150_000);
  writeFileSync(join(folder, `guide-${name}.webp`), bytes);
}

test('for participants', { tag: '@shots' }, async ({ arrive }) => {
  const { page, room } = await arrive(server.it.url, PHONE);
  await page.goto('/join');
  await picture(page, 'join');
  await page.goto('/');
  await room.live();
  await page.locator('.bar').getByRole('button', { name: 'Ask a question' }).click();
  await room.composer.fill('Will the new shift plan start before summer?');
  await picture(page, 'ask');
  await room.askButton.click();
  await expect(room.card('Will the new shift plan start before summer?').locator).toBeAttached();
  const desk = await arrive(server.it.url, DESK);
  await signInUnseen(desk.page, await server.it.newLink('moderator'));
  await desk.page.goto('/admin/review?show=all');
  const card = desk.page.getByRole('listitem', { name: 'Will the new shift plan start before summer?' });
  await card.getByText('Private messages').click();
  await card.getByLabel('Message to the person who asked').fill('Which site do you ask for?');
  await card.getByRole('button', { name: 'Send' }).click();
  await expect(card.locator('.thread')).toContainText('Which site do you ask for?');
  await page.goto('/mine');
  await picture(page, 'mine');
  await page.getByRole('link', { name: 'The moderators wrote to you' }).click();
  await page.getByLabel('Your message').fill('For the one at the harbour.');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('.thread')).toContainText('For the one at the harbour.');
  await picture(page, 'thread');
});

test('for moderators', { tag: '@shots' }, async ({ arrive }) => {
  await furnish(await owner(server.it));
  const { page, room } = await arrive(server.it.url, DESK);
  await page.goto('/sign-in');
  await picture(page, 'sign-in');
  await signInUnseen(page, await server.it.newLink('owner'));
  await page.goto('/admin');
  await room.live();
  await picture(page, 'queue');
  await page.goto('/admin/review');
  await expect(page.locator('.admin__card').first()).toBeVisible();
  await picture(page, 'review');
});

test('for admins', { tag: '@shots' }, async ({ arrive }) => {
  const { page } = await arrive(server.it.url, DESK);
  await signInUnseen(page, await server.it.newLink('owner'));
  for (const desk of ['people', 'teams', 'settings', 'statistics', 'audit']) {
    await page.goto(`/admin/${desk}`);
    await picture(page, desk);
  }
  const guest = await arrive(server.it.url, PHONE);
  await guest.page.goto(await invite(await owner(server.it), 'Jun Tanaka', 'moderator'));
  await picture(guest.page, 'invitation');
  const bare = await Server.start();
  try {
    await guest.page.goto(bare.claimLink());
    await picture(guest.page, 'claim');
  } finally {
    await bare.stop();
  }
});
