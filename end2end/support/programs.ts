// Where the system's own programs are. None is downloaded.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The program that a variable names (a path or a name on PATH), or the first of these that is there. */
export function found(variable: string, names: string[]): string | undefined {
  const named = process.env[variable];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const paths = (named === undefined ? names : [named]).flatMap((name) => (name.includes('/') ? [name] : folders.map((folder) => join(folder, name))));
  return paths.find(runs);
}
