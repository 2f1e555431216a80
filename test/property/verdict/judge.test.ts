import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metric } from '../../../src/core/events/plan.ts';
import type { StageRef } from '../../../src/core/events/verdict.ts';
import {
  initialJudge,
  type JudgeState,
  type VerdictBody,
} from '../../../src/core/verdict/judge.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll, judgeOne } from '../../support/judging.ts';
import {
  disagreement,
  divergence,
  errorRate,
  latency,
  missing,
  outcome,
  planOf,
  sampleRatio,
  segment,
} from '../../support/plans.ts';
import { featureOf, fieldOf, latencies, summaryOf } from '../../support/summaries.ts';

const ALL: readonly Metric[] = [
  errorRate(),
  latency(),
  segment({ weight: 0.1 }),
  disagreement({ weight: 0.1 }),
  missing({ weight: 0.1 }),
  outcome({ weight: 0.1 }),
  outcome({
    name: 'floor',
    attribution: 'served',
    floor: 0.97,
    relativeTo: 'current',
    weight: 0.1,
  }),
  outcome({
    name: 'absolute',
    attribution: 'served',
    floor: 0.03,
    relativeTo: null,
    horizonMs: 120_000,
    weight: 0.1,
  }),
  divergence(),
  sampleRatio(),
];
const PLAN = planOf(ALL);

/** Counts from nothing to ten million, small ones often. */
const size = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 1e7 }),
);
const part = fc.double({ min: 0, max: 1, noNaN: true });

/** Any window that the contract allows, however strange: one arm only, all errors, no pairs. */
const anyWindow = fc
  .record({
    current: size,
    canary: size,
    served: part,
    errors: fc.tuple(part, part),
    pairs: part,
    flips: fc.tuple(part, part),
    slow: fc.constantFrom(1, 20, 250, 100_000),
    losses: fc.tuple(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    ),
    fraction: fc.constantFrom(1, 1, 1, 0.5),
    profiled: fc.boolean(),
  })
  .map((drawn) => (window: number): WindowSummary => {
    const whole = (of: number, share: number) => Math.floor(of * share);
    const compared = whole(Math.min(drawn.current, drawn.canary), drawn.pairs);
    const flipsUp = whole(compared, drawn.flips[0]);
    const flipsDown = whole(compared - flipsUp, drawn.flips[1]);
    const unflipped = compared - flipsUp - flipsDown;
    return summaryOf({
      window,
      profileHash: drawn.profiled ? 'h1' : null,
      counts: { matched: compared, unmatchedCurrent: drawn.current - compared },
      current: {
        predictions: drawn.current,
        served: drawn.current,
        errors: whole(drawn.current, drawn.errors[0]),
        latencyCells: latencies({ 20: drawn.current }),
      },
      canary: {
        predictions: drawn.canary,
        served: whole(drawn.canary, drawn.served),
        errors: whole(drawn.canary, drawn.errors[1]),
        latencyCells: latencies({ [drawn.slow]: drawn.canary }),
        samplingFractionMin: drawn.fraction,
      },
      paired: {
        compared,
        flipsUp,
        flipsDown,
        bothPositive: unflipped,
        differenceCount: compared,
      },
      fields: drawn.profiled
        ? [
            fieldOf('score', [drawn.current, 0, 3], [0, drawn.canary, 3]),
            featureOf('origin', {
              cells: ['a', 'b'],
              pairs: [compared, compared],
              flipsUp: [flipsUp, 0],
              flipsDown: [0, flipsDown],
              differences: [0.1, -0.1],
            }),
          ]
        : [],
      maturedOutcomes: [
        {
          metric: 'label-loss',
          requestWindowStartMs: window * 900_000,
          requestWindowEndMs: (window + 1) * 900_000,
          pairs: compared,
          labelled: compared,
          because: 'mature',
          lossCurrentSum: drawn.losses[0],
          lossCanarySum: drawn.losses[1],
        },
      ],
      servedOutcomes: ['floor', 'absolute'].map((metric) => ({
        metric,
        requestWindowStartMs: window * 60_000,
        currentOpen: drawn.current,
        canaryOpen: drawn.canary,
        currentEvents: whole(drawn.current, drawn.errors[0]),
        canaryEvents: whole(drawn.canary, drawn.errors[1]),
        currentValueSum: 0,
        canaryValueSum: 0,
      })),
    });
  });

const anyRollout = fc
  .tuple(
    fc.array(anyWindow, { minLength: 1, maxLength: 12 }),
    fc.constantFrom<StageRef>(
      { index: 0, share: 0, fromMs: 0 },
      { index: 1, share: 0.05, fromMs: 120_000 },
      { index: 2, share: 1, fromMs: 0 },
    ),
  )
  .map(([windows, stage]) => ({ summaries: windows.map((of, window) => of(window)), stage }));

