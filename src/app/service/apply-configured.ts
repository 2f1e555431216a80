import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoalmineError } from '../../core/foundation/error.ts';
import { parsePlan } from '../plan/parse.ts';
import { readReference } from '../profile-file.ts';
import { applyRollout } from './applied-topic.ts';
import type { OpenApplied } from './open-applied.ts';
import { commonPartitionCount, rolloutTopics } from './rollout-topics.ts';
import type { RunOptions } from './run-service.ts';

/**
 * Applies the rollouts of the config, as `coalmine apply` would.
 *
 * @throws CoalmineError `plan_invalid`, `input_missing`, and what applying a plan throws
 */
export async function applyConfigured(
  opened: OpenApplied,
  { config, log }: Pick<RunOptions, 'config' | 'log'>,
): Promise<void> {
  for (const configured of config.rollouts) {
    const { planFile, startAt } = configured;
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
    const { current, canary, outcomes } = configured;
    const wanted = { current, canary, outcomes: plan.metrics.some(isOutcome) ? outcomes : null };
    const topics = rolloutTopics(wanted, { plan, planFile, config });
    const names = Object.values(topics).filter((name) => name !== null);
    const application = await applyRollout(opened.topics, {
      plan,
      planText,
      planFile,
      policyDigest: digest,
      topics,
      partitionCount: commonPartitionCount(topics, await opened.partitionCounts(names)),
      startAt,
      rolloutCountMax: config.limits.rolloutCountMax,
    });
    const profile = await readReference(plan, dirname(planFile));
    if (profile !== null) await opened.giveProfile(application.applied.rolloutId, profile);
    log.info({ rollout: application.applied.rolloutId, change: application.kind }, 'applied');
  }
}

function isOutcome({ type }: { readonly type: string }): boolean {
  return type === 'outcome';
}
