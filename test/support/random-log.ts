import fc from 'fast-check';
import type { Arm } from '../../src/core/events/arm.ts';
import type { Prediction } from '../../src/core/events/prediction.ts';
import type { ReferenceProfile } from '../../src/core/events/profile.ts';
import { processingTime } from '../../src/core/foundation/time.ts';
import { canary, current, MODEL, type PredictionSpec } from './predictions.ts';

/** How wild a random log is. */
export interface LogOptions {
  readonly requestCountMax: number;
  /** Disorder: a record stands at most so far behind the highest event time before it. */
  readonly disorderMaxMs: number;
  /** Records far later than the disorder, and records ahead of their arrival. */
  readonly wild: boolean;
  /** Whether the log says when records arrived. */
  readonly withArrival?: boolean;
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }).map((n) => n / 8) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e6, -1e6, 0.1 + 0.2) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY, 'text'),
  },
);

/** Rankings of few different items, so that they meet, come again, and are of many lengths. */
const items = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(null, []) },
  {
    weight: 3,
    arbitrary: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', ''), { maxLength: 12 }),
  },
);

const answer = fc.record({
  items,
  score: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 64 }).map((n) => n / 64) },
    { weight: 1, arbitrary: fc.constantFrom(null, Number.NaN, 3.7, -2.2e7, 1e-9) },
  ),
  label: fc.constantFrom(null, null, 'bad', 'good', 'new', 'odd'),
  latencyMs: fc.oneof(fc.constant(null), fc.double({ min: 0, max: 3e4, noNaN: true })),
  error: fc.constantFrom(null, null, null, null, 'timeout'),
  samplingFraction: fc.constantFrom(1, 1, 1, 0.5),
  served: fc.constantFrom(null, true, false),
  confidence: fc.constantFrom(null, 0.1, 0.9),
});

const inputs = fc.record({
  amount: value,
  age: value,
  country: fc.constantFrom(null, 'DE', 'FR', 'JP', 'BR'),
  premium: fc.constantFrom(null, true, false),
});

/** Offsets of one arm's records from the request's time: more than one are repeats. */
const moments = fc.array(
  fc.record({
    skewMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 29_999, 30_000, 30_001, -30_000, -30_001) },
    ),
    // Doubles of fast-check are nearly all tiny: this is spread evenly.
    disorder: fc.integer({ min: 0, max: 1_000 }).map((n) => n / 1_000),
    answer,
    isRepeatEqual: fc.boolean(),
  }),
  { minLength: 0, maxLength: 3 },
);

const request = fc.record({
  gapMs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 8_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(25_000, 40_000, 100_000, 700_000) },
  ),
  rowIndex: fc.constantFrom(0, 0, 0, 1),
  inputs,
  skewed: fc.option(inputs, { nil: null, freq: 6 }),
  current: moments,
  canary: moments,
  lateness: fc.oneof(
    { weight: 15, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(20_000, 80_000, 400_000) },
  ),
  aheadMs: fc.oneof(
    { weight: 15, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(59_000, 61_000, 3_600_000) },
  ),
  isForeign: fc.integer({ min: 0, max: 29 }).map((n) => n === 0),
});

interface Placed {
  readonly atMs: number;
  readonly prediction: Prediction;
}

/** Logs of both arms with repeats, conflicts, skews around the limit, gaps and disorder. */
export function randomLog(options: LogOptions): fc.Arbitrary<readonly Prediction[]> {
  return fc
    .array(request, { minLength: 1, maxLength: options.requestCountMax, size: 'max' })
    .map((requests) => {
      let nowMs = 1_000_000_000_000;
      const placed: Placed[] = [];
      for (const [i, one] of requests.entries()) {
        nowMs += one.gapMs;
        const delayMs = options.wild ? one.lateness - one.aheadMs : 0;
        for (const arm of ['current', 'canary'] as const)
          placed.push(...placedOf(one, { arm, id: `r${i}`, nowMs, delayMs }, options));
      }
      const inOrder = placed.toSorted((left, right) => left.atMs - right.atMs);
      const log = inOrder.map(({ atMs, prediction }) =>
        options.withArrival === true
          ? { ...prediction, arrivalTimeMs: processingTime(Math.round(atMs)) }
          : prediction,
      );
      return firstAreNumbers(log);
    });
}

