import fc from 'fast-check';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { outcomeOf } from '../predictions.ts';
import { type LogOptions, randomLog } from '../random-log.ts';
import type { Happening } from './drive.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** What becomes of one request: how long after it, and how long it took to be told. */
const fate = fc.record({
  at: fc.nat({ max: 1_000_000 }),
  afterMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 * MINUTE_MS }) },
    { weight: 2, arbitrary: fc.integer({ min: 3 * MINUTE_MS, max: 25 * MINUTE_MS }) },
    // Beyond the horizon, and so far beyond that the request is forgotten.
    { weight: 1, arbitrary: fc.constantFrom(31 * MINUTE_MS, 90 * MINUTE_MS, 6 * 60 * MINUTE_MS) },
  ),
  delayMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 * SECOND_MS }) },
    { weight: 1, arbitrary: fc.constantFrom(MINUTE_MS, 10 * MINUTE_MS) },
  ),
  metric: fc.constantFrom('late', 'late', 'click'),
  value: fc.constantFrom(0, 1, 1, 2.5),
  isKnown: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
});

/** A random log with what happened later, all in order of arrival. */
export function logWithOutcomes(options: LogOptions): fc.Arbitrary<readonly Happening[]> {
  return fc
    .tuple(randomLog(options), fc.array(fate, { minLength: 1, maxLength: 60, size: 'max' }))
    .map(([log, fates]) => {
      const happenings: Happening[] = log.map((prediction) => ({
        atMs: arrivalOf(prediction),
        prediction,
      }));
      for (const { at, afterMs, delayMs, metric, value, isKnown } of fates) {
        const of = log[at % log.length];
        if (of === undefined) continue;
        const { requestId, rowIndex } = of;
        const eventMs = of.eventTimeMs + afterMs;
        const outcome = outcomeOf(isKnown ? requestId : 'nobody', eventMs, {
          rowIndex,
          metric,
          value,
        });
        happenings.push({ atMs: Math.max(arrivalOf(of), eventMs) + delayMs, outcome });
      }
      return happenings.toSorted((left, right) => left.atMs - right.atMs);
    });
}

function arrivalOf(prediction: Prediction): number {
  return prediction.arrivalTimeMs ?? prediction.eventTimeMs;
}
