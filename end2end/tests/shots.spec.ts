// Pictures of every page, taken when SHOTS names a folder for them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { LOOKS, wear } from '../support/axe';
import { Server } from '../support/server';
import { expect, serverForThisFile, test } from '../support/test';
import { statusNote, type Visitor } from '../support/visitor';

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
  await moderator.page.goto(server.it.signInLink());
  await moderator.room.live();
  await shoot(moderator, 'queue');
  const [first] = await moderator.room.questions();
  await moderator.room.card(first ?? '').act('Tags').click();
  await shoot(moderator, 'queue-tags');

  await anna.enter('/');
  await moderator.page.goto('/admin/health');
  await moderator.room.live();
  await anna.room.ask('Who looks at these figures?');
  await expect(moderator.page.locator('.vitals')).toContainText('in all');
  await shoot(moderator, 'health');
});

test('pages without', { tag: '@shots' }, async ({ arrive }) => {
  const anna = await arrive(bare.url, { tolerate: [403, 404, 410].map(statusNote) });
  await anna.enter('/');
  await shoot(anna, 'questions-empty');
  for (const [name, path] of Object.entries({ forbidden: '/admin', 'not-found': '/nowhere', 'link-used': '/sign-in' })) {
    await anna.page.goto(path);
    await shoot(anna, name);
  }
  await anna.page.goto(bare.signInLink());
  await anna.room.live();
  await shoot(anna, 'queue-empty');
  await anna.page.goto('/admin/health');
  await anna.room.live();
  await shoot(anna, 'health-empty');
  await anna.page.goto('/admin');
  await anna.room.live();
  await anna.context.setOffline(true);
  await expect(anna.room.badge).toHaveText('Offline');
  await shoot(anna, 'queue-offline');
});
