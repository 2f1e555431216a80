import { CoalmineError } from '../../core/foundation/error.ts';
import type { WindowStore } from '../../pipeline/ports.ts';
import type { TopicWriter } from '../../pipeline/stream/ports.ts';
import type { Role } from './run-service.ts';
import type { ServiceConfig } from './service-config.ts';

/** Puts the places at which a process can be made to end around the ports that act. */
export interface CrashPoints {
  writer(role: Role, writer: TopicWriter): TopicWriter;
  store(store: WindowStore): WindowStore;
}

const NONE: CrashPoints = { writer: (_role, writer) => writer, store: (store) => store };

/**
 * For tests of recovery only: `COALMINE_CRASH_AT=judge.before-verdicts:3` ends the process, as SIGKILL
 * does, right before its judge writes to the topic of verdicts for the third time. Places are
 * `ROLE.before-TOPIC` and `ROLE.after-TOPIC` (acknowledged) for `join`, `judge` and `control` and each
 * key of `topics` in the config, and `judge.before-commit` and `judge.after-commit`.
 *
 * @throws CoalmineError `usage` when it is not understood
 */
export function crashPoints(text: string | undefined, { topics }: ServiceConfig): CrashPoints {
  if (text === undefined || text === '') return NONE;
  const match = /^(\w+\.(?:before|after)-\w+):([1-9]\d*)$/.exec(text);
  if (match === null) {
    throw new CoalmineError('usage', `COALMINE_CRASH_AT is not understood: ${text}`, {
      hints: ['judge.before-verdicts:3 is how it looks; it is for tests'],
    });
  }
  const [, place] = match;
  let left = Number(match[2]);
  const pass = (here: string): void => {
    if (here !== place) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  const keys = new Map(Object.entries(topics).map(([key, { name }]) => [name, key]));
  return {
    writer: (role, writer) => ({
      async send(topic, records) {
        const key = keys.get(topic) ?? topic;
        pass(`${role}.before-${key}`);
        const sent = await writer.send(topic, records);
        pass(`${role}.after-${key}`);
        return sent;
      },
      close: async () => {
        await writer.close();
      },
    }),
    store: (store) => ({
      async commit(commit) {
        pass('judge.before-commit');
        await store.commit(commit);
        pass('judge.after-commit');
      },
      loadState: async () => await store.loadState(),
      outbox: async (kind, afterNumber, limit) => await store.outbox(kind, afterNumber, limit),
      publish: async () => await store.publish(),
      close: async () => {
        await store.close();
      },
    }),
  };
}
