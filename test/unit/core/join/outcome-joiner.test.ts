import { describe, expect, test } from 'vitest';
import { outcomeColumns } from '../../../../src/adapters/memory/log-columns.ts';
import { STATUS_IGNORED, STATUS_USABLE } from '../../../../src/core/events/batch.ts';
import type { OutcomeMetric } from '../../../../src/core/events/plan.ts';
import type { Outcome } from '../../../../src/core/events/prediction.ts';
import {
  AWAITS_CANARY_SERVED,
  AWAITS_CURRENT_SERVED,
  AWAITS_PAIR,
  AwaitingBuilder,
  decodeAwaiting,
  encodeAwaiting,
  keyNumber,
} from '../../../../src/core/join/awaiting.ts';
import {
  LOSS_SCALE,
  lastOutdatedWindow,
  OutcomeJoiner,
} from '../../../../src/core/join/outcome-joiner.ts';
import { SETTINGS } from '../../../support/joining.ts';
import { outcome } from '../../../support/plans.ts';
import { outcomeOf } from '../../../support/predictions.ts';

const MINUTE_MS = 60_000;
const LABEL = outcome({ loss: 'squared', horizonMs: 5 * MINUTE_MS });
const CLICK = outcome({
  name: 'click-rate',
  outcome: 'click',
  attribution: 'served',
  loss: null,
  horizonMs: 3 * MINUTE_MS,
});

function joinerOf(metrics: readonly OutcomeMetric[] = [LABEL, CLICK]): OutcomeJoiner {
  return new OutcomeJoiner({
    settings: SETTINGS,
    metrics,
    outcomeNames: ['late', 'click'],
    lossOf: (_metric, score, value) => (score - value) ** 2,
  });
}

function offer(joiner: OutcomeJoiner, given: Outcome, clockMs = 0, status = STATUS_USABLE): void {
  const columns = outcomeColumns([{ record: given, status }], ['late', 'click']);
  joiner.offer(columns, 0, { clockMs, sequence: 0 });
}

interface Waiting {
  readonly id: string;
  readonly scores?: readonly [current: number, canary: number];
  readonly marks?: number;
}

const PAIR_MARKS = AWAITS_PAIR | AWAITS_CURRENT_SERVED;

function rowsOf(window: number, waiting: readonly Waiting[]) {
  const builder = new AwaitingBuilder(window);
  for (const { id, scores = [0.25, 0.5], marks = PAIR_MARKS } of waiting) {
    const { key1, key2 } = outcomeColumns(
      [{ record: outcomeOf(id, 0), status: STATUS_USABLE }],
      [],
    );
    builder.add({
      key: keyNumber(key1[0] ?? 0, key1[1] ?? 0),
      check: key2[0] ?? 0,
      currentScore: scores[0],
      canaryScore: scores[1],
      marks,
    });
  }
  return builder.rows();
}

function within(window: number): number {
  return window * MINUTE_MS + 1_000;
}

