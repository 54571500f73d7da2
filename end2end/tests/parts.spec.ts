// What keeps a page up to date is a file that is loaded once the page is alive. Until it comes the page votes and says that
// it is not live; then nothing has been missed.

import type { Route } from '@playwright/test';

import { Person } from '../support/api';
import { expect, serverForThisFile, test } from '../support/test';
import { NETWORK_NOTES, statusNote } from '../support/visitor';

const server = serverForThisFile({ demo: true });

const UPDATES = /\/pkg\/split_updates[^/]*\.wasm$/;
/** What browsers say of a file that is no program. */
const NO_PROGRAM = /HTTP status code is not ok|expected magic word|Incorrect response MIME type|WebAssembly/;

const outcomes: [string, (route: Route) => Promise<void>][] = [
  ['cannot be reached', (route) => route.abort('connectionrefused')],
  ['is not there', (route) => route.fulfill({ status: 404, body: '' })],
  ['is something else', (route) => route.fulfill({ status: 200, contentType: 'application/wasm', body: 'no' })],
];
for (const [name, fail] of outcomes) {
  test(`where the file ${name} the page votes, says that it is not live, and is live once the file comes`, async ({ arrive }) => {
    // A worker would bring the file past the test.
    const tolerate = [NETWORK_NOTES, statusNote(404), NO_PROGRAM, /blocked by Playwright/];
    const { page, room } = await arrive(server.it.url, { serviceWorkers: 'block', tolerate });
    const crowd = await Person.participant(server.it.url);
    const { body } = await crowd.ask(`Can I vote where a file ${name}?`);
    await page.route(UPDATES, fail);
    await page.goto('/?sort=newest');
    const card = room.card(body);
    await page.waitForFunction(() => 'keeper' in window);
    await card.vote.click();
    await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
    await expect(card.votes).toHaveText('1');
    await expect(room.badge).toHaveText('Reconnecting', { timeout: 15_000 });
    const later = await crowd.ask(`Asked while a file ${name}?`);
    await page.unroute(UPDATES);
    await room.live(20_000);
    await expect(room.card(later.body).locator).toHaveCount(1);
    await expect(card.vote).toHaveAttribute('aria-pressed', 'true');
    await expect(card.votes).toHaveText('1');
  });
}
