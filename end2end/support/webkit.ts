// WebKit as Debian has it: driven by its own WebDriver, for Playwright drives only a build of its own. A browser of this
// kind has one person in it, whose tabs are switched between.

import { type ChildProcess, spawn } from 'node:child_process';

import { expect } from '@playwright/test';

import { type WebKitPrograms, webkitPrograms } from './engines';
import { freePort } from './port';

/** How WebDriver names an element in its answers. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
type ElementRef = { [ELEMENT]: string };

const START_LIMIT_MS = 15_000;
/** A driver that has no browser by then never will: seen once in some hundred sessions, and not by a page's fault. */
const SESSION_LIMIT_MS = 30_000;

/** The screen and the driver, for all browsers of a test file. */
export class WebKitDriver {
  private driver: ChildProcess | undefined;
  private url = '';

  private constructor(
    private readonly programs: WebKitPrograms,
    private readonly screen: ChildProcess,
    private readonly display: string,
  ) {}

  static async start(): Promise<WebKitDriver> {
    const programs = webkitPrograms();
    if (programs === undefined) throw new Error('WebKit is not installed');
    const screen = spawn(programs.screen, ['-displayfd', '1', '-screen', '0', '1440x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const display = await new Promise<string>((resolve, reject) => {
      screen.once('error', reject);
      screen.once('exit', () => reject(new Error('there is no screen')));
      screen.stdout.once('data', (number: Buffer) => resolve(`:${number.toString().trim()}`));
    });
    const driver = new WebKitDriver(programs, screen, display);
    await driver.open();
    return driver;
  }

  /** Starts the driver, in the place of one that was there. */
  private async open(): Promise<void> {
    this.driver?.kill();
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const env = { ...process.env, DISPLAY: this.display, LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
    this.driver = spawn(this.programs.driver, [`--port=${port}`], { env, stdio: 'ignore' });
    await expect.poll(() => fetch(`${this.url}/status`).then(({ ok }) => ok, () => false), { timeout: START_LIMIT_MS }).toBe(true);
  }

  stop(): void {
    this.driver?.kill();
    this.screen.kill();
  }

  /** Somebody with a browser of their own. */
  async arrive(origin: string): Promise<WebKitPage> {
    const options = { binary: this.programs.browser, args: ['--automation'] };
    // A page is there when it can be read: its program may still be on its way.
    const wishes = { browserName: 'MiniBrowser', pageLoadStrategy: 'eager', 'webkitgtk:browserOptions': options };
    const begin = () =>
      call<{ sessionId: string }>('POST', `${this.url}/session`, { capabilities: { alwaysMatch: wishes } }, AbortSignal.timeout(SESSION_LIMIT_MS));
    const { sessionId } = await begin().catch(async () => {
      await this.open();
      return begin();
    });
    const page = new WebKitPage(`${this.url}/session/${sessionId}`, origin);
    await page.resize(1280, 800);
    return page;
  }
}

async function call<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(url, { method, ...(signal ? { signal } : {}), ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}) });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) throw new Error(`WebDriver: ${value?.error}: ${value?.message} (${method} ${url})`);
  return value;
}

/** A tab, or whichever was switched to. What it waits for it waits for as Playwright's `expect` does. */
export class WebKitPage {
  constructor(
    private readonly session: string,
    private readonly origin: string,
  ) {}

  async leave(): Promise<void> {
    await call('DELETE', this.session);
  }

  async resize(width: number, height: number): Promise<void> {
    await call('POST', `${this.session}/window/rect`, { x: 0, y: 0, width, height });
  }

  async goto(path: string): Promise<void> {
    await call('POST', `${this.session}/url`, { url: new URL(path, this.origin).href });
  }

  async reload(): Promise<void> {
    await call('POST', `${this.session}/refresh`);
  }

  /** Goes back as its reader does. The driver's own way waits for a load that a page of the cache does not have. */
  async back(): Promise<void> {
    await this.run(() => setTimeout(() => history.back()));
  }

  /** Opens a tab and switches to it; answers what to switch back by. */
  async newTab(): Promise<string> {
    const { handle } = await call<{ handle: string }>('POST', `${this.session}/window/new`, { type: 'tab' });
    await this.switchTo(handle);
    return handle;
  }

  tab(): Promise<string> {
    return call('GET', `${this.session}/window`);
  }

  async switchTo(handle: string): Promise<void> {
    await call('POST', `${this.session}/window`, { handle });
  }

  async closeTab(): Promise<void> {
    await call('DELETE', `${this.session}/window`);
  }

  /** Runs this in the page. */
  run<A extends unknown[], T>(task: (...args: A) => T, ...args: A): Promise<T> {
    return call('POST', `${this.session}/execute/sync`, { script: `return (${task}).apply(null, arguments)`, args });
  }

  /** Waits until something is so in the page. */
  async until<A extends unknown[], T>(value: T, what: string, task: (...args: A) => T, ...args: A): Promise<void> {
    await expect.poll(() => this.run(task, ...args), { message: what, timeout: 15_000 }).toEqual(value);
  }

  async live(): Promise<void> {
    await this.badge('Live');
  }

  async badge(words: string): Promise<void> {
    await this.until(words, 'the badge', () => document.querySelector('header .badge [role=status]')?.textContent?.trim() ?? '');
  }

  async enter(path: string): Promise<void> {
    await this.goto(path);
    await this.live();
  }

  /** Presses what this selector finds, in the card of a question where one is named. */
  async press(selector: string, question?: string): Promise<void> {
    const { [ELEMENT]: id } = await this.element(selector, question);
    await call('POST', `${this.session}/element/${id}/click`);
  }

  async type(selector: string, text: string): Promise<void> {
    const { [ELEMENT]: id } = await this.element(selector);
    await call('POST', `${this.session}/element/${id}/value`, { text });
  }

  /** Presses one key, wherever the keyboard is. */
  async key(value: string): Promise<void> {
    const keys = { type: 'key', id: 'keys', actions: [{ type: 'keyDown', value }, { type: 'keyUp', value }] };
    await call('POST', `${this.session}/actions`, { actions: [keys] });
  }

  /** What a part of a question's card says, once it says this. */
  async says(question: string, selector: string, words: string): Promise<void> {
    await this.until(words, `${selector} of ${question}`, of, question, selector);
    function of(body: string, part: string): string {
      const cards = [...document.querySelectorAll('#list article')];
      const card = cards.find((one) => one.querySelector('h3')?.textContent?.trim() === body);
      const element = card?.querySelector(part);
      return element === null || element === undefined ? '-' : part.endsWith('btn') ? String(element.getAttribute('aria-pressed')) : (element.textContent ?? '').trim();
    }
  }

  private async element(selector: string, question?: string): Promise<ElementRef> {
    let found: unknown = null;
    await expect
      .poll(
        async () => {
          found = await this.run(
            (part, body) => {
              const cards = [...document.querySelectorAll('#list article')];
              const card = body === '' ? document : cards.find((one) => one.querySelector('h3')?.textContent?.trim() === body);
              return (card?.querySelector(part) ?? null) as unknown;
            },
            selector,
            question ?? '',
          );
          return found !== null;
        },
        { message: `${selector} ${question ?? ''}`, timeout: 15_000 },
      )
      .toBe(true);
    return found as ElementRef;
  }
}
