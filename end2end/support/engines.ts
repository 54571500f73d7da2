// Which engines beside Chromium are there. None is downloaded.

import { existsSync } from 'node:fs';

import { firefox, webkit } from '@playwright/test';

const OTHERS = { firefox, webkit };

export type Engine = keyof typeof OTHERS;

/** The engines whose builds Playwright finds: `npx playwright install firefox webkit` brings them. */
export function otherEngines(): Engine[] {
  return (Object.keys(OTHERS) as Engine[]).filter((name) => existsSync(OTHERS[name].executablePath()));
}

/** Which engines the tests run in, as a sentence. */
export function spokenEngines(): string {
  const there = otherEngines();
  const missing = (Object.keys(OTHERS) as Engine[]).filter((name) => !there.includes(name));
  const without = missing.length > 0 ? `; not installed: ${missing.join(', ')}` : '';
  return `engines: ${['chromium', ...there].join(', ')}${without}`;
}
