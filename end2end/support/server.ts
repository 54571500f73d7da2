// One PulseStage process with a data folder of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { binary, siteFolder } from './paths';
import { freePort } from './port';

/** What a test may choose about its server. */
export interface ServerOptions {
  /** Start with the demo data. */
  demo?: boolean;
  /** Seconds between heartbeats. */
  heartbeatS?: number;
  /** Further flags of `pulsestage serve`. */
  flags?: string[];
  /** Another folder of built pages than that of the release under test. */
  site?: string;
  /** The port of a server that was there before. */
  port?: number;
}

/** Set by the global setup: a data folder that holds the demo data, to be copied. Seeding it takes seconds, a copy none. */
export const DEMO_FOLDER = 'PULSESTAGE_E2E_DEMO';

/** How what the server says at its start ends: with demo data, when nobody owns it, and when somebody does. */
const WELCOMED = /creates another\.|until one was used\.|creates a one-time link\./;

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;

export class Server {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'pulsestage-e2e-'));
  /** Everything the process has written to standard error, over all its lives. */
  log = '';
  private welcome = '';
  private port = 0;
  private child: ChildProcess | undefined;

  private constructor(private readonly options: ServerOptions) {}

  /** Starts a server and waits until it answers. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(options);
    const demo = process.env[DEMO_FOLDER];
    if (options.demo && demo !== undefined) cpSync(demo, server.dataDir, { recursive: true });
    // Between our look and the server's own bind another process may take the port.
    for (let attempt = 1; ; attempt += 1) {
      server.port = options.port ?? (await freePort());
      try {
        await server.launch();
        return server;
      } catch (error) {
        if (attempt === 3 || !server.log.includes('cannot be listened on')) throw error;
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get listensOn(): number {
    return this.port;
  }

  /** The one-time link that a server with demo data printed for a tenant when it started last. */
  signInLink(tenant = 'default'): string {
    const page = tenant === 'default' ? `${this.url}/admin` : `${this.url}/t/${tenant}/admin`;
    const [, after] = this.welcome.split(`moderators  ${page}\n`);
    const link = after?.match(/sign in\s+(\S+\/sign-in\/\S+)/)?.[1];
    if (link === undefined) throw new Error(`no sign-in link for ${tenant} in:\n${this.welcome}`);
    return link;
  }

  /** The link by which a new installation is claimed, as the server printed it. */
  claimLink(): string {
    const link = this.welcome.match(/\S+\/claim\/\S+/)?.[0];
    if (link === undefined) throw new Error(`no link to claim it in:\n${this.welcome}`);
    return link;
  }

  /** A fresh one-time link, made by `pulsestage link` beside the running server. */
  async newLink(role: 'moderator' | 'admin' | 'owner', tenant = 'default'): Promise<string> {
    const args = ['link', '--data-dir', this.dataDir, '--tenant', tenant, '--role', role, '--public-url', this.url];
    const { stdout } = await promisify(execFile)(binary(), args, { env: environment() });
    return stdout.trim();
  }

  /** Kills the process as a power cut would: it gets no chance to say goodbye. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks the process to stop; answers how it ended and after how long. */
  async interrupt(): Promise<{ code: number | null; ms: number }> {
    const started = performance.now();
    const code = await this.end('SIGINT');
    return { code, ms: performance.now() - started };
  }

  /** Starts it again where it was: same port, same data. */
  async restart(): Promise<void> {
    await this.launch();
  }

  /** Ends the server for good and removes its data. Fails when it has panicked or logged an error meanwhile. */
  async stop(): Promise<void> {
    try {
      if (this.child !== undefined) await this.end('SIGTERM');
    } finally {
      rmSync(this.dataDir, { recursive: true, force: true });
    }
    const bad = this.log.split('\n').filter((line) => /panicked at|"level":"ERROR"/.test(line));
    if (bad.length > 0) throw new Error(`the server's log has errors:\n${bad.join('\n')}`);
  }

  /** The streams that are open now, by the server's own account. */
  openStreams(): number {
    const count = (message: string) => this.log.split(`"message":"${message}"`).length - 1;
    return count('stream opened') - count('stream closed');
  }

  private async launch(): Promise<void> {
    const { demo, heartbeatS, flags = [], site = siteFolder() } = this.options;
    const args = ['serve', '--addr', `127.0.0.1:${this.port}`, '--data-dir', this.dataDir];
    args.push('--site-dir', site, '--log-format', 'json');
    // Nobody waits for tests that stop it, and one person of theirs asks for all.
    args.push('--linger-s', '0', '--drain-s', '1', '--asks-per-participant', '0');
    if (demo) args.push('--demo');
    if (heartbeatS !== undefined) args.push('--heartbeat-s', String(heartbeatS));
    const child = spawn(binary(), [...args, ...flags], {
      env: { ...environment(), RUST_LOG: 'info,pulsestage_server=debug,sqlx=warn' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.welcome = '';
    const before = this.log.length;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    child.stdout.setEncoding('utf8');
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`pulsestage ${why}\n${this.log.slice(before)}`));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail(`did not start within ${START_LIMIT_MS} ms`);
      }, START_LIMIT_MS);
      child.once('error', (error) => fail(`could not be run: ${error.message}`));
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${code ?? signal} before it was up`);
      });
      child.stdout.on('data', (text: string) => {
        this.welcome += text;
        if (!WELCOMED.test(this.welcome)) return;
        clearTimeout(timer);
        resolve();
      });
    }).catch((error: unknown) => {
      this.child = undefined;
      throw error;
    });
    const health = await fetch(`${this.url}/health/live`);
    if (!health.ok) throw new Error(`/health/live answers ${health.status}`);
  }

  private end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (child === undefined) throw new Error('the server is not running');
    this.child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server had ended by itself (${child.exitCode ?? child.signalCode})\n${this.log.slice(-4_000)}`);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the server did not end within ${STOP_LIMIT_MS} ms of ${signal}`));
      }, STOP_LIMIT_MS);
      // 'close' comes once its output was read to the end, too.
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
      child.kill(signal);
    });
  }
}

/** Our environment without what would change the server's settings behind the test's back. */
function environment(): NodeJS.ProcessEnv {
  const ours = /^(PULSESTAGE_|LEPTOS_|DATABASE_URL$|REDIS_URL$|RUST_LOG$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
