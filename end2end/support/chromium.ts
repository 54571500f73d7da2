// Which browser runs the tests, and with which flags. None is downloaded: it is the system's own.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(runs);
}

/** The browser's path: `CHROMIUM` (a path or a name on PATH), or the first that is installed. */
export function chromiumPath(): string {
  const named = process.env.CHROMIUM;
  const found = named === undefined ? NAMES.map(onPath).find(Boolean) : named.includes('/') ? named : onPath(named);
  if (found === undefined || !runs(found)) {
    throw new Error(`No Chromium at ${named ?? NAMES.join(', ')}: install one, or set CHROMIUM to its path.`);
  }
  return found;
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
