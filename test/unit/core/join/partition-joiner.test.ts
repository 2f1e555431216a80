import { describe, expect, test } from 'vitest';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { noCounters } from '../../../../src/core/join/sink.ts';
import { countOffset, type ScalarCount } from '../../../../src/core/windows/layout.ts';
import { type Joined, type JoinOptions, join, SETTINGS } from '../../../support/joining.ts';
import { canary, current } from '../../../support/predictions.ts';

/** The start of a window, a day in. */
const T = 86_400_000;
const WINDOW = T / SETTINGS.lengthMs;

function counted(joined: Joined, window: number, names: readonly ScalarCount[]): number[] {
  const partial = joined.partials.get(window);
  return names.map((name) => partial?.counts[countOffset(name)] ?? 0);
}

/** One record of each arm so far ahead that all earlier windows close. */
function later(atMs: number) {
  return [current('later', atMs), canary('later', atMs)];
}

async function open(predictions: JoinOptions['predictions']): Promise<Joined> {
  return await join({ predictions, keepOpen: true });
}

describe('contract 1: at most one prediction per arm and key', () => {
  test('a second, equal one is a duplicate, whichever arm and however often', async () => {
    const [a, b] = [current('r', T), canary('r', T + 1)];
    const { counters } = await join({ predictions: [a, a, b, b, a, b] });
    expect(counters).toEqual({ ...noCounters(), read: 6, matched: 1, duplicate: 4 });
  });

  test('a second, different one is a conflict, and the first in the log is the one that counts', async () => {
    const predictions = [
      current('r', T, { error: 'timeout' }),
      current('r', T),
      canary('r', T),
      canary('r', T, { score: 0.75 }),
    ];
    const joined = await join({ predictions });
    expect(joined.counters).toEqual({ ...noCounters(), read: 4, matched: 1, conflict: 2 });
    const names = ['currentErrors', 'errorsCurrentOnly', 'conflict', 'duplicate'] as const;
    expect(counted(joined, WINDOW, names)).toEqual([1, 1, 2, 0]);
  });

  test('where a record arrived does not make it different', async () => {
    const a = current('r', T, { arrivalTimeMs: T + 5 });
    const { counters } = await join({ predictions: [a, { ...a, arrivalTimeMs: null }] });
    expect(counters.duplicate).toBe(1);
  });

  test('never m × n: three of one arm and two of the other make one pair', async () => {
    const predictions = [
      current('r', T),
      current('r', T + 1),
      current('r', T + 2),
      canary('r', T + 3),
      canary('r', T + 4),
    ];
    const { counters } = await join({ predictions });
    expect(counters).toEqual({ ...noCounters(), read: 5, matched: 1, conflict: 3 });
  });

  test('rows of one request are keys of their own', async () => {
    const predictions = [0, 1].flatMap((rowIndex) => [
      current('r', T, { rowIndex }),
      canary('r', T, { rowIndex }),
    ]);
    expect((await join({ predictions })).counters.matched).toBe(2);
  });

  test('a repeat counts in the window of its own event time', async () => {
    const predictions = [current('r', T + 59_000), current('r', T + 60_500)];
    const joined = await join({ predictions });
    expect(counted(joined, WINDOW + 1, ['conflict'])).toEqual([1]);
    expect(counted(joined, WINDOW, ['conflict', 'unmatchedCurrent'])).toEqual([0, 1]);
  });
});

