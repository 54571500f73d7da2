// Somebody with a browser. Whatever a test is about, every visitor also watches that the page is clean: no error or
// warning in the console, no request to any other host.

import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from '@playwright/test';

import { confirmation } from './api';
import { Room } from './room';

/** What Chromium itself says of a page that the server answered with such a status; no script has any part in it. */
export const statusNote = (status: number) => new RegExp(`the server responded with a status of ${status} `);

/** What Chromium itself says when the network fails a request, its own for a newer service worker among them. */
export const NETWORK_NOTES =
  /net::ERR_(CONNECTION_|INTERNET_DISCONNECTED|EMPTY_RESPONSE|NETWORK_|SOCKET_|INCOMPLETE_)|error occurred when fetching the script/;

/** What Firefox says of any page, and of a stream that could not be opened. */
const FIREFOX_NOTES = [/Layout was forced before the page was fully loaded/, /Firefox can’t establish a connection to the server/];

/** Uses a sign-in link up as its button does, without opening a page: the session is that of the page's context. */
export async function signInUnseen(page: Page, link: string): Promise<void> {
  const answer = await page.request.post(link, { form: confirmation(link), maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`the link did not sign in: ${answer.status()}`);
}

export interface VisitorOptions extends BrowserContextOptions {
  /** Messages of the console that this test brings about on purpose. */
  tolerate?: RegExp[];
}

export class Visitor {
  readonly room: Room;
  /** The event streams that the page has open. */
  readonly streams = new Set<Request>();
  private readonly problems: string[] = [];
  private readonly tolerated: RegExp[];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    tolerate: RegExp[],
  ) {
    this.room = new Room(page);
    this.tolerated = tolerate;
    this.watch();
  }

  static async arrive(browser: Browser, origin: string, options: VisitorOptions = {}): Promise<Visitor> {
    const { tolerate = [], ...context } = options;
    const isFirefox = browser.browserType().name() === 'firefox';
    // Firefox is told of the motion when it starts, and its pages are those of a desk, however narrow.
    const mine = await browser.newContext({
      baseURL: origin,
      ...context,
      ...(isFirefox ? { isMobile: undefined } : { reducedMotion: 'reduce' }),
    });
    return new Visitor(mine, await mine.newPage(), isFirefox ? [...tolerate, ...FIREFOX_NOTES] : tolerate);
  }

  /** Opens an address and waits until its stream is live. */
  async enter(path = '/'): Promise<this> {
    await this.page.goto(path);
    await this.room.live();
    return this;
  }

  /** Opens a sign-in link, presses its button and waits for the page that it leads to. */
  async signIn(link: string): Promise<this> {
    await this.page.goto(link);
    await this.page.getByRole('button', { name: /^Sign in as / }).click();
    await this.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
    return this;
  }

  /** The same, until the stream of that page is live. */
  async enterBy(link: string): Promise<this> {
    await this.signIn(link);
    await this.room.live();
    return this;
  }

  tolerate(...messages: RegExp[]): void {
    this.tolerated.push(...messages);
  }

  /** What was not clean so far. */
  dirt(): string[] {
    return this.problems.filter((problem) => !this.tolerated.some((pattern) => pattern.test(problem)));
  }

  private watch(): void {
    this.page.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    this.page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
    this.page.on('crash', () => this.problems.push('the page crashed'));
    this.context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const ours = hostname === '127.0.0.1' || protocol === 'data:' || protocol === 'blob:';
      if (!ours) this.problems.push(`a request went to another host: ${request.url()}`);
      if (new URL(request.url()).pathname === '/sse') this.streams.add(request);
    });
    this.context.on('requestfinished', (request) => this.streams.delete(request));
    this.context.on('requestfailed', (request) => this.streams.delete(request));
  }
}
