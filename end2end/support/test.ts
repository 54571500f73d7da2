// What every test file imports: a server for the file, and visitors that leave when their test ends.

import { test as base, expect } from '@playwright/test';

import { Server, type ServerOptions } from './server';
import { Visitor, type VisitorOptions } from './visitor';

export { expect };

interface Fixtures {
  /** Lets somebody arrive with a browser of their own; what was not clean on their page fails the test. */
  arrive: (origin: string, options?: VisitorOptions) => Promise<Visitor>;
}

export const test = base.extend<Fixtures>({
  arrive: async ({ browser }, use) => {
    const visitors: Visitor[] = [];
    await use(async (origin, options) => {
      const visitor = await Visitor.arrive(browser, origin, options);
      visitors.push(visitor);
      return visitor;
    });
    const dirt = visitors.flatMap((visitor) => visitor.dirt());
    await Promise.all(visitors.map((visitor) => visitor.context.close()));
    expect(dirt, 'every page is clean').toEqual([]);
  },
});

/** Starts a server before the tests of this file and stops it after them. */
export function serverForThisFile(options: ServerOptions = {}): { readonly it: Server } {
  let server: Server | undefined;
  base.beforeAll(async () => {
    server = await Server.start(options);
  });
  base.afterAll(async () => {
    await server?.stop();
  });
  return {
    get it() {
      if (server === undefined) throw new Error('the server runs only while tests do');
      return server;
    },
  };
}
