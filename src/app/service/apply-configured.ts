import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plan } from '../../core/events/plan.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { AppliedRollout } from '../../pipeline/stream/messages.ts';
import { parsePlan } from '../plan/parse.ts';
import { readReference } from '../profile-file.ts';
import type { Application } from './applied.ts';
import { applyRollout } from './applied-topic.ts';
import type { OpenApplied } from './open-applied.ts';
import { commonPartitionCount, rolloutTopics } from './rollout-topics.ts';
import type { ServiceConfig } from './service-config.ts';

/** A rollout of the config, its plan read. */
export interface ConfiguredPlan {
  readonly plan: Plan;
  readonly planText: string;
  readonly planFile: string;
  readonly policyDigest: string;
  readonly topics: AppliedRollout['topics'];
  readonly startAt: AppliedRollout['startAt'];
}

/**
 * Reads the plans of the config.
 *
 * @throws CoalmineError `input_missing`, `plan_invalid`
 */
export async function readConfigured(config: ServiceConfig): Promise<readonly ConfiguredPlan[]> {
  return await Promise.all(
    config.rollouts.map(async (configured): Promise<ConfiguredPlan> => {
      const { planFile, startAt, current, canary } = configured;
      const planText = await readFile(planFile, 'utf8').catch((cause: unknown) => {
        throw new CoalmineError('input_missing', `the plan ${planFile} cannot be read`, { cause });
      });
      const parsed = parsePlan(planText, planFile);
      if (!parsed.ok) {
        throw new CoalmineError('plan_invalid', `${planFile} has problems`, {
          hints: parsed.problems.map(({ line, message }) => `${planFile}:${line}: ${message}`),
        });
      }
      const { plan, digest } = parsed;
      const hasOutcomes = plan.metrics.some(({ type }) => type === 'outcome');
      const named = { current, canary, outcomes: hasOutcomes ? configured.outcomes : null };
      const topics = rolloutTopics(named, { plan, planFile, config });
      return { plan, planText, planFile, policyDigest: digest, topics, startAt };
    }),
  );
}

/** Applies the rollouts of the config, as `coalmine apply` would. */
export async function applyConfigured(
  opened: OpenApplied,
  configured: readonly ConfiguredPlan[],
  rolloutCountMax: number,
): Promise<readonly Application[]> {
  const applications: Application[] = [];
  for (const one of configured) {
    const names = Object.values(one.topics).filter((name) => name !== null);
    const partitionCount = commonPartitionCount(one.topics, await opened.partitionCounts(names));
    const application = await applyRollout(opened.topics, {
      ...one,
      partitionCount,
      rolloutCountMax,
    });
    const profile = await readReference(one.plan, dirname(one.planFile));
    if (profile !== null) await opened.giveProfile(application.applied.rolloutId, profile);
    applications.push(application);
  }
  return applications;
}
