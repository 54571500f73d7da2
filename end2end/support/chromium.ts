// Which browser runs the tests, and with which flags. None is downloaded: it is the system's own.

import { found } from './programs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The browser's path: `CHROMIUM` (a path or a name on PATH), or the first that is installed. */
export function chromiumPath(): string {
  const path = found('CHROMIUM', NAMES);
  if (path === undefined) {
    throw new Error(`No Chromium at ${process.env.CHROMIUM ?? NAMES.join(', ')}: install one, or set CHROMIUM to its path.`);
  }
  return path;
}

/** No graphics card, no second network protocol, and no errands of the browser's own while a test runs. */
export function chromiumFlags(): string[] {
  const flags = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  // Chromium's sandbox does not start for root, which is who runs tests in a container.
  return process.getuid?.() === 0 ? ['--no-sandbox', ...flags] : flags;
}