/** A log's first value of a field says what kind it is: here both features are numbers. */
function firstAreNumbers(predictions: readonly Prediction[]): readonly Prediction[] {
  const [first, ...rest] = predictions;
  if (first === undefined) return predictions;
  return [{ ...first, features: { amount: 1, age: 2 } }, ...rest];
}

function placedOf(
  one: typeof request extends fc.Arbitrary<infer T> ? T : never,
  at: { readonly arm: Arm; readonly id: string; readonly nowMs: number; readonly delayMs: number },
  options: LogOptions,
): Placed[] {
  const make = at.arm === 'current' ? current : canary;
  const { amount, age, country, premium } =
    at.arm === 'canary' ? (one.skewed ?? one.inputs) : one.inputs;
  const placed: Placed[] = [];
  let first: Prediction | null = null;
  for (const moment of one[at.arm]) {
    // A repeat keeps near the first: farther than the grace its key is forgotten.
    const atMs =
      first === null
        ? at.nowMs + moment.skewMs
        : first.eventTimeMs + Math.min(4_000, Math.abs(moment.skewMs));
    const given: Omit<PredictionSpec, 'atMs'> = {
      ...moment.answer,
      rowIndex: one.rowIndex,
      features: { amount, age },
      context: { country, premium },
      ...(one.isForeign ? { model: 'other' } : {}),
    };
    const prediction: Prediction =
      first !== null && moment.isRepeatEqual ? first : make(at.id, atMs, given);
    first ??= prediction;
    const disorderMs = moment.disorder * options.disorderMaxMs + at.delayMs;
    placed.push({ atMs: prediction.eventTimeMs + disorderMs, prediction });
  }
  return placed;
}

/** How a log is read: none of it may show in the results. */
export const reading = fc.record({
  frameSize: fc.constantFrom(1, 2, 3, 7, 50, 1000),
  partitionCount: fc.constantFrom(1, 3, 12),
});

/** Cells that the random values fall beyond, on and between; more edges than the fast path has. */
export const WILD_PROFILE: ReferenceProfile = {
  model: MODEL.model,
  currentVersion: MODEL.currentVersion,
  sampleCount: 100,
  fromMs: 0,
  toMs: 1,
  notWatched: [],
  fields: [
    {
      field: { name: 'score', role: 'score', kind: 'number' },
      edges: [0.125, 0.25, 0.5, 0.75],
      scaleBits: 18,
      referenceCounts: [],
    },
    {
      field: { name: 'confidence', role: 'confidence', kind: 'number' },
      edges: [0.5],
      scaleBits: 20,
      referenceCounts: [],
    },
    {
      field: { name: 'label', role: 'label', kind: 'category' },
      categories: ['good', 'bad'],
      overflow: false,
      referenceCounts: [],
    },
    {
      field: { name: 'feature.amount', role: 'feature', kind: 'number' },
      edges: [-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4],
      scaleBits: 14,
      referenceCounts: [],
    },
    {
      field: { name: 'feature.age', role: 'feature', kind: 'number' },
      edges: [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5],
      scaleBits: -2,
      referenceCounts: [],
    },
    {
      field: { name: 'feature.absent', role: 'feature', kind: 'number' },
      edges: [],
      scaleBits: 20,
      referenceCounts: [],
    },
    {
      field: { name: 'context.country', role: 'context', kind: 'category' },
      categories: ['DE', 'FR'],
      overflow: true,
      referenceCounts: [],
    },
    {
      field: { name: 'context.premium', role: 'context', kind: 'category' },
      categories: ['true'],
      overflow: false,
      referenceCounts: [],
    },
  ],
};
