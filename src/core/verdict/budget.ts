import type { Metric, Plan } from '../events/plan.ts';
import type { Lines } from './checks/check.ts';
import { checkOf } from './checks/registry.ts';

/** Of `falseRollbackRate`, what asymptotic checks that may roll back have to themselves. */
const ASYMPTOTIC_SHARE = 0.1;

/** The lines of a whole plan, fixed when it is applied. */
export interface Budget {
  /** ln of what the weighted average of e-values must reach. */
  readonly logLimit: number;
  /** Lines of each metric, in the order of the plan. */
  readonly lines: readonly Lines[];
}

/**
 * How the two error rates of a plan are shared out. The average of e-values rolls back at
 * 1/falseRollbackRate; one check alone is a culprit at 1/(falseRollbackRate * weight) (Bonferroni:
 * it then crosses the average too). Divergence checks that may roll back have a tenth of the
 * rate for themselves, since their bound is asymptotic. Holds and warnings share `falseHoldRate`
 * evenly. A metric of weight 0 can never roll back: its line is infinite.
 *
 * @example budgetOf(plan).logLimit // 4.605 at a falseRollbackRate of 0.01
 */
export function budgetOf(plan: Plan): Budget {
  const asymptotic = plan.metrics.filter(rollsBackByDivergence).length;
  const shared = plan.falseRollbackRate * (asymptotic > 0 ? 1 - ASYMPTOTIC_SHARE : 1);
  const apart = (plan.falseRollbackRate * ASYMPTOTIC_SHARE) / Math.max(1, asymptotic);
  const holds = plan.metrics.reduce((sum, metric) => sum + checkOf(metric).holdTests, 0);
  const hold = -Math.log(plan.falseHoldRate / Math.max(1, holds));
  return {
    logLimit: -Math.log(shared),
    lines: plan.metrics.map((metric) => ({
      hold,
      rollback: -Math.log(rollsBackByDivergence(metric) ? apart : shared * metric.weight),
    })),
  };
}

/** One check's part of the average. */
export interface Part {
  readonly name: string;
  readonly weight: number;
  readonly logEvidence: number;
}

/**
 * ln of the weighted average of e-values, with the weight that no trigger uses kept as cash at
 * E = 1, so that it starts at 0 and is always finite. Any dependence between checks is allowed
 * (Vovk & Wang, AoS 2021). Weights sum to at most 1.
 *
 * @example logAverage([{ name: 'errors', weight: 0.5, logEvidence: Math.log(9) }], 0.5) // ln 5
 */
export function logAverage(parts: readonly Part[], cash: number): number {
  const most = Math.max(0, ...parts.map((part) => part.logEvidence));
  let sum = cash * Math.exp(-most);
  for (const part of parts) sum += part.weight * Math.exp(part.logEvidence - most);
  return sum > 0 ? most + Math.log(sum) : 0;
}

/** The checks whose evidence is averaged: dry runs never are. */
export function isAveraged(metric: Metric): boolean {
  return !metric.dryRun && metric.weight > 0 && checkOf(metric).triggers;
}

function rollsBackByDivergence(metric: Metric): boolean {
  if (metric.type !== 'divergence' || metric.dryRun) return false;
  return metric.onFail === 'rollback' || metric.onFailUnpaired === 'rollback';
}