describe('contract 2: pairs', () => {
  test.each([
    { what: 'exactly skewMax apart are a pair', apartMs: 30_000, matched: 1 },
    { what: 'one ms more apart are none', apartMs: 30_001, matched: 0 },
  ])('two halves $what', async ({ apartMs, matched }) => {
    for (const firstMs of [T, T + 29_000]) {
      for (const predictions of [
        [current('r', firstMs), canary('r', firstMs + apartMs)],
        [canary('r', firstMs), current('r', firstMs + apartMs)],
      ]) {
        const { counters } = await join({ predictions });
        const alone = 1 - matched;
        expect(counters).toEqual({
          ...noCounters(),
          read: 2,
          matched,
          unmatchedCurrent: alone,
          unmatchedCanary: alone,
        });
      }
    }
  });

  test('a pair belongs to the window of the current arm, whichever half comes first', async () => {
    const halves = [current('r', T + 50_000), canary('r', T + 70_000)];
    for (const predictions of [halves, halves.toReversed()]) {
      const joined = await join({ predictions });
      expect(counted(joined, WINDOW, ['matched', 'canaryPredictions'])).toEqual([1, 1]);
      expect(counted(joined, WINDOW + 1, ['matched', 'canaryPredictions'])).toEqual([0, 0]);
    }
    const late = await join({ predictions: [canary('r', T + 50_000), current('r', T + 70_000)] });
    expect(counted(late, WINDOW, ['matched'])).toEqual([0]);
    expect(counted(late, WINDOW + 1, ['matched'])).toEqual([1]);
  });

  test('a pair is folded when it forms, not when its window closes', async () => {
    const { counters, waiting } = await open([current('r', T), canary('r', T)]);
    expect([counters.matched, waiting]).toEqual([1, 0]);
  });

  test('an unmatched prediction belongs to its own window', async () => {
    const joined = await join({ predictions: [current('a', T), canary('b', T + 60_000)] });
    const names = ['unmatchedCurrent', 'unmatchedCanary'] as const;
    expect(counted(joined, WINDOW, names)).toEqual([1, 0]);
    expect(counted(joined, WINDOW + 1, names)).toEqual([0, 1]);
  });

  test('two halves too far apart are both remembered: their repeats are repeats', async () => {
    const predictions = [
      current('r', T),
      canary('r', T + 31_000),
      current('r', T),
      canary('r', T + 31_000),
    ];
    const { counters } = await join({ predictions });
    expect(counters).toMatchObject({ matched: 0, duplicate: 2, unmatchedCurrent: 1 });
  });
});

describe('contract 3: the watermark', () => {
  test('waits for the arm that is behind', async () => {
    const settings = { ...SETTINGS, idleTimeoutMs: 200_000 };
    const predictions = [current('a', T), canary('b', T), current('c', T + 95_000)];
    const ahead = await join({ predictions, settings, keepOpen: true });
    expect(ahead.closed.map(({ window }) => window)).toEqual([]);
    predictions.push(canary('d', T + 95_000));
    const both = await join({ predictions, settings, keepOpen: true });
    expect(both.closed.map(({ window }) => window)).toEqual([WINDOW]);
  });

  test('leaves out an arm that has been idle', async () => {
    const silent = [current('a', T), canary('b', T), current('c', T + 29_000)];
    const { closed } = await open([...silent, current('d', T + 95_000), current('e', T + 95_001)]);
    expect(closed.map(({ window }) => window)).toEqual([WINDOW]);
  });

  test('gives an arm that has not spoken yet its timeout too', async () => {
    const { counters } = await join({
      predictions: [
        current('a', T),
        current('b', T + 95_000),
        canary('b', T + 70_000),
        canary('a', T + 1_000),
      ],
      settings: { ...SETTINGS, idleTimeoutMs: 200_000 },
    });
    expect(counters).toMatchObject({ matched: 2, late: 0 });
  });

  test('hears an arm by its arrival, not by the age of its records', async () => {
    // A backlog: records arrive an hour after their event; both arms go on speaking.
    const at = (ms: number) => ({ arrivalTimeMs: T + 3_600_000 + ms });
    const { counters } = await join({
      predictions: [
        current('a', T, at(0)),
        canary('a', T, at(1)),
        // The current arm runs two minutes ahead; nobody is silent for more than 20 s.
        current('b', T + 120_000, at(20_000)),
        canary('c', T + 1_000, at(39_000)),
        current('d', T + 121_000, at(41_000)),
        canary('e', T + 2_000, at(60_000)),
        current('f', T + 122_000, at(61_000)),
        canary('g', T + 3_000, at(62_000)),
      ],
    });
    expect(counters.late).toBe(0);
  });

  test('is advanced by the clock of the log when both arms are idle', async () => {
    // Of two partitions only one goes on: the clock that it moves closes the windows of the other.
    const others = Array.from({ length: 40 }, (_, i) => `r${i}`);
    const predictions = [
      ...others.map((id) => current(id, T)),
      ...others.map((id) => canary(id, T)),
      current('only', T + 96_000),
      canary('only', T + 96_000),
    ];
    const joined = await join({ predictions, partitionCount: 2, keepOpen: true });
    expect(joined.closed.map(({ window }) => window)).toEqual([WINDOW, WINDOW]);
  });

  test('never goes back: what it closed stays closed when the silent arm returns', async () => {
    const { counters } = await join({
      predictions: [
        current('a', T),
        canary('a', T),
        current('b', T + 95_000),
        current('c', T + 95_001),
        canary('d', T + 10_000),
      ],
    });
    expect(counters).toMatchObject({ late: 1, unmatchedCanary: 0 });
  });
});

