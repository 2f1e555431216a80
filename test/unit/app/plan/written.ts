import type { Metric, Plan, Step } from '../../../../src/core/events/plan.ts';

/** A plan as a user could have written it: every value spelt out, durations in ms. */
export function writtenPlan(plan: Plan): unknown {
  return {
    apiVersion: 'coalmine.dev/v1',
    kind: 'Rollout',
    metadata: { name: plan.name },
    spec: {
      model: plan.model,
      current: plan.currentVersion,
      canary: plan.canaryVersion,
      window: writtenWindow(plan),
      reference: writtenReference(plan),
      decision: writtenDecision(plan.decision),
      ...(plan.mirror === null ? {} : { mirror: plan.mirror }),
      steps: plan.steps.map(writtenStep),
      metrics: plan.metrics.map(writtenMetric),
      falseRollbackRate: plan.falseRollbackRate,
      falseHoldRate: plan.falseHoldRate,
      promoteOn: plan.promoteOn,
      mustCatch: { errors: plan.mustCatch.errors, latencyP95: plan.mustCatch.latencyRatio },
      onInsufficientData: plan.onInsufficientData,
      sessionAffinity: {
        key: plan.sessionAffinity.key,
        boundary: plan.sessionAffinity.boundary,
        maxAge: ms(plan.sessionAffinity.maxAgeMs),
      },
      keepPairs: writtenKeepPairs(plan),
      watch: plan.watch,
      limits: plan.limits,
      notifications: plan.notifications.map((target) =>
        target.kind === 'log' ? { log: {} } : { webhook: { url: target.url } },
      ),
      routing: plan.routing.map((target) =>
        target.kind === 'memory' ? { memory: {} } : { file: { path: target.path } },
      ),
    },
  };
}

function writtenDecision({ ranking, ...ofScore }: Plan['decision']): unknown {
  if (ranking === null) return withoutNulls(ofScore);
  return { of: 'items', k: ranking.itemCount, overlapMin: ranking.overlapMin };
}

function writtenWindow({ window }: Plan): unknown {
  return {
    length: ms(window.lengthMs),
    grace: ms(window.graceMs),
    skewMax: ms(window.skewMaxMs),
    outOfOrderness: ms(window.outOfOrdernessMs),
    futureMax: ms(window.futureMaxMs),
    idleTimeout: ms(window.idleTimeoutMs),
    late: window.late,
  };
}

function writtenReference({ reference }: Plan): unknown {
  if (reference.file !== null) return { file: reference.file };
  return { minSamples: reference.minSampleCount, minSpan: ms(reference.minSpanMs) };
}

function writtenKeepPairs({ keepPairs }: Plan): unknown {
  const { retentionMs, ...rest } = keepPairs;
  return { ...rest, retention: ms(retentionMs) };
}

function writtenStep(step: Step): unknown {
  if (step.share === 0) {
    return { shadow: { duration: ms(step.bakeMs), minPairs: step.minPairCount } };
  }
  return {
    setWeight: (step.share * 10_000) / 100,
    bake: ms(step.bakeMs),
    minSamples: step.minSampleCount ?? 'auto',
    ...(step.minPairCount === 0 ? {} : { minPairs: step.minPairCount }),
  };
}

function writtenMetric(metric: Metric): unknown {
  const { warmupMs, weight, ...base } = metric;
  const inAverage = metric.type !== 'divergence' && metric.type !== 'sampleRatio';
  const common = { ...base, warmup: ms(warmupMs), ...(inAverage ? { weight } : {}) };
  switch (metric.type) {
    case 'errorRate':
    case 'sampleRatio':
    case 'scoreShift':
      return common;
    case 'latency':
      return withoutNulls({
        ...without(common, 'maxMs'),
        max: metric.maxMs === null ? null : ms(metric.maxMs),
        tolerance: { ratio: metric.tolerance.ratio },
      });
    case 'missing':
      return withoutNulls({
        ...common,
        rollbackAbove: metric.rollbackAbove ?? neverOf(metric.onFail),
      });
    case 'disagreement':
      return without(common, 'limitWritten', ...(metric.limitWritten ? [] : ['max']));
    case 'divergence': {
      const onFail = { paired: metric.onFail, unpaired: metric.onFailUnpaired };
      return { ...without(common, 'onFailUnpaired'), onFail };
    }
    case 'segment':
    case 'skew':
      return {
        ...without(common, 'minPairCount', 'limitWritten', ...(metric.limitWritten ? [] : ['max'])),
        minPairs: metric.minPairCount,
      };
    case 'outcome':
      return withoutNulls({
        ...without(common, 'horizonMs', ...(metric.attribution === 'served' ? ['tolerance'] : [])),
        outcomeHorizon: ms(metric.horizonMs),
        absent: metric.absent === 'zero' ? 0 : 'exclude',
      });
  }
}

function neverOf(onFail: string): string | null {
  return onFail === 'hold' ? 'never' : null;
}

/** In hours where they are whole, because a number of a plan has at most seven digits. */
function ms(duration: number): string {
  if (duration % 3_600_000 === 0) return `${duration / 3_600_000}h`;
  return duration % 1000 === 0 ? `${duration / 1000}s` : `${duration}ms`;
}

function without(value: object, ...keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function withoutNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}
