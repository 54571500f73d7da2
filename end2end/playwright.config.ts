import { defineConfig } from '@playwright/test';

import { chromiumFlags, chromiumPath } from './support/chromium';
import { otherEngines } from './support/engines';

const shots = process.env.SHOTS !== undefined;
const bench = process.env.BENCH_FIGURES !== undefined;
const ci = process.env.CI === 'true';

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
    { name: 'chromium', use: { launchOptions: { executablePath: chromiumPath(), args: chromiumFlags() } } },
    // Other engines where Playwright's builds of them are installed: what others do to a page is tried in each.
    ...otherEngines().map((browserName) => ({ name: browserName, testMatch: /alive\.spec\.ts/, use: { browserName } })),
  ],
  use: {
    // What happened and how the page stood at each step; a film besides would cost as much as the tests themselves.
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
});