describe('contracts 4 and 5: late, future, closed', () => {
  test.each([
    { watermark: 'one ms before end + grace', frontMs: 94_999, late: 0 },
    { watermark: 'at end + grace', frontMs: 95_000, late: 1 },
  ])('a window is open until the watermark stands $watermark', async ({ frontMs, late }) => {
    const { counters } = await join({ predictions: [...later(T + frontMs), current('r', T)] });
    expect(counters.late).toBe(late);
  });

  test('late is told by the window of the record, not by its age', async () => {
    const predictions = [...later(T + 95_000), current('a', T + 59_999), current('b', T + 60_000)];
    expect((await join({ predictions })).counters).toMatchObject({ late: 1, unmatchedCurrent: 1 });
  });

  test('a late half leaves the other one unmatched', async () => {
    const predictions = [current('r', T), ...later(T + 95_000), canary('r', T)];
    const { counters } = await join({ predictions });
    expect(counters).toMatchObject({ matched: 1, late: 1, unmatchedCurrent: 1 });
  });

  test('with late: amend a half reported as alone amends its own window when it is not alone after all', async () => {
    const predictions = [canary('r', T + 59_000), ...later(T + 95_000), current('r', T + 60_500)];
    const settings = { ...SETTINGS, late: 'amend' as const };
    const joined = await join({ predictions, settings });
    expect(counted(joined, WINDOW, ['unmatchedCanary'])).toEqual([1]);
    expect(joined.counters).toMatchObject({ matched: 2, unmatchedCanary: 0, late: 0 });
    const amended = joined.settled.filter(({ isAmended }) => isAmended);
    expect(amended.map(({ closed }) => closed.window)).toEqual([WINDOW]);
  });

  test('a record further ahead of its arrival than futureMax is a dead letter and moves nothing', async () => {
    const predictions = [
      current('a', T, { arrivalTimeMs: T }),
      canary('a', T, { arrivalTimeMs: T }),
      current('wild', T + 60_001, { arrivalTimeMs: T }),
      canary('wild', T + 60_001, { arrivalTimeMs: T }),
      current('b', T + 1, { arrivalTimeMs: T + 1 }),
    ];
    const { counters, closed } = await join({ predictions, futureMaxMs: 60_000, keepOpen: true });
    expect(counters).toMatchObject({ deadLettered: 2, late: 0 });
    expect(closed).toEqual([]);
  });

  test('without arrivals a lone record far ahead is a dead letter, a confirmed jump is not', async () => {
    const start = [current('a', T), canary('a', T)];
    const lone = [current('wild', T + 1e9), current('b', T + 1), canary('b', T + 2)];
    const { counters } = await join({ predictions: [...start, ...lone], futureMaxMs: 60_000 });
    expect(counters).toMatchObject({ deadLettered: 1, matched: 2, late: 0 });
    const jump = [current('c', T + 1e9), canary('c', T + 1e9)];
    const jumped = await join({ predictions: [...start, ...jump], futureMaxMs: 60_000 });
    expect(jumped.counters).toMatchObject({ deadLettered: 0, matched: 2 });
  });

  test('another model is ignored: no key, no watermark', async () => {
    const predictions = [
      current('r', T),
      current('r', T, { model: 'other' }),
      canary('x', T + 1e9, { version: 'v5' }),
      canary('r', T),
    ];
    const { counters } = await join({ predictions });
    expect(counters).toEqual({ ...noCounters(), read: 4, matched: 1, ignored: 2 });
  });
});

