import { describe, expect, it } from 'vitest';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { isAsked } from '../../../../src/core/rollout/assign.ts';
import type { TopicWriter } from '../../../../src/pipeline/stream/ports.ts';
import {
  DEAD,
  FROM,
  idsOf,
  jsonReader,
  logRequests,
  ROLLOUT,
  type Shadowing,
  scored,
  shadowing,
  TO,
  unwell,
  valueOf,
} from '../../../support/shadowing.ts';

const HEALTHY = () => scored(0.75);

function requestIds(line: Shadowing, partition = 0): unknown[] {
  return line.written(partition).map(({ requestId }) => requestId);
}

describe('asking the canary from the log', () => {
  it('logs its answer under the same request id, partition, event time and features, as a shadow answer', async () => {
    const line = shadowing(3);
    logRequests(line, ['r-1'], { partition: 2, fields: { unit_id: 'u', context: { shop: 'a' } } });
    const counts = await line.run(HEALTHY);
    expect(counts).toMatchObject({ read: 1, asked: 1, answered: 1, failed: 0, deadLettered: 0 });
    expect(line.written(2)).toMatchObject([
      {
        requestId: 'r-1',
        model: 'fraud',
        version: 'v7',
        eventTimeMs: 986_947_200_000,
        unitId: 'u',
        served: false,
        score: 0.75,
        latencyMs: 10,
        error: null,
        features: { amount: 0 },
        context: { shop: 'a' },
      },
    ]);
    expect(new TextDecoder().decode(line.broker.records(TO, 2)[0]?.key ?? undefined)).toBe('r-1');
  });

  it('writes in the order of the log, whoever answers first', async () => {
    const line = shadowing();
    const ids = idsOf(100);
    logRequests(line, ids);
    await line.run(({ body }) => scored(0.5, body.includes('r-3') ? 500 : 10), { concurrency: 8 });
    expect(requestIds(line)).toEqual(ids);
    expect(line.mostAtOnce()).toBe(8);
  });

  it('begins no more than it can hold while one answer is waited for', async () => {
    const line = shadowing();
    logRequests(line, idsOf(400));
    const asked: number[] = [];
    const counts = await line.run(
      ({ body }) => {
        asked.push(line.asked.length - line.written().length);
        return scored(0.5, body.includes('"r-0"') ? 60_000 : 10);
      },
      { concurrency: 2 },
    );
    expect(counts.answered).toBe(400);
    // 16 for each of the 2 at a time, and the batch of 20 that was in the hand.
    expect(Math.max(...asked)).toBeLessThanOrEqual(16 * 2 + 20 + 2);
  });

  it('leaves out other versions, what the canary served, and what is outside the mirror share', async () => {
    const line = shadowing();
    const ids = idsOf(300);
    logRequests(line, ['foreign'], { fields: { version: 'v5' } });
    logRequests(line, ['shadow'], { fields: { served: false } });
    logRequests(line, ids);
    const selection = {
      rolloutId: ROLLOUT,
      model: 'fraud',
      currentVersion: 'v6',
      mirrorShare: 0.1,
    };
    const counts = await line.run(HEALTHY, { selection });
    const mirrored = ids.filter((requestId) => isAsked(0.1, { rolloutId: ROLLOUT, requestId }));
    expect(requestIds(line)).toEqual(mirrored);
    expect(mirrored.length).toBeGreaterThan(10);
    expect(counts).toMatchObject({
      read: 302,
      foreign: 1,
      notServed: 1,
      notMirrored: 300 - mirrored.length,
      asked: mirrored.length,
    });
  });

  it('asks again what may pass, and logs the last attempt', async () => {
    const line = shadowing();
    logRequests(line, ['r-1']);
    const counts = await line.run((_, attempt) =>
      attempt < 3 ? unwell('http_503') : scored(0.5, 20),
    );
    expect(line.asked).toHaveLength(3);
    expect(line.written()).toMatchObject([{ score: 0.5, error: null, latencyMs: 20 }]);
    expect(counts).toMatchObject({ answered: 1, failed: 0, retried: 2 });
  });

  it('logs an error of the canary when it did not answer in the end', async () => {
    const line = shadowing();
    logRequests(line, ['r-1', 'r-2']);
    const counts = await line.run(({ body }) =>
      body.includes('r-1') ? unwell('timeout') : unwell('http_400', { isPassing: false }),
    );
    expect(line.written()).toMatchObject([
      { requestId: 'r-1', score: null, error: 'timeout', latencyMs: 5 },
      { requestId: 'r-2', score: null, error: 'http_400' },
    ]);
    expect(line.asked).toHaveLength(4 + 1);
    expect(counts).toMatchObject({ answered: 0, failed: 2, retried: 3 });
  });

  it('waits as long as it is asked to', async () => {
    const line = shadowing();
    logRequests(line, ['r-1']);
    await line.run((_, attempt) =>
      attempt === 1 ? unwell('http_429', { retryAfterMs: 7_000 }) : scored(0.5),
    );
    const [first, second] = line.asked;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBe(7_005);
  });

  it('keeps to a rate, attempts again included', async () => {
    const line = shadowing();
    logRequests(line, idsOf(50));
    await line.run((_, attempt) => (attempt === 1 ? unwell('http_503') : scored(0.5)), {
      ratePerSecond: 10,
    });
    const times = line.asked.map(({ atMs }) => atMs);
    expect(times).toHaveLength(100);
    const perSecond = times.map((at) => times.filter((to) => to >= at && to < at + 1000).length);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(11);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(10_500);
  });

  it('writes a dead letter for what cannot be turned into a request, and goes on', async () => {
    const line = shadowing();
    logRequests(line, ['r-1'], { fields: { features: {} } });
    logRequests(line, ['r-2'], { fields: { request_id: '' } });
    logRequests(line, ['r-3']);
    const shape = { body: { x: '{{features.amount}}' }, headers: {} };
    const counts = await line.run(HEALTHY, { shape });
    expect(requestIds(line)).toEqual(['r-3']);
    expect(line.broker.records(DEAD, 0).map(({ value }) => valueOf(value))).toMatchObject([
      { topic: FROM, partition: 0, offset: 0, reason: 'missing_field', field: 'features.amount' },
      { topic: FROM, partition: 0, offset: 1, reason: 'empty_request_id' },
    ]);
    expect(counts).toMatchObject({ read: 3, asked: 1, deadLettered: 2 });
  });

  it('stops when the endpoint refuses it, blames no answer on the canary, and goes on there', async () => {
    const line = shadowing();
    logRequests(line, idsOf(30));
    const refusing = line.run(({ body }) =>
      body.includes('"r-20"')
        ? { afterMs: 1, answer: { kind: 'refused', detail: '401' } }
        : scored(0.5),
    );
    await expect(refusing).rejects.toMatchObject({ code: 'endpoint_refused' });
    expect(requestIds(line)).toEqual(idsOf(20));
    const again = await line.run(HEALTHY);
    expect(requestIds(line)).toEqual(idsOf(30));
    expect(again.read).toBe(10);
  });

  it('begins at the end of the log when told to, and remembers where that was', async () => {
    const line = shadowing();
    logRequests(line, idsOf(3, 'old'));
    await line.run(HEALTHY, { begin: 'latest' });
    logRequests(line, idsOf(2, 'new'));
    await line.run(HEALTHY, { begin: 'latest' });
    expect(requestIds(line)).toEqual(idsOf(2, 'new'));
  });

  it('begins with what is still there when the rest was deleted, and ends when that is nothing', async () => {
    const line = shadowing();
    logRequests(line, idsOf(5));
    const begins = (offset: number) => () => Promise.resolve(new Map([[0, offset]]));
    await line.run(HEALTHY, { begins: begins(3) });
    expect(requestIds(line)).toEqual(['r-3', 'r-4']);
    const gone = shadowing();
    gone.broker.leaveGap(FROM, 0, 1000);
    expect(await gone.run(HEALTHY, { begins: begins(1000) })).toMatchObject({ read: 0 });
  });

  it('waits for a registry that is away', async () => {
    const line = shadowing();
    logRequests(line, idsOf(3));
    let asked = 0;
    const reader: typeof jsonReader = {
      read: async (batch) => {
        asked += 1;
        if (asked < 4) throw new CoalmineError('registry_unavailable', 'away');
        return await jsonReader.read(batch);
      },
    };
    await line.run(HEALTHY, { reader });
    expect([asked, requestIds(line)]).toEqual([4, idsOf(3)]);
  });

  it('begins anew for another rollout', async () => {
    const line = shadowing();
    logRequests(line, idsOf(2));
    await line.run(HEALTHY);
    await line.run(HEALTHY, { route: { from: FROM, to: TO, rolloutId: 'fraud-v7.2' } });
    expect(requestIds(line)).toEqual([...idsOf(2), ...idsOf(2)]);
  });

  it('ends in order when it is stopped: what is on its way is written, what is queued is not lost', async () => {
    const line = shadowing();
    logRequests(line, idsOf(60));
    const stopping = new AbortController();
    const first = await line.run(
      () => {
        if (line.asked.length === 21) stopping.abort();
        return scored(0.5, 40);
      },
      { signal: stopping.signal, isOnce: false },
    );
    expect(line.asked.length).toBeLessThan(30);
    expect(requestIds(line)).toEqual(idsOf(line.asked.length));
    expect(first.answered).toBe(line.asked.length);
    await line.run(HEALTHY);
    expect(requestIds(line)).toEqual(idsOf(60));
  });

  it('does not wait out a long pause when it is stopped', async () => {
    const line = shadowing();
    logRequests(line, ['r-1']);
    const stopping = new AbortController();
    const begunMs = line.clock.nowMs();
    const run = line.run(
      () => {
        stopping.abort();
        return unwell('http_503', { retryAfterMs: 60_000 });
      },
      { signal: stopping.signal },
    );
    await run;
    expect(line.clock.nowMs() - begunMs).toBeLessThan(1_000);
    expect(line.written()).toEqual([]);
  });

  it.each([1, 2, 3, 5, 8, 13, 21])(
    'after a crash at write %i asks again only what was on its way',
    async (writes) => {
      const line = shadowing(2);
      const ids = idsOf(40);
      logRequests(line, ids.slice(0, 25), { partition: 0 });
      logRequests(line, ids.slice(25), { partition: 1 });
      const crashed = line.run(HEALTHY, { writer: failingAfter(line, writes), concurrency: 3 });
      await expect(crashed).rejects.toThrow('the broker is gone');
      await line.run(HEALTHY, { concurrency: 3 });
      const written = [0, 1].flatMap((partition) => requestIds(line, partition));
      expect(new Set(written)).toEqual(new Set(ids));
      expect(written.length - ids.length).toBeLessThanOrEqual(16 * 3 + 20);
    },
  );

  it('loses nothing when partitions move to and fro', async () => {
    const line = shadowing(4);
    for (const partition of [0, 1, 2, 3])
      logRequests(line, idsOf(30, `p${partition}`), { partition });
    await line.run(() => {
      if (line.asked.length % 17 === 0) line.broker.rebalance('shadow');
      return scored(0.5);
    });
    for (const partition of [0, 1, 2, 3]) {
      const written = requestIds(line, partition);
      expect([...new Set(written)]).toEqual(idsOf(30, `p${partition}`));
    }
  });
});

/** Takes so many writes, and then none any more. */
function failingAfter({ broker }: Shadowing, writes: number): TopicWriter {
  const inner = broker.writer();
  let count = 0;
  return {
    send: async (topic, records) => {
      count += 1;
      if (count > writes) throw new Error('the broker is gone');
      return await inner.send(topic, records);
    },
    close: () => inner.close(),
  };
}
