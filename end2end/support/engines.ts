// Which engines beside Chromium are there. None is downloaded: Firefox and WebKit are the system's own, as Debian has them.

import { createRequire } from 'node:module';

import type { LaunchOptions } from '@playwright/test';

import { found } from './programs';

/** Where Debian has the browser that `WebKitWebDriver` runs, by version of its library. */
const MINI_BROWSERS = ['4.1', '6.0', '4.0'].map((version) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`);

/** Firefox: `FIREFOX`, or what is on PATH. */
export const firefoxPath = (): string | undefined => found('FIREFOX', ['firefox-esr', 'firefox']);

/** What it takes to drive WebKit: its driver, the browser, and a screen that nobody sees. */
export interface WebKitPrograms {
  driver: string;
  browser: string;
  screen: string;
}

export function webkitPrograms(): WebKitPrograms | undefined {
  const driver = found('WEBKIT_DRIVER', ['WebKitWebDriver']);
  const browser = found('WEBKIT_BROWSER', MINI_BROWSERS);
  const screen = found('XVFB', ['Xvfb']);
  return driver && browser && screen ? { driver, browser, screen } : undefined;
}

/** How Playwright starts the system's Firefox: by WebDriver BiDi, which needs no build of Playwright's own. */
export function firefoxLaunch(executablePath: string): LaunchOptions & { channel: string } {
  answerForFirefox();
  // Playwright's wish for less motion is not one that every Firefox can be told by BiDi.
  return { channel: 'moz-firefox', executablePath, firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 } };
}

/** Commands that Playwright sends to every Firefox, and that the long-term release does not know yet. */
const UNKNOWN = ['emulation.setMediaFeaturesOverride'];

interface Socket {
  send(this: Socket, data: unknown, ...rest: unknown[]): void;
  emit(event: string, ...values: unknown[]): boolean;
}

/** Answers them in its place: they are about how a page is shown, which no test in Firefox looks at. */
function answerForFirefox(): void {
  const { ws } = createRequire(import.meta.url)('playwright-core/lib/utilsBundle') as { ws: { prototype: Socket & { answers?: true } } };
  if (ws.prototype.answers) return;
  const { send } = ws.prototype;
  ws.prototype.answers = true;
  ws.prototype.send = function (this: Socket, data: unknown, ...rest: unknown[]) {
    const command = typeof data === 'string' && UNKNOWN.some((name) => data.includes(`"${name}"`)) ? (JSON.parse(data) as { id: number }) : undefined;
    if (command === undefined) return send.call(this, data, ...rest);
    const answer = Buffer.from(JSON.stringify({ type: 'success', id: command.id, result: {} }));
    setImmediate(() => this.emit('message', answer, false));
  };
}

/** Which engines the tests run in, as a sentence that nobody overlooks. */
export function spokenEngines(): string {
  const there = ['chromium', ...(firefoxPath() ? ['firefox'] : []), ...(webkitPrograms() ? ['webkit'] : [])];
  const lines = [`engines: ${there.join(', ')}`];
  if (!firefoxPath()) lines.push('NOT TRIED IN FIREFOX: it is not installed (Debian: firefox-esr), and FIREFOX names none.');
  if (!webkitPrograms()) lines.push('NOT TRIED IN WEBKIT: its driver or a screen is missing (Debian: webkit2gtk-driver xvfb).');
  return lines.join('\n');
}
