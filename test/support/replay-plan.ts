import { writeFile } from 'node:fs/promises';

export interface ReplayPlanOptions {
  readonly canary?: string;
  readonly windowLength?: string;
  readonly disagreementMax?: number;
  readonly shadowPairs?: number;
  /** Least event time of the shadow stage and of each later one. */
  readonly bakes?: readonly [string, string];
  readonly keepPairs?: string;
  /** Lines of their own below `spec`. */
  readonly extra?: readonly string[];
}

/** A plan over the log of `replay-log.ts`: shadow, 10, 50 and 100 %, a few hours each. */
export function replayPlanText(options: ReplayPlanOptions = {}): string {
  const {
    canary = 'v7',
    windowLength = '30m',
    disagreementMax = 0.12,
    shadowPairs = 100,
    bakes = ['4h', '3h'],
    keepPairs = '{ mode: disagreements, share: 0.05, perWindowMax: 100, retention: 30d }',
    extra = [],
  } = options;
  return `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: fraud-v7 }
spec:
  model: fraud
  current: v6
  canary: ${canary}
  window: { length: ${windowLength}, grace: 2m, skewMax: 1m, outOfOrderness: 1m, futureMax: 6h }
  reference: { minSamples: 200, minSpan: 3h }
  decision: { of: score, threshold: 0.5 }
  steps:
    - shadow: { duration: ${bakes[0]}, minPairs: ${shadowPairs} }
    - { setWeight: 10, bake: ${bakes[1]}, minSamples: 5 }
    - { setWeight: 50, bake: ${bakes[1]}, minSamples: 20 }
    - { setWeight: 100, bake: ${bakes[1]}, minSamples: 50 }
  metrics:
    - { name: error-rate, type: errorRate, tolerance: { ratio: 1.25, difference: 0.001 }, weight: 0.25 }
    - { name: latency-p95, type: latency, quantile: 0.95, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.2 }
    - { name: missing, type: missing, max: 0.05, onFail: hold, rollbackAbove: 0.30, weight: 0.05 }
    - { name: disagreement, type: disagreement, max: ${disagreementMax}, weight: 0.25 }
    - { name: label-loss, type: outcome, outcome: late, attribution: label, loss: log, tolerance: { ratio: 1.3 }, outcomeHorizon: 6h, gates: none, weight: 0.25 }
    - { name: divergence, type: divergence, of: score, measure: psi, max: 0.25, onFail: warn }
  keepPairs: ${keepPairs}
  routing: [ { file: { path: routing.json } } ]
${extra.map((line) => `  ${line}\n`).join('')}`;
}

/** Writes such a plan and returns its path. */
export async function writeReplayPlan(path: string, options?: ReplayPlanOptions): Promise<string> {
  await writeFile(path, replayPlanText(options));
  return path;
}
