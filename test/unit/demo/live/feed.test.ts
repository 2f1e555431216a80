import { expect, test } from 'vitest';
import type { RoutingTable } from '../../../../src/core/events/routing.ts';
import type { Verdict } from '../../../../src/core/events/verdict.ts';
import { firstTable, withEnd, withShare } from '../../../../src/core/rollout/routing-table.ts';
import type { FedHour } from '../../../../src/demo/live/feed.ts';
import { feed } from '../../../../src/demo/live/feed.ts';
import type { Happening } from '../../../../src/demo/live/hours.ts';
import { HOUR_MS } from '../../../../src/demo/live/hours.ts';
import type { Progress } from '../../../../src/demo/live/progress.ts';
import { SERVE_FROM_MS } from '../../../../src/demo/write-logs.ts';
import { aVerdict } from '../../../support/verdicts.ts';

const FLIGHTS = 120;
const NOW_MS = SERVE_FROM_MS;

function answersOf(hour: number): readonly Happening[] {
  const fromMs = SERVE_FROM_MS + hour * HOUR_MS;
  return Array.from({ length: 2 * FLIGHTS }, (_, i): Happening => {
    const isCanary = i % 2 === 1;
    return {
      kind: 'answer',
      isCanary,
      answer: {
        request_id: `f-${hour}-${Math.floor(i / 2)}`,
        version: isCanary ? 'v2' : 'v1',
        event_time: fromMs + i,
        score: 0.5,
        latency_ms: 1,
        features: {},
        context: { origin: 'A', destination: 'B' },
      },
    };
  });
}

/** A feed into lists, whose verdicts and tables come as `judge` says before each hour is settled. */
function world(judge: (hoursSent: number) => readonly [number, RoutingTable | null]) {
  const ending = new AbortController();
  const sent: { event_time: number; served?: boolean; version: string }[] = [];
  const stored: Progress[] = [];
  const told: FedHour[] = [];
  const judged = () => judge(stored.length);
  return {
    ending,
    sent,
    stored,
    told,
    deps: {
      hours: { read: async (hour: number) => await Promise.resolve(answersOf(hour)) },
      producer: {
        predict: async (event: { event_time: number; served?: boolean; version: string }) => {
          sent.push(event);
          await Promise.resolve();
        },
        outcome: async () => await Promise.resolve(),
        flush: async () => await Promise.resolve(),
      },
      routing: async () => await Promise.resolve(judged()[1]),
      latestVerdict: (): Verdict | null => aVerdict({ windowEndMs: judged()[0] }),
      onHour: (hour: FedHour) => {
        told.push(hour);
      },
      onWaiting: () => {},
      store: async (progress: Progress) => {
        stored.push(progress);
        await Promise.resolve();
      },
      nowMs: () => NOW_MS,
      signal: ending.signal,
    },
  };
}

const TABLE = firstTable(
  {
    rolloutId: 'flights.1',
    model: 'flight-delay',
    currentVersion: 'v1',
    canaryVersion: 'v2',
    key: 'request_id',
    boundary: 'request',
    sessionMaxAgeMs: HOUR_MS,
  },
  SERVE_FROM_MS,
);

test('each request is served by one version, the one that the published table says', async () => {
  const half = withShare(TABLE, { fromMs: SERVE_FROM_MS, share: 0.5 });
  const { deps, sent } = world((hours) => [
    Infinity,
    hours < 2 ? half : withEnd(half, { fromMs: SERVE_FROM_MS, share: 0 }),
  ]);
  await feed(deps, { rolloutId: 'flights.1', from: null, hoursPerSecond: Infinity });
  expect(sent).toHaveLength(2 * 2 * FLIGHTS);
  const served = sent.filter((one) => one.served === true);
  expect(served).toHaveLength(2 * FLIGHTS);
  const byCanary = served.filter(({ version }) => version === 'v2').length;
  expect(byCanary / served.length).toBeGreaterThan(0.35);
  expect(byCanary / served.length).toBeLessThan(0.65);
});

test('it ends when the rollout is over, whatever was judged', async () => {
  const over = withEnd(TABLE, { fromMs: SERVE_FROM_MS, share: 0 });
  const { deps, sent } = world((hours) => [-Infinity, hours < 2 ? TABLE : over]);
  const fed = await feed(deps, { rolloutId: 'flights.1', from: null, hoursPerSecond: Infinity });
  expect(fed).toMatchObject({ table: over, requestCount: 2 * FLIGHTS });
  expect(sent).toHaveLength(2 * 2 * FLIGHTS);
});

test('it goes on with the hour and the shift that were stored', async () => {
  const over = withEnd(TABLE, { fromMs: SERVE_FROM_MS, share: 0 });
  const { deps, stored, told } = world((hours) => [Infinity, hours < 1 ? TABLE : over]);
  const from = { rolloutId: 'flights.1', nextHour: 7, shiftMs: 2 * HOUR_MS };
  await feed(deps, { rolloutId: 'flights.1', from, hoursPerSecond: Infinity });
  expect(told.map(({ hour }) => hour)).toEqual([7, 8]);
  expect(told[0]?.atMs).toBe(SERVE_FROM_MS + 9 * HOUR_MS);
  expect(stored).toEqual([{ ...from, nextHour: 8 }]);
});

test('an interruption ends it behind a whole hour', async () => {
  const { deps, ending, sent, stored } = world(() => [Infinity, TABLE]);
  const feeding = feed(
    {
      ...deps,
      onHour: ({ hour }) => {
        if (hour === 1) ending.abort();
      },
    },
    { rolloutId: 'flights.1', from: null, hoursPerSecond: Infinity },
  );
  await expect(feeding).rejects.toThrow('aborted');
  expect(sent).toHaveLength(2 * 2 * FLIGHTS);
  expect(stored.at(-1)?.nextHour).toBe(2);
});
