// A TCP proxy between browser and server that can be made to behave like a bad network.

import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

import { freePort } from './port';

/** What the network does to a connection. */
type Weather = 'fine' | 'held' | 'lost';

class Line {
  weather: Weather = 'fine';
  private held: Array<() => void> = [];

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
  ) {
    this.carry(near, far);
    this.carry(far, near);
  }

  close(): void {
    this.near.resetAndDestroy();
    this.far.resetAndDestroy();
  }

  /** Lets go of what was held, in order. */
  release(): void {
    this.weather = 'fine';
    for (const task of this.held.splice(0)) task();
  }

  private carry(from: Socket, to: Socket): void {
    const pass = (task: () => void) => {
      if (this.weather === 'fine') task();
      // What is lost never arrives: not the bytes, and not the news that the other side hung up.
      else if (this.weather === 'held') this.held.push(task);
    };
    from.on('data', (bytes) => pass(() => void to.write(bytes)));
    from.on('end', () => pass(() => void to.end()));
    from.on('error', () => pass(() => void to.destroy()));
    from.on('close', () => pass(() => void to.destroy()));
  }
}

export class Network {
  private readonly lines = new Set<Line>();
  private refusing = false;
  private holding = false;
  private readonly listener = createServer({ allowHalfOpen: true }, (near) => this.accept(near));

  private constructor(private readonly target: number) {}

  /** A network in front of a port of this machine. */
  static async before(target: number): Promise<Network> {
    const network = new Network(target);
    const port = await freePort();
    await new Promise<void>((resolve, reject) => {
      network.listener.once('error', reject);
      network.listener.listen(port, '127.0.0.1', resolve);
    });
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Cuts every connection and refuses new ones, until `mend`. */
  cut(): void {
    this.refusing = true;
    for (const line of this.lines) line.close();
  }

  /** Every open connection goes silent for good without a word to either side, as behind a router that forgot it. New ones work. */
  forget(): void {
    for (const line of this.lines) line.weather = 'lost';
  }

  /** Nothing gets through, on old connections and on new ones, until `mend`; what was sent meanwhile arrives late. */
  hold(): void {
    this.holding = true;
    for (const line of this.lines) if (line.weather === 'fine') line.weather = 'held';
  }

  /** The network is well again. What was cut or forgotten stays so. */
  mend(): void {
    this.refusing = false;
    this.holding = false;
    for (const line of this.lines) if (line.weather === 'held') line.release();
  }

  async close(): Promise<void> {
    for (const line of this.lines) line.close();
    await new Promise<void>((resolve) => this.listener.close(() => resolve()));
  }

  private accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    near.setNoDelay(true);
    far.setNoDelay(true);
    const line = new Line(near, far);
    if (this.holding) line.weather = 'held';
    this.lines.add(line);
    near.on('close', () => {
      // A lost line stays open towards the server, which must notice by itself.
      if (line.weather !== 'lost') this.lines.delete(line);
    });
  }
}