describe('contract 10: a label', () => {
  test('scores both arms of a pair, whoever was served, in the window of its own event time', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'r' }]));
    offer(joiner, outcomeOf('r', within(2)));
    expect(joiner.close(1).increments).toEqual([]);
    expect(joiner.close(2).increments).toEqual([
      {
        metric: 0,
        requestWindow: 0,
        labelled: 1,
        lossCurrent: 0.75 ** 2 * LOSS_SCALE,
        lossCanary: 0.5 ** 2 * LOSS_SCALE,
        currentEvents: 0,
        canaryEvents: 0,
        currentValue: 0,
        canaryValue: 0,
        cells: [],
      },
    ]);
    expect(joiner.counters).toMatchObject({ read: 1, credited: 1 });
  });

  test('of a request that only one arm answered labels nothing', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'r', marks: AWAITS_CURRENT_SERVED }]));
    offer(joiner, outcomeOf('r', within(0)));
    expect(joiner.close(0).increments).toMatchObject([{ labelled: 0, lossCurrent: 0 }]);
  });

  test('a second one is a duplicate, whatever it says', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'r' }]));
    offer(joiner, outcomeOf('r', within(1), { value: 1 }));
    offer(joiner, outcomeOf('r', within(1), { value: 0 }));
    offer(joiner, outcomeOf('r', within(2), { value: 0 }));
    expect(joiner.close(1).increments).toMatchObject([
      { labelled: 1, lossCanary: 0.25 * LOSS_SCALE },
    ]);
    expect(joiner.close(2).increments).toEqual([]);
    expect(joiner.counters).toMatchObject({ credited: 1, duplicate: 2 });
  });

  test('at the horizon still counts, after it has expired, and much later nobody knows the request', () => {
    const joiner = joinerOf([LABEL]);
    joiner.hold(rowsOf(0, [{ id: 'a' }, { id: 'b' }, { id: 'c' }]));
    offer(joiner, outcomeOf('a', within(5)));
    offer(joiner, outcomeOf('b', within(6)));
    offer(joiner, outcomeOf('c', within(11)));
    for (const window of [5, 6]) joiner.close(window);
    expect(joiner.counters).toMatchObject({ credited: 1, expired: 1, withoutPrediction: 0 });
    expect(joiner.close(10).expiredWindows).toEqual([0]);
    joiner.close(11);
    expect(joiner.counters.withoutPrediction).toBe(1);
    expect(joiner.awaitingCount).toBe(0);
  });

  test('without a prediction, or before it, is counted and credits nothing', () => {
    const joiner = joinerOf();
    offer(joiner, outcomeOf('r', within(1)));
    expect(joiner.close(1).increments).toEqual([]);
    joiner.hold(rowsOf(3, [{ id: 'r' }]));
    offer(joiner, outcomeOf('r', within(2)));
    expect(joiner.close(2).increments).toEqual([]);
    offer(joiner, outcomeOf('r', within(3)));
    expect(joiner.close(3).increments).toHaveLength(1);
    expect(joiner.counters).toMatchObject({ withoutPrediction: 2, credited: 1 });
  });

  test('that is absent counts as 0 at the horizon where the plan says so, once', () => {
    const joiner = joinerOf([{ ...LABEL, absent: 'zero' }]);
    joiner.hold(rowsOf(0, [{ id: 'a' }, { id: 'b' }]));
    offer(joiner, outcomeOf('a', within(1), { value: 1 }));
    joiner.close(1);
    expect(joiner.close(4).increments).toEqual([]);
    expect(joiner.close(5).increments).toMatchObject([
      { labelled: 1, lossCurrent: 0.25 ** 2 * LOSS_SCALE, lossCanary: 0.5 ** 2 * LOSS_SCALE },
    ]);
    expect(joiner.close(6).increments).toEqual([]);
  });

  test('that comes after its own window is closed is late by the clock of the log', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'a' }, { id: 'b' }]));
    offer(joiner, outcomeOf('a', within(0)), 94_999);
    offer(joiner, outcomeOf('b', within(0)), 95_000);
    expect(joiner.counters).toMatchObject({ late: 1 });
    expect(joiner.close(0).increments).toMatchObject([{ labelled: 1 }]);
  });
});

describe('contract 10: a served outcome', () => {
  test('credits the arm that was served, only', () => {
    const joiner = joinerOf();
    joiner.hold(
      rowsOf(0, [
        { id: 'a', marks: AWAITS_PAIR | AWAITS_CURRENT_SERVED },
        { id: 'b', marks: AWAITS_PAIR | AWAITS_CANARY_SERVED },
        { id: 'c', marks: AWAITS_PAIR },
      ]),
    );
    for (const id of ['a', 'b', 'c']) {
      offer(joiner, outcomeOf(id, within(0), { metric: 'click', value: 2.5 }));
    }
    expect(joiner.close(0).increments).toMatchObject([
      {
        metric: 1,
        labelled: 0,
        currentEvents: 1,
        canaryEvents: 1,
        currentValue: 2.5 * LOSS_SCALE,
        canaryValue: 2.5 * LOSS_SCALE,
        cells: [],
      },
    ]);
  });

  test('is kept by the size of its value where that is judged, for the arm that served', () => {
    const joiner = joinerOf([{ ...CLICK, of: 'value' }]);
    joiner.hold(
      rowsOf(0, [
        { id: 'a', marks: AWAITS_CURRENT_SERVED },
        { id: 'b', marks: AWAITS_CANARY_SERVED },
        { id: 'c', marks: AWAITS_CANARY_SERVED },
      ]),
    );
    for (const [id, value] of [
      ['a', 2.5],
      ['b', 2.75],
      ['c', -3],
    ] as const) {
      offer(joiner, outcomeOf(id, within(0), { metric: 'click', value }));
    }
    const cell = { cell: 43, currentCount: 1, canaryCount: 1 };
    expect(joiner.close(0).increments).toMatchObject([
      { cells: [{ ...cell, currentUnits: 2.5 * 2 ** 19, canaryUnits: 2.75 * 2 ** 19 }] },
    ]);
  });

  test('of value 0 is an outcome and no event', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'a' }]));
    offer(joiner, outcomeOf('a', within(0), { metric: 'click', value: 0 }));
    expect(joiner.close(0).increments).toMatchObject([{ currentEvents: 0 }]);
    expect(joiner.counters.credited).toBe(1);
  });

  test('counts by itself beside a label of the same request, and for every metric that reads it', () => {
    const twice = [LABEL, CLICK, { ...CLICK, name: 'click-again', horizonMs: MINUTE_MS }];
    const joiner = joinerOf(twice);
    joiner.hold(rowsOf(0, [{ id: 'a' }]));
    offer(joiner, outcomeOf('a', within(2), { metric: 'click' }));
    offer(joiner, outcomeOf('a', within(2)));
    const { increments } = joiner.close(2);
    expect(increments.map(({ metric }) => metric)).toEqual([1, 0]);
    expect(joiner.counters).toMatchObject({ credited: 2, duplicate: 0 });
  });

  test('is told apart from a repeat by the thirty-second metric as by the first', () => {
    const many = Array.from({ length: 32 }, (_, i) => ({ ...CLICK, name: `click-${i}` }));
    const joiner = joinerOf(many);
    joiner.hold(rowsOf(0, [{ id: 'a' }]));
    offer(joiner, outcomeOf('a', within(0), { metric: 'click' }));
    offer(joiner, outcomeOf('a', within(0), { metric: 'click' }));
    expect(joiner.close(0).increments).toHaveLength(32);
    expect(joiner.counters).toMatchObject({ credited: 1, duplicate: 1 });
  });
});

