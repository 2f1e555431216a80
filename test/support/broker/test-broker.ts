import { inject } from 'vitest';
import type { DockerBroker } from './docker-broker.ts';
import { attachJars } from './jar-broker.ts';

/** What a fault test does to one service. */
export interface Faults {
  /** Ends it in order; its data stay. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; its data stay. */
  kill(): Promise<void>;
  /** Starts it on the same data and port, and waits until it answers; ends it first if it runs. */
  restart(): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** The broker that all tests of a run share; its own methods concern the broker itself. */
export interface TestBroker extends Faults {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly registry: Faults;
}

/** What the global setup found or started, as it travels to the workers. */
export type BrokerGiven =
  | { readonly kind: 'given'; readonly brokers: readonly string[]; readonly registryUrl: string }
  | { readonly kind: 'jars'; readonly folder: string }
  | ({ readonly kind: 'docker' } & DockerBroker)
  | { readonly kind: 'none' };

declare module 'vitest' {
  interface ProvidedContext {
    broker: BrokerGiven;
  }
}

const broker = inject('broker');

/** For `describe.runIf`: without one its tests are left out by name, and the setup says so loudly. */
export const hasBroker = broker.kind !== 'none';

/** The same for tests that stop the broker: a given one may be somebody else's. */
export const isOwnBroker = hasBroker && broker.kind !== 'given';

export async function testBroker(): Promise<TestBroker> {
  switch (broker.kind) {
    case 'jars':
      return attachJars(broker.folder);
    case 'docker':
      // The client of the engine is large, and most runs have none.
      return (await import('./docker-broker.ts')).attachDocker(broker);
    case 'given':
      return { ...broker, ...untouchable, registry: untouchable };
    case 'none':
      throw new Error('there is no broker: ask hasBroker first');
  }
}

async function refuse(): Promise<void> {
  throw new Error('a given broker is not ours to stop: ask isOwnBroker first');
}

const untouchable: Faults = {
  stop: refuse,
  kill: refuse,
  restart: refuse,
  pause: refuse,
  resume: refuse,
};
