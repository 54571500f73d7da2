// Runs once before all tests: seeds the demo data into a folder that every server with demo data starts from.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { spokenEngines } from './engines';
import { DEMO_FOLDER, Server } from './server';

export default async function setup(): Promise<() => void> {
  console.log(spokenEngines());
  const folder = mkdtempSync(join(tmpdir(), 'pulsestage-demo-'));
  const server = await Server.start({ demo: true });
  try {
    // Only a server that has ended has everything in its files.
    await server.interrupt();
    cpSync(server.dataDir, folder, { recursive: true });
  } finally {
    await server.stop();
  }
  process.env[DEMO_FOLDER] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