test('records that are not ours to judge are counted as such', () => {
  const joiner = joinerOf();
  offer(joiner, outcomeOf('a', 0), 0, STATUS_IGNORED);
  offer(joiner, outcomeOf('a', 0), 0, 3);
  offer(joiner, outcomeOf('a', 0, { metric: 'unknown' }));
  expect(joiner.counters).toMatchObject({ read: 3, ignored: 2, deadLettered: 1 });
});

describe('after a restart', () => {
  test('labels are where they were, also of a request id that was used again', () => {
    const before = joinerOf();
    before.hold(rowsOf(0, [{ id: 'x' }, { id: 'a' }]));
    offer(before, outcomeOf('a', within(1)));
    const { labels } = before.close(1);
    const after = joinerOf();
    for (const window of [0, 2]) after.hold(rowsOf(window, [{ id: 'x' }, { id: 'a' }]));
    after.restoreLabels(1, labels);
    offer(after, outcomeOf('a', within(3)));
    expect(after.close(3).increments).toMatchObject([{ requestWindow: 2, labelled: 1 }]);
    const same = joinerOf();
    same.hold(rowsOf(0, [{ id: 'x' }, { id: 'a' }]));
    same.restoreLabels(1, labels);
    offer(same, outcomeOf('a', within(3)));
    expect(same.close(3).increments).toEqual([]);
  });

  test('outcomes of windows that are stored are forgotten, not credited again', () => {
    const joiner = joinerOf();
    joiner.hold(rowsOf(0, [{ id: 'a' }]));
    offer(joiner, outcomeOf('a', within(1)));
    expect(joiner.oldestOpen).toBe(1);
    joiner.drop(1);
    expect(joiner.oldestOpen).toBe(Number.POSITIVE_INFINITY);
    expect(joiner.neededFrom()).toBe(Number.POSITIVE_INFINITY);
    expect(joiner.close(2).increments).toEqual([]);
  });
});

test('a window in which outcomes were credited is let go with those that its requests were of', () => {
  const joiner = joinerOf([LABEL]);
  joiner.hold(rowsOf(0, [{ id: 'a' }]));
  offer(joiner, outcomeOf('a', within(2)));
  joiner.close(2);
  expect(joiner.close(9).expiredWindows).toEqual([]);
  expect(joiner.close(10).expiredWindows).toEqual([0]);
  expect(joiner.close(12).expiredWindows).toEqual([2]);
  expect(lastOutdatedWindow(12, MINUTE_MS, [LABEL])).toBe(2);
});

describe('a segment of requests that wait', () => {
  test('gives every row back', () => {
    const rows = rowsOf(
      -7,
      Array.from({ length: 200 }, (_, i) => ({
        id: `r${i}`,
        scores: [i / 7, i % 3 === 0 ? Number.NaN : -i],
        marks: i % 8,
      })),
    );
    expect(decodeAwaiting(encodeAwaiting(rows))).toEqual(rows);
  });

  test('that was cut is not taken for a whole one', () => {
    const bytes = encodeAwaiting(rowsOf(1, [{ id: 'a' }, { id: 'b' }]));
    for (const length of [0, 15, 16, bytes.length - 1]) {
      expect(decodeAwaiting(bytes.slice(0, length))).toBe(null);
    }
  });
});
