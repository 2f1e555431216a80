import type { Consequence, Metric, OutcomeMetric, Tolerance } from '../../core/events/plan.ts';
import { durationMs } from './duration.ts';
import type { MetricDocument } from './shape-metrics.ts';

/** Below this the weight that is left over is rounding, not weight. */
export const WEIGHT_ROUNDING = 1e-9;

/** Share of missing answers at which a hold becomes a rollback, where the plan does not say. */
export const ROLLBACK_ABOVE = 0.1;
const MINORITY_MAX = 0.5;
const DIVERGENCE_MAX = 0.25;
const SEGMENT_MAX = 0.25;
const SKEW_MAX = 0.01;

/** Metrics that take no part in the average of e-values, so that they need no weight. */
export const WEIGHTLESS: readonly MetricDocument['type'][] = ['divergence', 'sampleRatio'];

type Base = Pick<Metric, 'name' | 'weight' | 'critical' | 'dryRun' | 'gates' | 'warmupMs'>;

/**
 * Metrics with every default filled in. `userWrote`: a limit in them is the user's own, not one of
 * the default plan, so crossing it may roll back.
 */
export function fillMetrics(documents: readonly MetricDocument[], userWrote: boolean): Metric[] {
  const weights = fillWeights(documents);
  return documents.map((document, i) => fillMetric(document, weights[i] ?? 0, userWrote));
}

/**
 * Weights in the order of the metrics: those written, and the rest split evenly among those without.
 * Metrics outside the average and dry runs get none of the rest.
 */
function fillWeights(documents: readonly MetricDocument[]): number[] {
  const written = documents.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  const open = documents.filter(takesRest).length;
  const rest = Math.max(0, 1 - written);
  const share = open === 0 || rest < WEIGHT_ROUNDING ? 0 : rest / open;
  return documents.map((document) => document.weight ?? (takesRest(document) ? share : 0));
}

function takesRest(document: MetricDocument): boolean {
  return document.weight === undefined && inAverage(document);
}

/** True for metrics whose evidence is averaged with weights. */
export function inAverage(document: MetricDocument): boolean {
  return !document.dryRun && !WEIGHTLESS.includes(document.type);
}

function fillMetric(document: MetricDocument, weight: number, userWrote: boolean): Metric {
  const base: Base = {
    name: document.name,
    weight,
    critical: document.critical,
    dryRun: document.dryRun,
    gates: document.gates ?? (document.type === 'outcome' ? 'last' : 'all'),
    warmupMs: durationMs(document.warmup ?? (document.type === 'latency' ? '2m' : '0s')),
  };
  switch (document.type) {
    case 'errorRate':
      return {
        ...base,
        type: 'errorRate',
        tolerance: fillTolerance(document.tolerance),
        onFail: document.onFail ?? 'rollback',
      };
    case 'latency':
      return {
        ...base,
        type: 'latency',
        quantile: document.quantile,
        maxMs: document.max === undefined ? null : durationMs(document.max),
        tolerance: fillTolerance(document.tolerance),
        onFail: document.onFail ?? 'rollback',
      };
    case 'outcome':
      return fillOutcome(base, document);
    case 'sampleRatio':
      return { ...base, type: 'sampleRatio', onFail: document.onFail ?? 'hold' };
    case 'missing':
      return fillMissing(base, document);
    case 'disagreement':
      return fillDisagreement(base, document, userWrote);
    case 'scoreShift':
      return {
        ...base,
        type: 'scoreShift',
        max: document.max,
        direction: document.direction,
        onFail: document.onFail ?? 'rollback',
      };
    case 'segment':
      return fillSegment(base, document, userWrote);
    case 'skew':
      return fillSkew(base, document, userWrote);
    case 'divergence':
      return fillDivergence(base, document);
  }
}

type Of<T extends MetricDocument['type']> = Extract<MetricDocument, { type: T }>;

function fillMissing(base: Base, document: Of<'missing'>): Metric {
  const onFail = document.onFail ?? 'hold';
  const above = document.rollbackAbove ?? (onFail === 'hold' ? ROLLBACK_ABOVE : 'never');
  return {
    ...base,
    type: 'missing',
    max: document.max,
    onFail,
    rollbackAbove: above === 'never' ? null : above,
  };
}

function fillDisagreement(base: Base, document: Of<'disagreement'>, userWrote: boolean): Metric {
  const limitWritten = userWrote && document.max !== undefined;
  return {
    ...base,
    type: 'disagreement',
    of: document.of ?? (document.max === undefined ? 'minority' : 'all'),
    max: document.max ?? MINORITY_MAX,
    limitWritten,
    onFail: document.onFail ?? (limitWritten ? 'rollback' : 'hold'),
  };
}

function fillSegment(base: Base, document: Of<'segment'>, userWrote: boolean): Metric {
  const limitWritten = userWrote && document.max !== undefined;
  return {
    ...base,
    type: 'segment',
    max: document.max ?? SEGMENT_MAX,
    limitWritten,
    minPairCount: document.minPairs,
    onFail: document.onFail ?? (limitWritten ? 'rollback' : 'hold'),
  };
}

function fillSkew(base: Base, document: Of<'skew'>, userWrote: boolean): Metric {
  const limitWritten = userWrote && document.max !== undefined;
  return {
    ...base,
    type: 'skew',
    max: document.max ?? SKEW_MAX,
    limitWritten,
    minPairCount: document.minPairs,
    onFail: document.onFail ?? (limitWritten ? 'rollback' : 'warn'),
  };
}

function fillDivergence(base: Base, document: Of<'divergence'>): Metric {
  const onFail = splitConsequence(document.onFail);
  return {
    ...base,
    type: 'divergence',
    of: document.of,
    measure: document.measure,
    max: document.max ?? DIVERGENCE_MAX,
    onFail: onFail.paired,
    onFailUnpaired: onFail.unpaired,
  };
}

function splitConsequence(onFail: Of<'divergence'>['onFail']): {
  paired: Consequence;
  unpaired: Consequence;
} {
  if (onFail === undefined) return { paired: 'warn', unpaired: 'hold' };
  return typeof onFail === 'string' ? { paired: onFail, unpaired: onFail } : onFail;
}

function fillOutcome(base: Base, document: Of<'outcome'>): OutcomeMetric {
  return {
    ...base,
    type: 'outcome',
    outcome: document.outcome,
    attribution: document.attribution,
    loss: document.loss ?? null,
    pinballQuantile: document.pinballQuantile ?? null,
    tolerance: fillTolerance(document.tolerance ?? { ratio: 1.05 }),
    floor: document.floor ?? null,
    relativeTo: document.relativeTo ?? null,
    // The default is left out: the digest of a plan that says nothing of it stays what it was.
    ...(document.of === 'value' && { of: 'value' as const }),
    matureShare: document.matureShare,
    horizonMs: durationMs(document.outcomeHorizon),
    absent: document.absent === 0 ? 'zero' : 'exclude',
    onFail: document.onFail ?? 'rollback',
  };
}

/** A tolerance is exceeded when both parts are: a part that is not written is exceeded by anything. */
function fillTolerance(written: {
  ratio?: number | undefined;
  difference?: number | undefined;
}): Tolerance {
  return { ratio: written.ratio ?? 1, difference: written.difference ?? 0 };
}
