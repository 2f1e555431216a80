import type { Metric } from '../../core/events/plan.ts';
import { fillMetrics, inAverage, ROLLBACK_ABOVE, WEIGHT_ROUNDING, WEIGHTLESS } from './metrics.ts';
import type { Finding, PlanPath } from './problem.ts';
import type { PlanSpec } from './shape.ts';
import type { MetricDocument } from './shape-metrics.ts';

interface MetricFindings {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** What is wrong or doubtful in the metrics, each by itself and all together. */
export function lintMetrics(spec: PlanSpec): MetricFindings {
  const metrics = spec.metrics ?? [];
  return {
    errors: [
      ...duplicateNames(metrics),
      ...weightSum(metrics),
      ...weightOutside(metrics),
      ...tooManyOutcomes(metrics),
      ...metrics.flatMap((metric, i) => lintMetric(metric, ['spec', 'metrics', i])),
    ],
    warnings: [...undecided(spec), ...weightless(metrics)],
  };
}

function duplicateNames(metrics: readonly MetricDocument[]): readonly Finding[] {
  return metrics.flatMap(({ name }, i) => {
    const first = metrics.findIndex((other) => other.name === name);
    if (first === i) return [];
    const message = `the name ${name} is taken by metric ${first + 1} of the list`;
    return [{ path: ['spec', 'metrics', i, 'name'], message, validValues: ['another name'] }];
  });
}

function weightSum(metrics: readonly MetricDocument[]): readonly Finding[] {
  let sum = 0;
  for (const [i, { weight }] of metrics.entries()) {
    sum += weight ?? 0;
    if (sum <= 1 + WEIGHT_ROUNDING) continue;
    const total = metrics.reduce((all, metric) => all + (metric.weight ?? 0), 0);
    const message = `the weights of all metrics sum to ${Number(total.toPrecision(6))}, more than 1`;
    return [
      { path: ['spec', 'metrics', i, 'weight'], message, validValues: ['a sum of at most 1'] },
    ];
  }
  return [];
}

function lintMetric(metric: MetricDocument, path: PlanPath): readonly Finding[] {
  switch (metric.type) {
    case 'errorRate':
      return lintTolerance(metric.tolerance, path);
    case 'missing':
      return lintMissing(metric, path);
    case 'outcome':
      return lintOutcome(metric, path);
    case 'disagreement':
      return [...lintDisagreementOf(metric, path), ...lintOwnLimit(metric, path)];
    case 'segment':
    case 'skew':
    case 'divergence':
      return lintOwnLimit(metric, path);
    case 'latency':
    case 'scoreShift':
    case 'sampleRatio':
      return [];
  }
}

type Of<T extends MetricDocument['type']> = Extract<MetricDocument, { type: T }>;

function lintTolerance(
  tolerance: { ratio?: number | undefined; difference?: number | undefined },
  path: PlanPath,
): readonly Finding[] {
  if (tolerance.ratio !== undefined || tolerance.difference !== undefined) return [];
  return [
    {
      path: [...path, 'tolerance'],
      message: 'is empty: write a ratio, a difference or both',
      validValues: ['ratio', 'difference'],
    },
  ];
}

function lintMissing(metric: Of<'missing'>, path: PlanPath): readonly Finding[] {
  const above = metric.rollbackAbove;
  if (typeof above === 'number' && metric.onFail !== undefined && metric.onFail !== 'hold') {
    return [
      {
        path: [...path, 'rollbackAbove'],
        message: `conflicts with onFail: ${metric.onFail}: it turns a hold into a rollback`,
        validValues: ['onFail: hold'],
      },
    ];
  }
  const holds = (metric.onFail ?? 'hold') === 'hold';
  const limit = above === undefined && holds ? ROLLBACK_ABOVE : above;
  if (typeof limit !== 'number' || limit > metric.max) return [];
  return [
    {
      path: [...path, above === undefined ? 'max' : 'rollbackAbove'],
      message: `rollbackAbove ${limit}${above === undefined ? ' (the default)' : ''} is not above max ${metric.max}`,
      validValues: [`rollbackAbove: above ${metric.max}, or never`],
    },
  ];
}

function lintDisagreementOf(metric: Of<'disagreement'>, path: PlanPath): readonly Finding[] {
  if (metric.of !== 'all' || metric.max !== undefined) return [];
  const message = 'is missing: the default limit is one of the minority decision, not of all pairs';
  return [{ path: [...path, 'max'], message, validValues: ['a number above 0 and at most 1'] }];
}

/** A better model differs too: only a limit that the user wrote may roll it back. */
function lintOwnLimit(
  metric: Of<'disagreement'> | Of<'segment'> | Of<'skew'> | Of<'divergence'>,
  path: PlanPath,
): readonly Finding[] {
  const { onFail } = metric;
  const asked = typeof onFail === 'object' ? [onFail.paired, onFail.unpaired] : [onFail];
  if (metric.max !== undefined || !asked.includes('rollback')) return [];
  return [
    {
      path: [...path, 'onFail'],
      message: 'rollback needs a limit of your own: a better model differs too; write max',
      validValues: ['hold', 'warn', 'or rollback beside max'],
    },
  ];
}

function lintOutcome(metric: Of<'outcome'>, path: PlanPath): readonly Finding[] {
  const findings =
    metric.attribution === 'label' ? lintLabel(metric, path) : lintServed(metric, path);
  return [
    ...findings,
    ...lintPinball(metric, path),
    ...(metric.tolerance === undefined ? [] : lintTolerance(metric.tolerance, path)),
  ];
}

function lintLabel(metric: Of<'outcome'>, path: PlanPath): readonly Finding[] {
  const findings: Finding[] = [];
  if (metric.loss === undefined) {
    findings.push({
      path: [...path, 'loss'],
      message: 'is missing: attribution label scores each prediction against the outcome',
      validValues: ['log', 'brier', 'zeroOne', 'squared', 'absolute', 'pinball'],
    });
  }
  for (const key of ['floor', 'relativeTo', 'of'] as const) {
    if (metric[key] === undefined) continue;
    findings.push({
      path: [...path, key],
      message: 'conflicts with attribution: label: a loss is judged by its tolerance',
      validValues: ['tolerance'],
    });
  }
  return findings;
}

function lintServed(metric: Of<'outcome'>, path: PlanPath): readonly Finding[] {
  const findings: Finding[] = [];
  if (metric.floor === undefined) {
    findings.push({
      path: [...path, 'floor'],
      message: 'is missing: a served outcome is judged by the least rate it may have',
      validValues: ['a number'],
    });
  }
  for (const key of ['loss', 'tolerance'] as const) {
    if (metric[key] === undefined) continue;
    findings.push({
      path: [...path, key],
      message: 'conflicts with attribution: served: a served outcome is judged by its floor',
      validValues: ['floor', 'attribution: label'],
    });
  }
  if (metric.of === 'value' && metric.relativeTo === undefined) {
    findings.push({
      path: [...path, 'of'],
      message: 'needs relativeTo: current: values are judged against those of the current model',
      validValues: ['relativeTo: current', 'of: events'],
    });
  }
  const floor = metric.relativeTo === 'current' ? metric.floor : undefined;
  if (floor !== undefined && (floor <= 0 || floor > 1)) {
    findings.push({
      path: [...path, 'floor'],
      message: `${floor} is not a share of the current model's rate`,
      validValues: ['a number above 0 and at most 1'],
    });
  }
  return findings;
}

function lintPinball(metric: Of<'outcome'>, path: PlanPath): readonly Finding[] {
  const key = [...path, 'pinballQuantile'];
  const validValues = ['a number above 0 and below 1'];
  if (metric.loss === 'pinball' && metric.pinballQuantile === undefined) {
    return [{ path: key, message: 'is missing: loss pinball is of one quantile', validValues }];
  }
  if (metric.loss === 'pinball' || metric.pinballQuantile === undefined) return [];
  return [{ path: key, message: 'needs loss: pinball', validValues: ['loss: pinball'] }];
}

function undecided({ metrics, decision }: PlanSpec): readonly Finding[] {
  if (decision.of === 'items') return [];
  if (decision.threshold !== undefined || decision.tolerance !== undefined) return [];
  const i = metrics?.findIndex(({ type }) => type === 'disagreement') ?? 0;
  if (i < 0) return [];
  const path = metrics === undefined ? ['spec', 'decision'] : ['spec', 'metrics', i];
  const message =
    'spec.decision has neither threshold nor tolerance: pairs are compared only where both models log a label';
  return [{ path, message, validValues: ['decision.threshold', 'decision.tolerance'] }];
}

function weightless(metrics: readonly MetricDocument[]): readonly Finding[] {
  return fillMetrics(metrics, true).flatMap((metric, i) => {
    const document = metrics[i];
    if (document === undefined || document.weight !== undefined || !inAverage(document)) return [];
    if (metric.weight > 0 || !rollsBack(metric)) return [];
    const message = 'no weight is left for this metric: it can hold, never roll back';
    return [{ path: ['spec', 'metrics', i], message, validValues: ['weights that sum to less'] }];
  });
}

function rollsBack(metric: Metric): boolean {
  return (
    metric.onFail === 'rollback' || (metric.type === 'missing' && metric.rollbackAbove !== null)
  );
}

/** A request that waits has one bit per outcome metric, in 32. */
const OUTCOME_METRIC_COUNT_MAX = 32;

function tooManyOutcomes(metrics: readonly MetricDocument[]): readonly Finding[] {
  const outcomes = metrics.flatMap(({ type }, i) => (type === 'outcome' ? [i] : []));
  const first = outcomes[OUTCOME_METRIC_COUNT_MAX];
  if (first === undefined) return [];
  const message = `there are ${outcomes.length} outcome metrics, more than ${OUTCOME_METRIC_COUNT_MAX}`;
  const validValues = [`at most ${OUTCOME_METRIC_COUNT_MAX} of type outcome`];
  return [{ path: ['spec', 'metrics', first, 'type'], message, validValues }];
}

function weightOutside(metrics: readonly MetricDocument[]): readonly Finding[] {
  return metrics.flatMap(({ type, weight }, i) => {
    if (weight === undefined || !WEIGHTLESS.includes(type)) return [];
    const message = `has no meaning for ${type}: its evidence is not averaged with the others`;
    return [{ path: ['spec', 'metrics', i, 'weight'], message, validValues: ['no weight'] }];
  });
}
