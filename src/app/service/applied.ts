import type { Plan } from '../../core/events/plan.ts';
import type { RolloutPhase, RoutingTable } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { AppliedRollout } from '../../pipeline/stream/messages.ts';

/** An applied rollout, with what its plan and its routing table say. */
export interface KnownRollout {
  readonly applied: AppliedRollout;
  readonly plan: Plan;
  /** Null: the controller has not begun it yet. */
  readonly phase: RolloutPhase | null;
}

/** All that is known when a plan is applied. */
export interface KnownRollouts {
  readonly rollouts: readonly KnownRollout[];
  /** Every rollout id that was ever used, as far as any topic of ours still has it. */
  readonly usedIds: readonly string[];
}

export interface ApplyRequest {
  readonly plan: Plan;
  readonly planText: string;
  readonly planFile: string;
  readonly policyDigest: string;
  readonly topics: AppliedRollout['topics'];
  /** Of each of these topics. */
  readonly partitionCount: number;
  /** Of a new rollout; one that runs keeps its own. */
  readonly startAt: AppliedRollout['startAt'];
  readonly rolloutCountMax: number;
}

/** What applying a plan comes to. */
export type Application =
  /** It runs already, just so. */
  | { readonly kind: 'unchanged'; readonly applied: AppliedRollout }
  /** The same rollout with another plan. */
  | {
      readonly kind: 'changed';
      readonly applied: AppliedRollout;
      /** `anew`: what was seen so far was judged by another policy. */
      readonly evidence: 'kept' | 'anew';
    }
  /** A new rollout; those named in `ended` are over, or were only watched. */
  | {
      readonly kind: 'started';
      readonly applied: AppliedRollout;
      readonly ended: readonly string[];
    };

/**
 * Decides what applying a plan does. A plan whose name runs already changes that rollout, and keeps
 * its number; else it is a new one, with the next number of its name.
 *
 * @throws CoalmineError `usage` when the running rollout cannot become this one, or another one of the
 * model runs; `limit_reached`
 */
export function applyPlan(request: ApplyRequest, known: KnownRollouts): Application {
  const running = known.rollouts.find(
    ({ applied, phase }) => nameOf(applied.rolloutId) === request.plan.name && !isOver(phase),
  );
  if (running !== undefined) return change(request, running);
  const ofModel = known.rollouts.filter(({ plan }) => plan.model === request.plan.model);
  const inTheWay = ofModel.find(({ phase }) => !isOver(phase) && phase !== 'watching');
  if (inTheWay !== undefined) {
    const { rolloutId } = inTheWay.applied;
    throw new CoalmineError('usage', `${rolloutId} of model ${request.plan.model} still runs`, {
      hints: [
        'a model has one canary at a time',
        `coalmine delete ${rolloutId} ends it`,
        `a plan named ${nameOf(rolloutId)} changes it`,
      ],
    });
  }
  const others = known.rollouts.length - ofModel.length;
  if (others >= request.rolloutCountMax) {
    throw new CoalmineError('limit_reached', `${others} rollouts are applied already`, {
      hints: [
        'limits.rolloutCountMax of the config is the limit',
        'coalmine list shows them, coalmine delete ROLLOUT takes one away',
      ],
    });
  }
  return {
    kind: 'started',
    applied: appliedAs(nextRolloutId(request.plan.name, known.usedIds), request),
    ended: ofModel.map(({ applied }) => applied.rolloutId),
  };
}

function change(request: ApplyRequest, running: KnownRollout): Application {
  const { applied: before } = running;
  const differences = [
    ...differing('model', running.plan.model, request.plan.model),
    ...differing('current', running.plan.currentVersion, request.plan.currentVersion),
    ...differing('canary', running.plan.canaryVersion, request.plan.canaryVersion),
    ...differing('topic of current', before.topics.current, request.topics.current),
    ...differing('topic of the canary', before.topics.canary, request.topics.canary),
    ...differing('topic of outcomes', before.topics.outcomes, request.topics.outcomes),
    ...differing('partitions', before.partitionCount, request.partitionCount),
    ...differing('window.length in ms', running.plan.window.lengthMs, request.plan.window.lengthMs),
  ];
  if (differences.length > 0) {
    throw new CoalmineError('usage', `${before.rolloutId} runs, and cannot become this one`, {
      hints: [
        ...differences,
        `coalmine delete ${before.rolloutId}, or another metadata.name, makes it a new rollout`,
      ],
    });
  }
  const applied = { ...appliedAs(before.rolloutId, request), startAt: before.startAt };
  if (before.policyDigest !== applied.policyDigest)
    return { kind: 'changed', applied, evidence: 'anew' };
  return before.planText === applied.planText
    ? { kind: 'unchanged', applied: before }
    : { kind: 'changed', applied, evidence: 'kept' };
}

function differing(
  what: string,
  before: string | number | null,
  after: string | number | null,
): readonly string[] {
  return before === after ? [] : [`${what}: ${before ?? 'none'} there, ${after ?? 'none'} here`];
}

function appliedAs(rolloutId: string, request: ApplyRequest): AppliedRollout {
  const { planText, planFile, policyDigest, topics, partitionCount, startAt } = request;
  return { rolloutId, planText, planFile, policyDigest, topics, partitionCount, startAt };
}

/**
 * The first number of a name that was never used: salt, evidence and positions are a rollout's own.
 *
 * @example nextRolloutId('fraud-v7', ['fraud-v7.1', 'fraud-v8.4']) // 'fraud-v7.2'
 */
export function nextRolloutId(name: string, usedIds: readonly string[]): string {
  const numbers = usedIds
    .filter((id) => nameOf(id) === name)
    .map((id) => Number(id.slice(name.length + 1)));
  return `${name}.${Math.max(0, ...numbers.filter(Number.isSafeInteger)) + 1}`;
}

/** `fraud-v7` of `fraud-v7.2`. */
function nameOf(rolloutId: string): string {
  return rolloutId.slice(0, Math.max(0, rolloutId.lastIndexOf('.')));
}

/**
 * Where a rollout stands by its routing table, whatever is announced for later included. Null
 * when it has none: the controller has not begun it.
 */
export function phaseOf(table: RoutingTable | null): RolloutPhase | null {
  const share = table?.shares.at(-1)?.share;
  if (table === null || share === undefined) return null;
  if (table.endMs !== null) return share < 1 ? 'rolled_back' : 'promoted';
  if (share === 0) return 'shadow';
  return share < 1 ? 'split' : 'watching';
}

function isOver(phase: RolloutPhase | null): boolean {
  return phase === 'promoted' || phase === 'rolled_back';
}
