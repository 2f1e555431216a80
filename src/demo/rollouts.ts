import type { RolloutDecision } from '../core/rollout/controller.ts';
import type { DemoArm } from './logs-manifest.ts';

/** One canary of the demo: its plan, its log, what it is, and how its rollout must end. */
export interface DemoRollout {
  /** Names the plan beside this file, and the folder of its run. */
  readonly plan: string;
  readonly arm: DemoArm;
  readonly about: string;
  readonly ends: RolloutDecision;
  /** What must stand in the reasons of its end, as they are printed. */
  readonly says: string;
}

/** All share one plan but for its name: what ends differently differs by its answers alone. */
export const DEMO_ROLLOUTS: readonly DemoRollout[] = [
  {
    plan: 'healthy',
    arm: 'canary',
    about: 'a better model',
    ends: 'promoted',
    says: 'every step was passed',
  },
  {
    plan: 'rounded',
    arm: 'canaryRounded',
    about: 'the same model, scores rounded to 0.1',
    ends: 'promoted',
    says: 'warning: divergence: PSI of score',
  },
  {
    plan: 'day-old',
    arm: 'canaryDayOld',
    about: 'the better model, features a day old',
    ends: 'rolled_back',
    says: 'disagreement: canary answers differ from current',
  },
  {
    plan: 'one-airport',
    arm: 'canaryWithoutEwr',
    about: 'a better model that lost one airport',
    ends: 'rolled_back',
    says: 'where origin is EWR',
  },
];

/** What a rollout did not do that is said of it here; null when it ended as described. */
export function differsFromDescribed(
  { ends, says }: Pick<DemoRollout, 'ends' | 'says'>,
  ended: {
    readonly rolloutId: string;
    readonly decision: RolloutDecision;
    /** Its reasons, as they are printed. */
    readonly why: string;
  },
): string | null {
  if (ended.decision !== ends) {
    return `${ended.rolloutId} should have been ${words(ends)}, and was ${words(ended.decision)}`;
  }
  return ended.why.includes(says) ? null : `${ended.rolloutId} should have said "${says}"`;
}

/** A decision for people. */
export function words(decision: RolloutDecision): string {
  return decision.replace('_', ' ');
}
