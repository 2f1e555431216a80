import { describe, expect, it } from 'vitest';
import {
  type QueuedRecord,
  type QueueLimits,
  SendQueue,
} from '../../../src/producer/send-queue.ts';

const LIMITS: QueueLimits = {
  lingerMs: 20,
  batchCountMax: 3,
  queuedBytesMax: 100,
  whenFull: 'wait',
};

function record(name: string, bytes = 9): QueuedRecord {
  return { topic: 't', key: name, value: new Uint8Array(bytes) };
}

/** A broker that answers when it is told to, and a clock that runs when it is told to. */
class Desk {
  readonly sent: string[] = [];
  readonly lost: string[] = [];
  readonly timers: (() => void)[] = [];
  readonly #open: PromiseWithResolvers<void>[] = [];
  readonly queue: SendQueue;

  constructor(limits: Partial<QueueLimits> = {}) {
    this.queue = new SendQueue(
      { ...LIMITS, ...limits },
      {
        send: async (records) => {
          this.sent.push(records.map(({ key }) => key).join());
          const request = Promise.withResolvers<void>();
          this.#open.push(request);
          await request.promise;
        },
        after: (_ms, run) => {
          this.timers.push(run);
          return () => {
            this.timers.splice(this.timers.indexOf(run), 1);
          };
        },
        lost: (_error, records) => {
          this.lost.push(records.map(({ key }) => key).join());
        },
      },
    );
  }

  async answer(error?: Error): Promise<void> {
    const request = this.#open.shift();
    if (error === undefined) request?.resolve();
    else request?.reject(error);
    await settled();
  }

  tick(): void {
    for (const run of this.timers.slice()) run();
  }
}

/** What a promise is rejected with: looked at from the start, so that it is never unhandled. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'nothing failed',
    (error: unknown) => error,
  );
}

/** All that can go on without the outside has gone on. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

describe('the queue of a producer', () => {
  it('sends a full batch at once, and a small one when the time is over', async () => {
    const desk = new Desk();
    for (const name of ['a', 'b', 'c', 'd']) await desk.queue.add(record(name));
    expect(desk.sent).toEqual(['a,b,c']);
    await desk.answer();
    expect(desk.sent).toEqual(['a,b,c', 'd']);
    await desk.answer();
    await desk.queue.add(record('e'));
    expect(desk.sent).toHaveLength(2);
    desk.tick();
    expect(desk.sent).toEqual(['a,b,c', 'd', 'e']);
  });

  it('has one request in flight, so that order is kept', async () => {
    const desk = new Desk();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await desk.queue.add(record(name));
    expect(desk.sent).toEqual(['a,b,c']);
    await desk.answer();
    expect(desk.sent).toEqual(['a,b,c', 'd,e,f']);
    await desk.answer();
    await desk.answer();
    expect(desk.sent).toEqual(['a,b,c', 'd,e,f', 'g']);
    expect(desk.timers).toEqual([]);
  });

  it('holds the caller back at its limit until there is room', async () => {
    const desk = new Desk({ queuedBytesMax: 20 });
    await desk.queue.add(record('a'));
    await desk.queue.add(record('b'));
    let isTaken = false;
    const third = desk.queue.add(record('c')).finally(() => {
      isTaken = true;
    });
    await settled();
    expect([isTaken, desk.sent]).toEqual([false, ['a,b']]);
    await desk.answer();
    await third;
    expect(isTaken).toBe(true);
  });

  it('refuses the record at its limit where the caller must not wait', async () => {
    const desk = new Desk({ queuedBytesMax: 20, whenFull: 'reject' });
    await desk.queue.add(record('a'));
    await desk.queue.add(record('b'));
    await expect(desk.queue.add(record('c'))).rejects.toMatchObject({ code: 'limit_reached' });
  });

  it('takes a record that alone is above the limit', async () => {
    const desk = new Desk({ queuedBytesMax: 20 });
    await desk.queue.add(record('large', 1000));
    const small = desk.queue.add(record('b'));
    await settled();
    expect(desk.sent).toEqual(['large']);
    await desk.answer();
    await small;
  });

  it('says once what was lost, and goes on', async () => {
    const desk = new Desk();
    await desk.queue.add(record('a'));
    const flushed = failureOf(desk.queue.flush());
    await desk.answer(new Error('no leader'));
    expect(await flushed).toMatchObject({ code: 'broker_unavailable' });
    expect(desk.lost).toEqual(['a']);
    await desk.queue.add(record('b'));
    const again = desk.queue.flush();
    await desk.answer();
    await expect(again).resolves.toBeUndefined();
  });

  it('sends the rest when it is closed, and takes no more', async () => {
    const desk = new Desk({ queuedBytesMax: 20 });
    for (const name of ['a', 'b']) await desk.queue.add(record(name));
    const held = desk.queue.add(record('c'));
    const refused = failureOf(held);
    await settled();
    const closed = desk.queue.close();
    expect(await refused).toMatchObject({ code: 'usage' });
    await desk.answer();
    await closed;
    expect(desk.sent).toEqual(['a,b']);
    await expect(desk.queue.add(record('d'))).rejects.toThrow('the producer is closed');
  });
});