describe('contract 7: the open state has a limit', () => {
  test('at the limit the run stops with a clear error; nothing is dropped in silence', async () => {
    const predictions = ['a', 'b', 'c', 'd'].map((id) => current(id, T));
    expect((await join({ predictions, openKeyCountMax: 4 })).counters.unmatchedCurrent).toBe(4);
    const failed = join({ predictions, openKeyCountMax: 3 });
    await expect(failed).rejects.toThrow(CoalmineError);
    await expect(failed).rejects.toMatchObject({
      code: 'limit_reached',
      message: 'partition 0 holds 3 open request ids, its limit',
    });
  });

  test('closed windows make room again', async () => {
    const predictions = Array.from({ length: 50 }, (_, i) => [
      current(`r${i}`, T + i * 60_000),
      canary(`r${i}`, T + i * 60_000),
    ]).flat();
    const { counters } = await join({ predictions, openKeyCountMax: 4 });
    expect(counters.matched).toBe(50);
  });

  test('the memory of a flood is given back with its window; what is open then goes on', async () => {
    const flood = Array.from({ length: 5_000 }, (_, i) => current(`f${i}`, T));
    const halves = Array.from({ length: 30 }, (_, i) => current(`r${i}`, T + 70_000 + i));
    const others = halves.map(({ requestId, eventTimeMs }) => canary(requestId, eventTimeMs));
    const before = await open([...flood, ...halves]);
    const after = await join({
      predictions: [...flood, ...halves, ...later(T + 96_000), ...others],
    });
    expect(before.openBytes).toBeGreaterThan(400_000);
    expect(after.openBytes).toBeLessThan(20_000);
    expect(after.counters).toMatchObject({ matched: 31, unmatchedCurrent: 5_000 });
  });
});

describe('contract 9: who was asked', () => {
  const due = (requestId: string, served: boolean): boolean => !served || requestId !== 'alone';

  test('a served answer whose other arm was not asked is not unmatched', async () => {
    const predictions = [current('alone', T), canary('alone', T + 40_000), current('asked', T)];
    const joined = await join({ predictions, due });
    expect(joined.counters).toMatchObject({ notAsked: 2, unmatchedCurrent: 1 });
    const names = ['notAskedCurrent', 'notAskedCanary', 'unmatchedCurrent'] as const;
    expect(counted(joined, WINDOW, names)).toEqual([1, 1, 1]);
  });

  test('a shadow answer alone is unmatched: its other half served the user', async () => {
    const predictions = [canary('alone', T, { served: false })];
    expect((await join({ predictions, due })).counters).toMatchObject({ unmatchedCanary: 1 });
  });

  test('two answers to a request that need not have two are a pair all the same', async () => {
    const predictions = [current('alone', T), canary('alone', T)];
    expect((await join({ predictions, due })).counters).toMatchObject({ matched: 1, notAsked: 0 });
  });

  test('marginal numbers take every prediction, paired or not', async () => {
    const predictions = [current('alone', T), current('p', T), canary('p', T, { served: false })];
    const joined = await join({ predictions, due });
    const names = [
      'currentPredictions',
      'currentServed',
      'canaryPredictions',
      'canaryServed',
    ] as const;
    expect(counted(joined, WINDOW, names)).toEqual([2, 2, 1, 0]);
  });
});

describe('the profile is learned from', () => {
  test('answers of the current arm alone, also where both halves lie too far apart', async () => {
    const predictions = [
      canary('r', T, { score: 0.9 }),
      current('r', T + 40_000, { score: 0.1 }),
      canary('s', T, { score: 0.9 }),
      current('p', T, { score: 0.2 }),
      canary('p', T, { score: 0.9 }),
      current('failed', T, { score: 0.9, error: 'timeout' }),
    ];
    const { closed } = await join({ predictions });
    const samples = closed.flatMap(({ sample }) => (sample === null ? [] : [sample]));
    expect(samples.reduce((sum, { seen }) => sum + seen, 0)).toBe(2);
    const scores = samples.flatMap((sample) => sample.kept().map(({ numbers }) => numbers[0]));
    expect(scores.toSorted((a = 0, b = 0) => a - b)).toEqual([0.1, 0.2]);
  });
});
