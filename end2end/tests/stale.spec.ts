// The server's database does not answer: its streams say so, and the page says how old what it shows is.

import { expect, serverForThisFile, test } from '../support/test';

const server = serverForThisFile({ demo: true, heartbeatS: 4 });

test('while the server cannot tell what is new the badge says so, and the next heartbeat ends it', async ({ arrive }) => {
  const anna = await arrive(server.it.url);
  // What the server sends then is tried with the server's own tests; here the page hears it of its own stream.
  await anna.page.addInitScript(() => {
    window.EventSource = class extends EventSource {
      constructor(url: string | URL, init?: EventSourceInit) {
        super(url, init);
        const tenantId = '00000000-0000-0000-0000-000000000000';
        const data = JSON.stringify({ type: 'stale', tenantId, data: { since: 1 }, timestamp: 2 });
        window.addEventListener('tell-stale', () => this.dispatchEvent(new MessageEvent('message', { data })));
      }
    };
  });
  await anna.enter('/');
  await anna.room.live();
  await anna.page.evaluate(() => window.dispatchEvent(new Event('tell-stale')));
  await expect(anna.room.badge).toHaveText('Updates delayed');
  await expect(anna.page.locator('.badge__age')).toHaveText(/^\d+ s old$/);
  await anna.room.live();
  await expect(anna.page.locator('.badge__age')).toHaveCount(0);
});
