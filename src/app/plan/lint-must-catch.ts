import type { Metric, Tolerance } from '../../core/events/plan.ts';
import { defaultMetrics } from './defaults.ts';
import { fillMetrics } from './metrics.ts';
import type { Finding } from './problem.ts';
import type { PlanSpec } from './shape.ts';

/** Warns of a harm that must be caught and yet lies within a tolerance: nothing looks for it. */
export function lintMustCatch(spec: PlanSpec): readonly Finding[] {
  const metrics = spec.metrics === undefined ? defaultMetrics() : fillMetrics(spec.metrics, true);
  return metrics.flatMap((metric) => lintMetric(metric, spec.mustCatch));
}

function lintMetric(metric: Metric, mustCatch: PlanSpec['mustCatch']): readonly Finding[] {
  if (metric.type === 'latency' && mustCatch.latencyP95 <= metric.tolerance.ratio) {
    const { ratio } = metric.tolerance;
    const message = `${mustCatch.latencyP95} is not above the ratio ${ratio} that ${metric.name} tolerates: such a canary would pass`;
    return [{ path: [...PATH, 'latencyP95'], message, validValues: [`above ${ratio}`] }];
  }
  if (metric.type !== 'errorRate' || !isTolerated(mustCatch.errors, metric.tolerance)) return [];
  const { ratio, difference } = metric.tolerance;
  return [
    {
      path: [...PATH, 'errors'],
      message: `is not above what ${metric.name} tolerates (ratio ${ratio}, difference ${difference}): such a canary would pass`,
      validValues: [`ratio above ${ratio} and difference above ${difference}`],
    },
  ];
}

const PATH = ['spec', 'mustCatch'];

/** The lowest and the highest rate: both sides are straight in between but for one bend each. */
const RATES = [1e-9, 1];

/** Whether there is a rate of the current model at which the harm is no more than what is tolerated. */
function isTolerated(harm: Tolerance, tolerance: Tolerance): boolean {
  return RATES.some((rate) => atMost(harm, rate) <= atMost(tolerance, rate));
}

function atMost({ ratio, difference }: Tolerance, rate: number): number {
  return Math.max(rate * ratio, rate + difference);
}
