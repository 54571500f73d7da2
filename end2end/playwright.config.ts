import { defineConfig } from '@playwright/test';

import { chromiumFlags, chromiumPath } from './support/chromium';
import { firefoxLaunch, firefoxPath, webkitPrograms } from './support/engines';

const shots = process.env.SHOTS !== undefined;
const bench = process.env.BENCH_FIGURES !== undefined;
const ci = process.env.CI === 'true';
const firefox = firefoxPath();
/** What differs between engines: what others do to a page, what is kept on the device, scrolling, streams held back. */
const EVERY_ENGINE = /(alive|drafts|window|polling)\.spec\.ts/;
const WEBKIT = /webkit\.spec\.ts/;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  globalSetup: './support/setup.ts',
  // Each file has a server of its own and runs its tests one after the other; two files run side by side.
  fullyParallel: false,
  workers: 2,
  // A test that passes the second time is broken.
  retries: 0,
  forbidOnly: ci,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: 'list',
  // Pictures are taken when they are asked for: SHOTS=folder.
  // Figures are taken by scripts/bench, one after the other: BENCH_FIGURES=file.
  ...(shots ? { grep: /@shots/ } : bench ? { grep: /@bench/, workers: 1 } : { grepInvert: /@(shots|bench)/ }),
  projects: [
    { name: 'chromium', testIgnore: WEBKIT, use: { launchOptions: { executablePath: chromiumPath(), args: chromiumFlags() } } },
    // Other engines where they are installed; `support/setup.ts` says which are not.
    ...(firefox === undefined
      ? []
      : [{ name: 'firefox', testMatch: EVERY_ENGINE, use: { browserName: 'firefox' as const, launchOptions: firefoxLaunch(firefox) } }]),
    // Playwright cannot drive the system's WebKit: this file does so itself. Its driver loses a browser now and then, which
    // is no fault of a page: what fails twice is.
    ...(webkitPrograms() === undefined ? [] : [{ name: 'webkit', testMatch: WEBKIT, retries: 1 }]),
  ],
  use: {
    // What happened and how the page stood at each step; a film besides would cost as much as the tests themselves.
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
});
