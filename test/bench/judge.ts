import { parsePlan } from '../../src/app/plan/parse.ts';
import type { ReferenceProfile } from '../../src/core/events/profile.ts';
import { initialJudge, judge } from '../../src/core/verdict/judge.ts';
import { countOffset, layoutOf, type PartialLayout } from '../../src/core/windows/layout.ts';
import { emptyPartial, type WindowPartial } from '../../src/core/windows/partial.ts';
import { latencyCell } from '../../src/core/windows/scales.ts';
import { summarise } from '../../src/core/windows/summarise.ts';
import { mulberry32, type Random } from '../support/random.ts';

/** What one window costs between its merged numbers and its verdict. */
export interface JudgeCost {
  readonly windowCount: number;
  readonly metricCount: number;
  readonly featureCount: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

const FEATURE_COUNT = 100;
const WINDOW_COUNT = 500;
const WARM_UP_COUNT = 100;
const PAIRS_PER_WINDOW = 1500;
const EDGES = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);
const MINUTE_MS = 60_000;

const feature = (i: number): string => `f${String(i).padStart(3, '0')}`;

const PLAN = `
apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: bench }
spec:
  model: bench
  current: v1
  canary: v2
  window: { length: 60s, grace: 30s, skewMax: 30s, outOfOrderness: 5s, futureMax: 60s, late: drop }
  decision: { of: score, threshold: 0.5 }
  keepPairs: { mode: none }
  steps: [ { shadow: { duration: 365d, minPairs: 2000 } }, { setWeight: 100, bake: 2h } ]
  metrics:
    - { name: error-rate, type: errorRate, tolerance: { ratio: 1.25, difference: 0.001 }, weight: 0.2 }
    - { name: latency-p50, type: latency, quantile: 0.5, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.1 }
    - { name: latency-p95, type: latency, quantile: 0.95, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.2 }
    - { name: latency-p99, type: latency, quantile: 0.99, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.1 }
    - { name: disagreement, type: disagreement, max: 0.12, weight: 0.2 }
    - { name: missing, type: missing, max: 0.01, onFail: hold, rollbackAbove: 0.10, weight: 0.05 }
    - { name: score-psi, type: divergence, of: score, measure: psi, max: 0.25, onFail: { paired: warn, unpaired: hold } }
${[0, 1, 2, 3, 4]
  .map(
    (i) =>
      `    - { name: psi-${i}, type: divergence, of: feature.${feature(i)}, measure: psi, max: 0.25, onFail: { paired: warn, unpaired: hold } }`,
  )
  .join('\n')}
`;

function profileOf(): ReferenceProfile {
  const cells = {
    edges: EDGES,
    scaleBits: 20,
    referenceCounts: [...Array.from({ length: 10 }, () => 1000), 0, 0, 0],
  };
  const fields = Array.from({ length: FEATURE_COUNT }, (_, i) => `feature.${feature(i)}`);
  return {
    model: 'bench',
    currentVersion: 'v1',
    sampleCount: 10_000,
    fromMs: 0,
    toMs: 10 * MINUTE_MS,
    fields: [
      { field: { name: 'score', role: 'score', kind: 'number' }, ...cells },
      ...fields.map((name) => ({
        field: { name, role: 'feature', kind: 'number' } as const,
        ...cells,
      })),
    ],
    notWatched: [],
  };
}

/** A window in which nothing is wrong: both arms alike, every fiftieth pair decided differently. */
function windowPartial(layout: PartialLayout, random: Random): WindowPartial {
  const partial = emptyPartial(layout);
  const { counts } = partial;
  const add = (at: number): void => {
    counts[at] = (counts[at] ?? 0) + 1;
  };
  for (let pair = 0; pair < PAIRS_PER_WINDOW; pair++) {
    const up = pair % 50 === 0;
    add(countOffset('matched'));
    add(countOffset('compared'));
    add(countOffset(up ? 'flipsUp' : 'bothPositive'));
    for (const arm of ['current', 'canary'] as const) {
      add(countOffset(`${arm}Predictions`));
      add(countOffset(`${arm}Scores`));
      const latency = arm === 'current' ? layout.currentLatency : layout.canaryLatency;
      add(latency + latencyCell(20 + 30 * random()));
    }
    for (const slots of layout.fields) {
      const cell = Math.floor(10 * random());
      add(slots.current + cell);
      add(slots.canary + cell);
      if (slots.pairs < 0) continue;
      add(slots.skewCompared);
      add(slots.pairs + cell);
      if (up) add(slots.flipsUp + cell);
    }
  }
  return partial;
}

/** Judges windows one after the other and times each, after a hundred that only warm up. */
export function measureJudging(): JudgeCost {
  const parsed = parsePlan(PLAN, 'bench.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { plan } = parsed;
  const layout = layoutOf(profileOf());
  const random = mulberry32(1);
  const partials = Array.from({ length: 20 }, () => windowPartial(layout, random));
  let state = initialJudge(plan);
  const times: number[] = [];
  for (let window = 0; window < WARM_UP_COUNT + WINDOW_COUNT; window++) {
    const partial = partials[window % partials.length] ?? emptyPartial(layout);
    const beganMs = performance.now();
    const summary = summarise(partial, {
      rolloutId: 'bench.1',
      windowStartMs: window * MINUTE_MS,
      windowEndMs: (window + 1) * MINUTE_MS,
      revision: 0,
      profileHash: 'bench',
      missingPartitions: [],
      maturedOutcomes: [],
      servedOutcomes: [],
    });
    const stage = { index: 0, share: 0, fromMs: 0 };
    ({ state } = judge(state, { plan, policyDigest: 'p', rolloutId: 'bench.1', summary, stage }));
    if (window >= WARM_UP_COUNT) times.push(performance.now() - beganMs);
  }
  const sorted = times.toSorted((left, right) => left - right);
  return {
    windowCount: WINDOW_COUNT,
    metricCount: plan.metrics.length,
    featureCount: FEATURE_COUNT,
    medianMs: sorted[Math.floor(0.5 * sorted.length)] ?? 0,
    p95Ms: sorted[Math.floor(0.95 * sorted.length)] ?? 0,
  };
}
