// An HTTP proxy that holds streams back, as office firewalls and virus scanners do: it passes requests on, and of the
// stream only what it is told to. A slow one has not brought the page's program yet.

import { type AddressInfo } from 'node:net';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';

import { freePort } from './port';

/** What the proxy does with `/sse`. */
export type Holding = 'nothing' | 'everything' | 'all but the beginning' | 'refused';

export class HoldingProxy {
  holding: Holding = 'nothing';
  /** What waits for the page's program, while that is on its way. */
  private program: Array<() => void> | undefined;
  /** How often `/sse` and `/api/events` were asked for. */
  streams = 0;
  polls = 0;
  private readonly server = createServer((near, answer) => this.pass(near, answer));

  private constructor(private readonly target: number) {}

  /** A proxy in front of a port of this machine. */
  static async before(target: number): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(target);
    const port = await freePort();
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject);
      proxy.server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The program of pages is on its way until it is let go. */
  holdProgram(): void {
    this.program ??= [];
  }

  releaseProgram(): void {
    const waiting = this.program ?? [];
    this.program = undefined;
    for (const pass of waiting) pass();
  }

  private pass(near: IncomingMessage, answer: ServerResponse): void {
    const path = near.url ?? '/';
    if (this.program !== undefined && path.endsWith('.wasm')) {
      this.program.push(() => this.pass(near, answer));
      return;
    }
    const isStream = path.startsWith('/sse');
    if (isStream) this.streams += 1;
    if (path.startsWith('/api/events')) this.polls += 1;
    if (isStream && this.holding === 'refused') {
      answer.writeHead(502, { 'content-type': 'text/html' }).end('<p>Blocked.</p>');
      return;
    }
    const { method, headers } = near;
    const far = request({ host: '127.0.0.1', port: this.target, method, path, headers }, (response) => {
      const holding = this.holding;
      // A proxy that waits for the end of an answer says nothing of it before.
      if (isStream && holding === 'everything') {
        response.resume();
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      let chunks = 0;
      response.on('data', (chunk: Buffer) => {
        chunks += 1;
        if (!isStream || holding !== 'all but the beginning' || chunks === 1) answer.write(chunk);
      });
      response.on('end', () => answer.end());
    });
    far.on('error', () => answer.destroy());
    answer.on('close', () => far.destroy());
    near.pipe(far);
  }
}
