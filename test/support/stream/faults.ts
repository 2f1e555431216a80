import type {
  Notifier,
  OutcomeSegments,
  Router,
  WindowStore,
} from '../../../src/pipeline/ports.ts';
import type { TopicWriter } from '../../../src/pipeline/stream/ports.ts';

/** The process ended here. */
export class Crash extends Error {
  constructor(effect: string) {
    super(`crashed at ${effect}`);
    this.name = 'Crash';
  }
}

/**
 * Ends a process at an effect of our choice, or stops it there until it is let go on: twice for each,
 * just before it and just after it. What the effect did stays done.
 */
export class Faults {
  /** Boundaries passed so far: two for each effect. */
  boundaries = 0;
  /** Boundaries at which a process ends. */
  readonly crashesAt: number[] = [];
  /** Boundaries at which a process is stopped. */
  readonly pausesAt: number[] = [];
  readonly names: string[] = [];
  /** Records sent, and requests to send some, by topic. */
  readonly sent = new Map<string, { records: number; requests: number }>();
  private tell: (letGo: () => void) => void = () => {};

  /** Resolves when a process is stopped, with what lets it go on. */
  nextPause(): Promise<() => void> {
    return new Promise((resolve) => {
      this.tell = resolve;
    });
  }

  writer(writer: TopicWriter): TopicWriter {
    return {
      send: async (topic, records) => {
        const sent = this.sent.get(topic) ?? { records: 0, requests: 0 };
        sent.records += records.length;
        sent.requests += 1;
        this.sent.set(topic, sent);
        return await this.effect(`send to ${topic}`, async () => await writer.send(topic, records));
      },
      close: async () => await writer.close(),
    };
  }

  store(store: WindowStore): WindowStore {
    return {
      ...store,
      commit: async (commit) => await this.effect('commit', async () => await store.commit(commit)),
    };
  }

  segments(segments: OutcomeSegments): OutcomeSegments {
    return {
      ...segments,
      write: async (name, bytes) =>
        await this.effect('write a segment', async () => await segments.write(name, bytes)),
      remove: async (names) =>
        await this.effect('remove segments', async () => await segments.remove(names)),
    };
  }

  router(router: Router): Router {
    return {
      ...router,
      apply: async (table) =>
        await this.effect('move traffic', async () => await router.apply(table)),
    };
  }

  notifier(notifier: Notifier): Notifier {
    return {
      notify: async (notification) =>
        await this.effect('notify', async () => await notifier.notify(notification)),
    };
  }

  private async effect<T>(name: string, run: () => Promise<T>): Promise<T> {
    await this.pass(`before ${name}`);
    const result = await run();
    await this.pass(`after ${name}`);
    return result;
  }

  private async pass(name: string): Promise<void> {
    this.boundaries += 1;
    if (this.pausesAt.includes(this.boundaries)) {
      this.names.push(`paused ${name}`);
      await new Promise<void>((letGo) => {
        this.tell(letGo);
      });
    }
    if (!this.crashesAt.includes(this.boundaries)) return;
    this.names.push(name);
    throw new Crash(name);
  }
}
