import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutcomeMetric } from '../../../../src/core/events/plan.ts';
import type { OutcomeIncrement } from '../../../../src/core/join/outcome-joiner.ts';
import { LOSS_SCALE } from '../../../../src/core/join/outcome-joiner.ts';
import {
  bookOutcomes,
  EMPTY_LEDGER,
  type OutcomeArrivals,
  type OutcomeStratum,
} from '../../../../src/core/windows/outcome-ledger.ts';
import { outcome } from '../../../support/plans.ts';

const MINUTE_MS = 60_000;
const LABEL = outcome({ loss: 'squared', matureShare: 0.75, horizonMs: 5 * MINUTE_MS });
const CLICK = outcome({
  name: 'click-rate',
  outcome: 'click',
  attribution: 'served',
  loss: null,
  horizonMs: 3 * MINUTE_MS,
});

function stratumOf(window: number, pairs: number, served = 0): OutcomeStratum {
  return { window, pairs, currentServed: served, canaryServed: served };
}

function incrementOf(
  metric: number,
  requestWindow: number,
  over: Partial<OutcomeIncrement> = {},
): OutcomeIncrement {
  return {
    metric,
    requestWindow,
    labelled: 0,
    lossCurrent: 0,
    lossCanary: 0,
    currentEvents: 0,
    canaryEvents: 0,
    currentValue: 0,
    canaryValue: 0,
    cells: [],
    ...over,
  };
}

/** Books what each window brought, in order; the matured and served outcomes of each. */
function book(metrics: readonly OutcomeMetric[], windows: readonly Partial<OutcomeArrivals>[]) {
  let ledger = EMPTY_LEDGER;
  return windows.map((given, window) => {
    const arrivals = { window, strata: [], increments: [], letGoThrough: null, ...given };
    const booked = bookOutcomes(ledger, arrivals, { metrics, lengthMs: MINUTE_MS });
    ledger = booked.ledger;
    return booked;
  });
}

describe('labels of one request window', () => {
  test('are judged once, when the mature share of its pairs has one', () => {
    const booked = book(
      [LABEL],
      [
        { strata: [stratumOf(0, 4)], increments: [incrementOf(0, 0, { labelled: 2 })] },
        { increments: [incrementOf(0, 0, { labelled: 1, lossCanary: LOSS_SCALE / 2 })] },
        { increments: [incrementOf(0, 0, { labelled: 1 })] },
      ],
    );
    expect(booked.map(({ matured }) => matured.length)).toEqual([0, 1, 0]);
    expect(booked[1]?.matured).toEqual([
      {
        metric: 'label-loss',
        requestWindowStartMs: 0,
        requestWindowEndMs: MINUTE_MS,
        pairs: 4,
        labelled: 3,
        because: 'mature',
        lossCurrentSum: 0,
        lossCanarySum: 0.5,
      },
    ]);
  });

  test('are judged at the horizon with what they have, even nothing', () => {
    const booked = book([LABEL], [{ strata: [stratumOf(0, 4)] }, {}, {}, {}, {}, {}, {}]);
    const matured = booked.map((one) => one.matured.map(({ because }) => because));
    expect(matured).toEqual([[], [], [], [], [], ['horizon'], []]);
    expect(booked[5]?.ledger.entries).toEqual([]);
  });

  test('of a window without pairs are never judged', () => {
    const booked = book([LABEL], [{ strata: [stratumOf(0, 0, 9)] }, {}, {}, {}, {}, {}]);
    expect(booked.flatMap(({ matured }) => matured)).toEqual([]);
  });

  test('are judged in the order of their windows when several mature together', () => {
    const late = [0, 1].map((window) => incrementOf(0, window, { labelled: 4 }));
    const booked = book(
      [LABEL],
      [
        { strata: [stratumOf(0, 4)] },
        { strata: [stratumOf(1, 4)] },
        { increments: late.toReversed() },
      ],
    );
    expect(booked[2]?.matured.map((one) => one.requestWindowStartMs)).toEqual([0, MINUTE_MS]);
  });
});

describe('served outcomes', () => {
  test('that are judged by values carry these by cell, over all partitions; others do not', () => {
    const value = outcome({ ...CLICK, name: 'revenue', of: 'value' });
    const cellsOf = (cell: number, canaryCount: number) => [
      { cell, currentCount: 0, canaryCount, currentUnits: 0, canaryUnits: canaryCount * 2 ** 20 },
    ];
    const increments = [
      incrementOf(0, 0, { canaryEvents: 3, cells: cellsOf(44, 3) }),
      incrementOf(0, 0, { canaryEvents: 2, cells: cellsOf(41, 2) }),
      incrementOf(1, 0, { canaryEvents: 2 }),
    ];
    const [booked] = book([value, CLICK], [{ strata: [stratumOf(0, 0, 10)], increments }]);
    expect(booked?.served[0]).toMatchObject({
      metric: 'revenue',
      canaryEvents: 5,
      values: [
        { cell: 41, canaryCount: 2 },
        { cell: 44, canaryCount: 3 },
      ],
    });
    expect(booked?.served[1]).not.toHaveProperty('values');
  });

  test('are handed on as they come, with those that were still open before', () => {
    const events = (currentEvents: number) =>
      incrementOf(0, 0, { currentEvents, currentValue: currentEvents * LOSS_SCALE });
    const booked = book(
      [CLICK],
      [
        { strata: [stratumOf(0, 10, 10)], increments: [events(2)] },
        {},
        { increments: [events(3)] },
        { increments: [events(1)] },
        { increments: [events(1)] },
      ],
    );
    const served = booked.map((one) => one.served.map((s) => [s.currentOpen, s.currentEvents]));
    // At the horizon of three windows the last ones come; later ones have no stratum.
    expect(served).toEqual([[[10, 2]], [], [[8, 3]], [[5, 1]], []]);
  });
});

test('any split over partitions and any order give the same ledger', () => {
  const counts = fc.record({
    labelled: fc.nat({ max: 9 }),
    lossCurrent: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    lossCanary: fc.nat({ max: 2 ** 40 }),
    currentEvents: fc.nat({ max: 5 }),
    canaryValue: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  });
  const arrival = fc.record({
    pairs: fc.nat({ max: 20 }),
    partition: fc.nat({ max: 11 }),
    metric: fc.nat({ max: 1 }),
    back: fc.nat({ max: 6 }),
    counts,
  });
  const windows = fc.array(fc.array(arrival, { maxLength: 6 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(windows, (all) => {
      const asOne = all.map((arrivals, window) => ({
        strata: [
          stratumOf(
            window,
            arrivals.reduce((sum, { pairs }) => sum + pairs, 0),
          ),
        ],
        increments: arrivals.map((one) => incrementOf(one.metric, window - one.back, one.counts)),
      }));
      const asMany = all.map((arrivals, window) => ({
        strata: arrivals.toReversed().map(({ pairs }) => stratumOf(window, pairs)),
        increments: arrivals
          .toSorted((left, right) => left.partition - right.partition)
          .map((one) => incrementOf(one.metric, window - one.back, one.counts)),
      }));
      // A window without a stratum of its own opens one of nothing.
      for (const one of asMany)
        if (one.strata.length === 0) one.strata.push(stratumOf(asMany.indexOf(one), 0));
      expect(book([LABEL, CLICK], asMany)).toEqual(book([LABEL, CLICK], asOne));
    }),
    { numRuns: 100 },
  );
});
