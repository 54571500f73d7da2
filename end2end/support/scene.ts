// Somebody whose network can be made bad, and somebody beside them whose network is good.

import { Person } from './api';
import { Network } from './network';
import type { Server } from './server';
import { test as base } from './test';
import { NETWORK_NOTES, type Visitor } from './visitor';

export interface Scene {
  /** The network between Anna and the server. */
  network: Network;
  /** Her page is live when a test begins. */
  anna: Visitor;
  /** Somebody with a good network. */
  crowd: Person;
}

/** What Anna's page goes through before each test, and after it. */
export interface Around {
  before?: (anna: Visitor) => Promise<void>;
  after?: (anna: Visitor) => Promise<void>;
}

/** Tests of a bad network before this server. */
export const sceneBefore = (server: { readonly it: Server }, { before, after }: Around) =>
  base.extend<Scene>({
    network: async ({}, use) => {
      const network = await Network.before(server.it.listensOn);
      await use(network);
      await network.close();
    },
    anna: async ({ arrive, network }, use) => {
      // Where the worker asks for a file in vain, the browser says no more than that.
      const tolerate = [NETWORK_NOTES, /net::ERR_FAILED/];
      const anna = await arrive(network.url, { tolerate });
      await anna.enter('/?sort=newest');
      await before?.(anna);
      await use(anna);
      await after?.(anna);
    },
    crowd: async ({}, use) => use(await Person.participant(server.it.url)),
  });
