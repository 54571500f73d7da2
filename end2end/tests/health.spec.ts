// The page about health: who sees it, that its figures are alive, and that it fits every look.

import { LOOKS, violations, wear } from '../support/axe';
import { expect, serverForThisFile, test } from '../support/test';
import { NETWORK_NOTES, statusNote, type Visitor } from '../support/visitor';

const server = serverForThisFile({ demo: true, heartbeatS: 1 });

/** What a card says, by its title. */
const card = ({ page }: Visitor, title: string) => page.getByRole('region', { name: title, exact: true });

test('an owner sees people come and leave, and what they are sent', async ({ arrive }) => {
  const owner = await arrive(server.it.url);
  await owner.signIn(await server.it.newLink('owner'));
  await owner.room.live();
  await owner.room.navigation('Admin pages').getByRole('link', { name: 'Health' }).click();
  await expect(owner.page).toHaveURL(/\/admin\/health$/);
  await expect(owner.page).toHaveTitle('Health · Rivenmark Water · PulseStage');
  await owner.room.live();
  await expect(owner.room.navigation('Admin pages').getByRole('link', { name: 'Health' })).toHaveAttribute('aria-current', 'page');

  const streams = card(owner, 'Open streams');
  const [anna, ben] = [await arrive(server.it.url), await arrive(server.it.url)];
  await Promise.all([anna.enter(), ben.enter()]);
  await expect(streams.locator('.vital__value')).toHaveText('2');
  await expect(streams.getByRole('img')).toHaveAccessibleName(/^Open streams in the last .+: 2 now, \d+ at most$/);
  await expect(card(owner, 'Heartbeat')).toContainText('On time');

  await anna.room.ask('Does somebody count this?');
  await expect(card(owner, 'Delivery delay').locator('.vital__value')).toHaveText(/^\d+ m?s$/);
  await expect(card(owner, 'Delivered per second')).not.toContainText('0 in all');

  await ben.context.close();
  await expect(streams.locator('.vital__value')).toHaveText('1');
  await expect(card(owner, 'How long pages stay open')).toContainText('on average');
});

test('moderators and guests see nothing of it', async ({ arrive }) => {
  const moderator = await arrive(server.it.url, { tolerate: [statusNote(403)] });
  await moderator.signIn(await server.it.newLink('moderator'));
  await moderator.room.live();
  await expect(moderator.room.navigation('Admin pages').getByRole('link', { name: 'Health' })).toHaveCount(0);
  expect((await moderator.page.goto('/admin/health'))?.status()).toBe(403);
  await expect(moderator.page.getByRole('heading', { level: 1 })).toHaveText('This page is for admins');
  const guest = await arrive(server.it.url);
  await guest.page.goto('/admin/health');
  expect(new URL(guest.page.url()).pathname).toBe('/sign-in');
});

test('an owner of one room sees nothing of another', async ({ arrive }) => {
  const owner = await arrive(server.it.url);
  await owner.signIn(await server.it.newLink('owner', 'acme'));
  await owner.room.live();
  await (await arrive(server.it.url)).enter('/');
  await owner.page.goto('/t/acme/admin/health');
  await expect(owner.page.getByRole('heading', { level: 1 })).toHaveText('Health');
  await owner.page.goto('/admin/health');
  expect(new URL(owner.page.url()).pathname, 'nobody here').toBe('/sign-in');
});

test('it says so when the server is away, and goes on when it is back', async ({ arrive }) => {
  const owner = await arrive(server.it.url, { tolerate: [NETWORK_NOTES] });
  await owner.signIn(await server.it.newLink('owner'));
  await owner.page.goto('/admin/health');
  await owner.room.live();
  await owner.context.setOffline(true);
  await expect(owner.room.badge).toHaveText('Reconnecting');
  await owner.context.setOffline(false);
  await owner.room.live();
});

test('every look of it is accessible and fits the narrowest phone', async ({ arrive }) => {
  test.setTimeout(60_000);
  const anna = await (await arrive(server.it.url)).enter();
  await anna.room.ask('A question, so that there is something to see?');
  const owner = await arrive(server.it.url);
  await owner.signIn(await server.it.newLink('owner'));
  await owner.page.goto('/admin/health');
  await owner.room.live();
  await expect(card(owner, 'Open streams')).toBeVisible();
  for (const look of LOOKS) {
    await wear(owner.page, look);
    expect.soft(await violations(owner.page), look.name).toEqual([]);
  }
  await owner.page.setViewportSize({ width: 320, height: 640 });
  const over = await owner.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, 'pixels over the edge').toBeLessThanOrEqual(0);
});
