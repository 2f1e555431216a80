import type { FeatureMatrix } from './matrix.ts';
import { randomStream, standardNormal } from './random.ts';

/** What one model version answered to every request, in the order of the requests. */
export interface Answers {
  readonly version: string;
  readonly features: FeatureMatrix;
  readonly scores: Float64Array;
  readonly latencyMs: Float64Array;
  /** When each answer was given: the departure and the latency. */
  readonly eventTimeMs: Float64Array;
}

/** Half of the answers take less than this; one in twenty takes more than 27 ms. */
const LATENCY_MEDIAN_MS = 12;
const LATENCY_SPREAD = 0.5;

export interface AnswerOptions {
  readonly version: string;
  readonly departureMs: Float64Array;
  readonly features: FeatureMatrix;
  readonly scores: Float64Array;
  /** Latencies of all versions follow one law; the seed makes them differ from answer to answer. */
  readonly seed: number;
}

export function answersOf(options: AnswerOptions): Answers {
  const random = randomStream(options.seed);
  const latencyMs = options.departureMs.map(
    () =>
      Math.round(1000 * LATENCY_MEDIAN_MS * Math.exp(LATENCY_SPREAD * standardNormal(random))) /
      1000,
  );
  return {
    version: options.version,
    features: options.features,
    scores: options.scores,
    latencyMs,
    eventTimeMs: options.departureMs.map((ms, row) => ms + Math.ceil(Number(latencyMs[row]))),
  };
}
