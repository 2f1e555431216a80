import { ARMS, type Arm } from '../../../core/events/arm.ts';
import { ARM_VERSION } from '../../../core/events/field-map-compile.ts';
import type { JoinTarget } from '../../../pipeline/stream/ports.ts';

/** A rollout that reads a topic, and which of its arms it finds there. */
export interface ReadingTarget {
  readonly target: JoinTarget;
  readonly arms: readonly Arm[];
}

/** The rollouts that find predictions on a topic. */
export function predictionTargets(
  topic: string,
  targets: readonly JoinTarget[],
): readonly ReadingTarget[] {
  return targets
    .map((target) => ({ target, arms: ARMS.filter((arm) => target.topics[arm] === topic) }))
    .filter(({ arms }) => arms.length > 0);
}

/** The rollouts that find outcomes on a topic. */
export function outcomeTargets(
  topic: string,
  targets: readonly JoinTarget[],
): readonly JoinTarget[] {
  return targets.filter(({ topics }) => topics.outcomes === topic);
}

/** Whose a model's version is, among the arms that are read here; null: nobody's. */
export function armOf({ target, arms }: ReadingTarget, model: string, version: string): Arm | null {
  const { plan } = target;
  if (model !== plan.model) return null;
  const versions = { current: plan.currentVersion, canary: plan.canaryVersion };
  return arms.find((arm) => version === versions[arm] || version === ARM_VERSION[arm]) ?? null;
}
