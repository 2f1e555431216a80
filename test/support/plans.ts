import type {
  DisagreementMetric,
  DivergenceMetric,
  ErrorRateMetric,
  LatencyMetric,
  Metric,
  MissingMetric,
  OutcomeMetric,
  Plan,
  SampleRatioMetric,
  ScoreShiftMetric,
  SegmentMetric,
  SkewMetric,
  Step,
} from '../../src/core/events/plan.ts';
import { MINUTE_MS } from './summaries.ts';

const BASE = {
  weight: 0.2,
  critical: false,
  dryRun: false,
  gates: 'all',
  onFail: 'rollback',
  warmupMs: 0,
} as const;

export function errorRate(over: Partial<ErrorRateMetric> = {}): ErrorRateMetric {
  const tolerance = { ratio: 1.25, difference: 0.001 };
  return { ...BASE, name: 'error-rate', type: 'errorRate', critical: true, tolerance, ...over };
}

export function latency(over: Partial<LatencyMetric> = {}): LatencyMetric {
  const tolerance = { ratio: 1.25, difference: 0 };
  const rest = { quantile: 0.95, maxMs: 250, tolerance };
  return { ...BASE, name: 'latency-p95', type: 'latency', ...rest, ...over };
}

export function missing(over: Partial<MissingMetric> = {}): MissingMetric {
  const rest = { max: 0.01, rollbackAbove: 0.1, onFail: 'hold' } as const;
  return { ...BASE, name: 'missing', type: 'missing', ...rest, ...over };
}

export function disagreement(over: Partial<DisagreementMetric> = {}): DisagreementMetric {
  const rest = { of: 'all', max: 0.12, limitWritten: true } as const;
  return { ...BASE, name: 'disagreement', type: 'disagreement', ...rest, ...over };
}

export function outcome(over: Partial<OutcomeMetric> = {}): OutcomeMetric {
  return {
    ...BASE,
    name: 'label-loss',
    type: 'outcome',
    outcome: 'late',
    attribution: 'label',
    loss: 'log',
    pinballQuantile: null,
    tolerance: { ratio: 1.05, difference: 0 },
    floor: null,
    relativeTo: null,
    matureShare: 0.95,
    horizonMs: 60 * MINUTE_MS,
    absent: 'exclude',
    gates: 'last',
    ...over,
  };
}

export function divergence(over: Partial<DivergenceMetric> = {}): DivergenceMetric {
  const rest = { of: 'score', measure: 'psi', max: 0.25 } as const;
  const consequences = { onFail: 'warn', onFailUnpaired: 'hold', weight: 0 } as const;
  return { ...BASE, name: 'divergence', type: 'divergence', ...rest, ...consequences, ...over };
}

export function sampleRatio(over: Partial<SampleRatioMetric> = {}): SampleRatioMetric {
  return { ...BASE, name: 'sample-ratio', type: 'sampleRatio', onFail: 'hold', weight: 0, ...over };
}

export function segment(over: Partial<SegmentMetric> = {}): SegmentMetric {
  const rest = { max: 0.25, limitWritten: true, minPairCount: 200 } as const;
  return { ...BASE, name: 'segments', type: 'segment', ...rest, ...over };
}

export function scoreShift(over: Partial<ScoreShiftMetric> = {}): ScoreShiftMetric {
  const rest = { max: 0.02, direction: 'either' } as const;
  return { ...BASE, name: 'score-shift', type: 'scoreShift', ...rest, ...over };
}

export function skew(over: Partial<SkewMetric> = {}): SkewMetric {
  const rest = { max: 0.01, limitWritten: false, minPairCount: 200, onFail: 'warn' } as const;
  return { ...BASE, name: 'skew', type: 'skew', ...rest, weight: 0, ...over };
}

export function stepOf(share: number, over: Partial<Step> = {}): Step {
  return { share, bakeMs: 10 * MINUTE_MS, minSampleCount: 500, minPairCount: 2_000, ...over };
}

/** Shadow, 5 % and 100 %, ten minutes each. */
export function planOf(metrics: readonly Metric[], over: Partial<Plan> = {}): Plan {
  return {
    name: 'fraud-v7',
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    window: {
      lengthMs: MINUTE_MS,
      graceMs: 30_000,
      skewMaxMs: 30_000,
      outOfOrdernessMs: 5_000,
      futureMaxMs: 60_000,
      idleTimeoutMs: 30_000,
      late: 'drop',
    },
    reference: { file: null, minSampleCount: 10_000, minSpanMs: 0 },
    decision: { threshold: 0.5, tolerance: null, ranking: null },
    mirror: null,
    steps: [stepOf(0), stepOf(0.05), stepOf(1)],
    metrics,
    falseRollbackRate: 0.01,
    falseHoldRate: 0.05,
    promoteOn: 'noHarm',
    mustCatch: { errors: { ratio: 2, difference: 0.005 }, latencyRatio: 1.5 },
    onInsufficientData: 'hold',
    sessionAffinity: { key: 'unit_id', boundary: 'session', maxAgeMs: 86_400_000 },
    keepPairs: { mode: 'none', share: 0, perWindowMax: 0, retentionMs: 0 },
    watch: { featuresMax: 200, categoriesMax: 256, skewTolerance: 1e-9 },
    notifications: [],
    routing: [],
    limits: {
      openKeyCountMax: 1_000_000,
      recordSizeMaxBytes: 1_000_000,
      requestIdLengthMax: 256,
      deadLetterCountMax: 1_000,
      awaitingCountMax: 1_000_000,
    },
    ...over,
  };
}
