import { CoalmineError } from '../../../core/foundation/error.ts';
import { parsePlan, readPlanText } from '../../plan/parse.ts';
import { formatProblems } from '../../plan/problem.ts';
import { phaseOf } from '../applied.ts';
import type { AppliedList } from '../applied-topic.ts';
import { rolloutTopics } from '../rollout-topics.ts';
import type { ConfiguredRollout, ServiceConfig } from '../service-config.ts';
import type { RolloutFact } from './facts.ts';

type Inputs = Pick<ServiceConfig, 'inputs' | 'rollouts'>;

/** The rollouts that are listed in the config, with their plans. */
export async function configuredRollouts(config: Inputs): Promise<readonly RolloutFact[]> {
  return await Promise.all(config.rollouts.map((one) => configuredRollout(one, config)));
}

async function configuredRollout(
  { planFile, current, canary, outcomes }: ConfiguredRollout,
  config: Inputs,
): Promise<RolloutFact> {
  const name = planFile;
  try {
    const result = parsePlan(await readPlanText(planFile), planFile);
    if (!result.ok) return { ok: false, name, why: formatProblems(result.problems.slice(0, 3)) };
    const { plan } = result;
    const wantsOutcomes = plan.metrics.some(({ type }) => type === 'outcome');
    const named = { current, canary, outcomes: wantsOutcomes ? outcomes : null };
    return {
      ok: true,
      rollout: { name, plan, topics: rolloutTopics(named, { plan, planFile, config }) },
    };
  } catch (error) {
    if (!(error instanceof CoalmineError)) throw error;
    return { ok: false, name, why: error.message };
  }
}

/** Rollouts that are applied and not over, but for those that the config lists anyway. */
export function appliedRollouts(
  { rollouts, unreadable }: AppliedList,
  configured: readonly RolloutFact[],
): readonly RolloutFact[] {
  const names = configured.flatMap((fact) => (fact.ok ? [fact.rollout.plan.name] : []));
  const running = rollouts.filter(({ plan, table }) => {
    const phase = phaseOf(table);
    const isOver = phase === 'promoted' || phase === 'rolled_back';
    return !isOver && !names.includes(plan.name);
  });
  return [
    ...running.map(
      ({ applied, plan }): RolloutFact => ({
        ok: true,
        rollout: { name: applied.rolloutId, plan, topics: applied.topics },
      }),
    ),
    ...unreadable.map(
      ({ rolloutId, problem }): RolloutFact => ({ ok: false, name: rolloutId, why: problem }),
    ),
  ];
}
