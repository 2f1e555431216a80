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

/** A plan that was read, and the topics of its rollout. */
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

/**
 * Applies one plan, and tells of the cells that it names.
 *
 * @throws CoalmineError `topic_invalid`, what reading its profile throws, and what {@link applyRollout} does
 */
export async function applyPlanned(
  opened: OpenApplied,
  planned: ConfiguredPlan,
  rolloutCountMax: number,
): Promise<Application> {
  const { plan, planFile, topics } = planned;
  const profile = await readReference(plan, dirname(planFile));
  const names = Object.values(topics).filter((name) => name !== null);
  const partitionCount = commonPartitionCount(topics, await opened.partitionCounts(names));
  const request = { ...planned, partitionCount, rolloutCountMax };
  const application = await applyRollout(opened.topics, request);
  if (profile !== null) await opened.giveProfile(application.applied.rolloutId, profile);
  return application;
}

/** Applies the rollouts of the config, as `coalmine apply` would. */
export async function applyConfigured(
  opened: OpenApplied,
  configured: readonly ConfiguredPlan[],
  rolloutCountMax: number,
): Promise<readonly Application[]> {
  const applications: Application[] = [];
  for (const one of configured) applications.push(await applyPlanned(opened, one, rolloutCountMax));
  return applications;
}
