// Independent implementations of the event stream's client side, all behind one small interface.

import type { Page } from '@playwright/test';
import { EventSource as FromEventsource } from 'eventsource';
import { EventSource as FromLaunchDarkly } from 'launchdarkly-eventsource';
import { EventSource as FromUndici } from 'undici';

/** One message as an `EventSource` gives it out. */
export interface Heard {
  type: string;
  tenantId: string;
  data: Record<string, unknown>;
  timestamp: number;
  /** The last event id that the client remembers: the message's own, or that of an earlier one. */
  id: string;
}

export interface Listener {
  readonly heard: Heard[];
  /** How often it told of an error: the stream ended, or the next could not be opened. What came before is in `heard`. */
  errors(): number;
  close(): Promise<void>;
}

/** What every implementation has, whatever else it can do. */
interface Source {
  onmessage: ((message: { data: string; lastEventId: string }) => void) | null;
  onerror: ((error: never) => void) | null;
  close(): void;
}

function listen(source: Source): Listener {
  const heard: Heard[] = [];
  let errors = 0;
  source.onmessage = ({ data, lastEventId }) => heard.push({ ...JSON.parse(data), id: lastEventId });
  // Cut connections are what the tests are about; each implementation comes back by itself.
  source.onerror = () => errors++;
  return {
    heard,
    errors: () => errors,
    close: () => {
      source.close();
      return Promise.resolve();
    },
  };
}

/** Chromium's own, in a page of the server. */
async function inPage(page: Page, url: string): Promise<Listener> {
  const heard: Heard[] = [];
  let errors = 0;
  await page.exposeFunction('hear', (data: string, id: string) => heard.push({ ...JSON.parse(data), id }));
  await page.exposeFunction('fail', () => errors++);
  await page.goto(new URL('/nowhere', url).href);
  const source = await page.evaluateHandle((address) => {
    const { hear, fail } = window as unknown as { hear: (data: string, id: string) => void; fail: () => void };
    const events = new EventSource(address);
    events.onmessage = (message: MessageEvent<string>) => hear(message.data, message.lastEventId);
    events.onerror = () => fail();
    return events;
  }, url);
  return { heard, errors: () => errors, close: () => source.evaluate((events) => events.close()) };
}

/** Each implementation by name. The three packages have a parser each of their own. */
export const CLIENTS: Record<string, (url: string, page: Page) => Promise<Listener>> = {
  eventsource: (url) => Promise.resolve(listen(new FromEventsource(url) as Source)),
  'launchdarkly-eventsource': (url) => Promise.resolve(listen(new FromLaunchDarkly(url) as Source)),
  undici: (url) => Promise.resolve(listen(new FromUndici(url) as Source)),
  Chromium: (url, page) => inPage(page, url),
};