/** Where a number is not finite, or a value is undefined, in anything that is stored. */
function holes(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (value === undefined) return [`${path} is undefined`];
  if (typeof value === 'string')
    return /NaN|Infinity|undefined/.test(value) ? [`${path}: ${value}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => holes(inner, `${path}.${key}`));
}

describe('whatever the windows hold', () => {
  test('no number of a verdict or of the state is NaN or infinite, and no sentence says so', () => {
    fc.assert(
      fc.property(anyRollout, ({ summaries, stage }) => {
        const { verdicts, state } = judgeAll(PLAN, summaries, stage);
        expect(holes(verdicts)).toEqual([]);
        expect(holes(state)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('a check that cannot tell gives no effect that could be taken for one, and asks for nothing', () => {
    fc.assert(
      fc.property(anyRollout, ({ summaries, stage }) => {
        const checks = judgeAll(PLAN, summaries, stage).verdicts.flatMap((one) => one.checks);
        const blind = checks.filter(({ reason }) => /^no_|_here$/.test(reason));
        expect(blind.filter(({ effect, asks }) => effect !== null || asks !== 'none')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('the state survives JSON bit for bit between any two windows', () => {
    fc.assert(
      fc.property(anyRollout, ({ summaries, stage }) => {
        const straight = judgeAll(PLAN, summaries, stage);
        let state = initialJudge(PLAN);
        const verdicts: VerdictBody[] = [];
        for (const summary of summaries) {
          const stored: JudgeState = JSON.parse(JSON.stringify(state));
          expect(stored).toEqual(state);
          const next = judgeOne(PLAN, JSON.parse(JSON.stringify(summary)), {
            state: stored,
            stage,
          });
          state = next.state;
          verdicts.push(next.verdict);
        }
        expect(JSON.stringify(verdicts)).toBe(JSON.stringify(straight.verdicts));
        expect(JSON.stringify(state)).toBe(JSON.stringify(straight.state));
      }),
      { numRuns: 40 },
    );
  });

  test('the state that was given is not touched', () => {
    fc.assert(
      fc.property(anyRollout, ({ summaries, stage }) => {
        const { state } = judgeAll(PLAN, summaries, stage);
        const before = JSON.stringify(state);
        judgeOne(PLAN, summaryOf({ window: 99 }), { state, stage });
        expect(JSON.stringify(state)).toBe(before);
      }),
      { numRuns: 20 },
    );
  });
});

describe('more harm is never less evidence', () => {
  const plan = planOf([errorRate(), disagreement(), missing(), latency({ maxMs: null })]);
  const counts = fc.record({
    answers: fc.integer({ min: 1, max: 5_000 }),
    less: fc.nat(),
    more: fc.nat(),
  });

  function evidenceOf(windows: readonly { answers: number; events: number }[], name: string) {
    const summaries = windows.map(({ answers, events }, window) =>
      summaryOf({
        window,
        counts: { matched: answers - events, unmatchedCurrent: events },
        current: { predictions: 5_000, errors: 50, latencyCells: latencies({ 20: 5_000 }) },
        canary: {
          predictions: answers,
          errors: events,
          latencyCells: latencies({ 20: answers - events, 60: events }),
        },
        paired: { compared: answers, flipsUp: events, bothNegative: answers - events },
      }),
    );
    return checkNamed(judgeAll(plan, summaries).verdicts.at(-1), name).logEvidence ?? Number.NaN;
  }

  test.each(['error-rate', 'disagreement', 'missing'])('for %s', (name) => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 5 }), (drawn) => {
        const windows = drawn.map(({ answers, less, more }) => {
          const [a, b] = [less % (answers + 1), more % (answers + 1)];
          return { answers, low: Math.min(a, b), high: Math.max(a, b) };
        });
        const low = windows.map(({ answers, low: events }) => ({ answers, events }));
        const high = windows.map(({ answers, high: events }) => ({ answers, events }));
        expect(evidenceOf(high, name)).toBeGreaterThanOrEqual(evidenceOf(low, name) - 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test('for the whole average: a wider tolerance never rolls back what a narrower one kept', () => {
    fc.assert(
      fc.property(anyRollout, ({ summaries, stage }) => {
        const narrow = planOf([errorRate({ tolerance: { ratio: 1.25, difference: 0 } })]);
        const wide = planOf([errorRate({ tolerance: { ratio: 2, difference: 0 } })]);
        const of = (which: typeof narrow) =>
          judgeAll(which, summaries, stage).verdicts.at(-1)?.logEvidence ?? Number.NaN;
        expect(of(wide)).toBeLessThanOrEqual(of(narrow) + 1e-9);
      }),
      { numRuns: 40 },
    );
  });
});
