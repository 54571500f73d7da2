// Where the repository and the release are: named by scripts/test, or found where cargo-leptos has just put it.

import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The binary under test. */
export function binary(): string {
  if (process.env.PULSESTAGE_BIN !== undefined) return resolve(process.env.PULSESTAGE_BIN);
  const built = ['release', 'debug'].map((kind) => join(target(), kind, 'pulsestage')).filter(existsSync);
  // `cargo leptos end-to-end` has built one of the two a moment ago.
  built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (built[0] === undefined) {
    throw new Error(`There is no pulsestage in ${target()}: run scripts/build, or set PULSESTAGE_BIN.`);
  }
  return built[0];
}

/** The folder of the built pages. */
export function siteFolder(): string {
  const named = process.env.PULSESTAGE_SITE_DIR;
  if (named !== undefined) return resolve(named);
  const leptos = process.env.LEPTOS_SITE_ROOT;
  return leptos === undefined ? join(target(), 'site') : resolve(REPOSITORY, leptos);
}

function target(): string {
  return resolve(REPOSITORY, process.env.CARGO_TARGET_DIR ?? 'target');
}
