import type { Plan } from '../../core/events/plan.ts';
import { outcomeMetricsOf } from '../../pipeline/line.ts';
import type { AppliedRollout } from '../../pipeline/stream/messages.ts';
import type { JoinTarget } from '../../pipeline/stream/ports.ts';
import type { MergerOptions } from '../../pipeline/stream/rollout-merger.ts';
import { GrowingSchema } from '../../pipeline/stream/stream-schema.ts';
import type { ServiceConfig } from './service-config.ts';

/** A rollout that the service runs. */
export interface RunningRollout {
  readonly applied: AppliedRollout;
  readonly plan: Plan;
}

/** The topics that a rollout reads. */
export function topicsOf({ applied }: RunningRollout): readonly string[] {
  return Object.values(applied.topics).filter((topic) => topic !== null);
}

/** The rollout as joiners see it. */
export function joinTargetOf({ applied, plan }: RunningRollout): JoinTarget {
  const { rolloutId, topics, partitionCount, startAt } = applied;
  const schema = new GrowingSchema(plan.decision.ranking?.itemCount);
  return { rolloutId, plan, partitionCount, topics, startAt, schema };
}

/** The rollout as its merger sees it. */
export function mergerOptionsOf(
  rollout: RunningRollout,
  given: { readonly config: ServiceConfig; readonly digest: (text: string) => string },
): MergerOptions {
  const { config, digest } = given;
  return {
    target: joinTargetOf(rollout),
    policyDigest: rollout.applied.policyDigest,
    outcomeMetrics: outcomeMetricsOf(rollout.plan),
    digest,
    partialDeadlineMs: config.limits.partialDeadlineMs,
    routerLeadMs: config.routerLeadMs,
  };
}
