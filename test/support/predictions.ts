import type { Arm } from '../../src/core/events/arm.ts';
import type { Outcome, Prediction } from '../../src/core/events/prediction.ts';
import { eventTime } from '../../src/core/foundation/time.ts';

/** The rollout that all predictions of tests belong to. */
export const MODEL = { model: 'fraud', currentVersion: 'v6', canaryVersion: 'v7' } as const;

const VERSIONS: Readonly<Record<Arm, string>> = { current: 'v6', canary: 'v7' };

/** What a test says of an answer; the rest is ordinary. */
export interface PredictionSpec extends Partial<Omit<Prediction, 'eventTimeMs'>> {
  readonly atMs: number;
}

export function predictionOf(arm: Arm, requestId: string, spec: PredictionSpec): Prediction {
  const { atMs, ...given } = spec;
  return {
    requestId,
    rowIndex: 0,
    model: MODEL.model,
    version: VERSIONS[arm],
    eventTimeMs: eventTime(atMs),
    unitId: null,
    sessionStartMs: null,
    served: null,
    score: 0.25,
    label: null,
    classProbabilities: null,
    items: null,
    confidence: null,
    latencyMs: null,
    error: null,
    features: {},
    context: {},
    samplingFraction: 1,
    arrivalTimeMs: null,
    ...given,
  };
}

/** The current arm's answer to a request. */
export function current(requestId: string, atMs: number, given = {}): Prediction {
  return predictionOf('current', requestId, { atMs, ...given });
}

/** The canary's answer to a request. */
export function canary(requestId: string, atMs: number, given = {}): Prediction {
  return predictionOf('canary', requestId, { atMs, ...given });
}

export function outcomeOf(requestId: string, atMs: number, given: Partial<Outcome> = {}): Outcome {
  return {
    requestId,
    rowIndex: 0,
    model: MODEL.model,
    eventTimeMs: eventTime(atMs),
    metric: 'late',
    value: 1,
    arrivalTimeMs: null,
    ...given,
  };
}
