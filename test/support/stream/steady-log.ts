import type { Prediction } from '../../../src/core/events/prediction.ts';
import { processingTime } from '../../../src/core/foundation/time.ts';
import { canary, current, outcomeOf } from '../predictions.ts';
import type { Happening } from './drive.ts';

export interface SteadyLog {
  readonly startMs: number;
  readonly requestCount: number;
  readonly gapMs: number;
  /** Every so many-th request has an outcome, some minutes later; 0: none has. */
  readonly outcomeEvery?: number;
}

/** Two healthy models that answer every request, with a repeat, a gap and a lone answer now and then. */
export function steadyLog(options: SteadyLog): readonly Happening[] {
  const { startMs, requestCount, gapMs, outcomeEvery = 0 } = options;
  const happenings: Happening[] = [];
  for (let i = 0; i < requestCount; i++) {
    const atMs = startMs + i * gapMs;
    const id = `s${i}`;
    const isCanary = i % 10 === 3;
    const given = { score: (i * 37) % 100 === 0 ? 0.9 : ((i * 37) % 64) / 64, latencyMs: 10 };
    const amount = {
      features: { amount: (i * 7) % 50 },
      context: { country: 'DEFR'.slice(i % 3) },
    };
    const arms: Prediction[] = [current(id, atMs, { ...given, ...amount, served: !isCanary })];
    if (i % 17 !== 5) arms.push(canary(id, atMs + 40, { ...given, ...amount, served: isCanary }));
    if (i % 23 === 7) arms.push(...arms.slice(0, 1));
    arms.forEach((prediction, n) => {
      const arrivalMs = prediction.eventTimeMs + 20 + ((i * 131) % 3_000) + n;
      const arrivalTimeMs = processingTime(arrivalMs);
      happenings.push({ atMs: arrivalMs, prediction: { ...prediction, arrivalTimeMs } });
    });
    if (outcomeEvery === 0 || i % outcomeEvery !== 0) continue;
    const eventMs = atMs + 20_000 + ((i * 7_919) % 200_000);
    happenings.push({ atMs: eventMs + 500, outcome: outcomeOf(id, eventMs, { value: i % 2 }) });
  }
  return happenings.toSorted((left, right) => left.atMs - right.atMs);
}
