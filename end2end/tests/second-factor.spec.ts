// The second factor: set up with an app, asked for at the next sign-in, and a recovery code when the phone is not there.

import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';

import { LOOKS, violations, wear } from '../support/axe';
import { member, owner, PASSWORD } from '../support/rooms';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const STEP_MS = 30_000;

/** What an authenticator app shows for a key, so many steps from now. */
function codeOf(key: string, ahead = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replace(/\s/g, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + ahead));
  const digest = createHmac('sha1', secret).update(step).digest();
  const at = (digest[19] ?? 0) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a second factor is set up, asked for, and got around once by a recovery code', async ({ arrive }) => {
  test.setTimeout(120_000);
  const email = await member(await owner(server.it), 'Noor Haddad', 'admin');
  // The admin page is still open when its cookies go, and may ask for something.
  const { page } = await arrive(server.it.url, { tolerate: [401, 403].map(statusNote) });
  const inspect = async (what: string) => {
    for (const look of LOOKS) {
      await wear(page, look);
      expect.soft(await violations(page), `${what}, ${look.name}`).toEqual([]);
    }
  };
  await signIn(page, email);
  await page.waitForURL('**/admin');
  await page.goto('/second-factor');
  await inspect('off');
  await page.getByRole('link', { name: 'Set it up' }).click();
  await expect(page.getByRole('img', { name: /^QR code/ })).toBeVisible();
  await inspect('set up');
  const key = await page.getByRole('main').locator('code').innerText();
  // Of the step before, so that those that follow are free.
  await page.getByLabel('Code from the new app').fill(codeOf(key, -1));
  await page.getByRole('button', { name: 'Turn on' }).click();
  const codes = (await page.getByLabel('Recovery codes').inputValue()).split('\n');
  expect(codes).toHaveLength(10);
  await inspect('recovery codes');
  await page.getByRole('link', { name: 'I have saved them' }).click();
  await expect(page.getByText('10 recovery codes are left')).toBeVisible();
  await inspect('on');

  await page.context().clearCookies();
  await signIn(page, email);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
  await page.goto('/admin');
  expect(new URL(page.url()).pathname, 'the password alone opens nothing').toBe('/sign-in');
  await signIn(page, email);
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('This code is wrong or was already used.')).toBeVisible();
  await inspect('wrong code');
  await page.getByLabel('Code').fill(codeOf(key));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');

  await page.context().clearCookies();
  for (const works of [true, false]) {
    await signIn(page, email);
    await page.getByRole('link', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await page.getByRole('button', { name: 'Sign in' }).click();
    if (works) {
      await page.waitForURL('**/admin');
      await page.context().clearCookies();
    } else {
      await expect(page.getByText('This code is wrong or was already used.'), 'each works once').toBeVisible();
    }
  }
});
