import type { PartitionJoiner } from '../../core/join/partition-joiner.ts';
import type { OpenBudget } from './open-budget.ts';
import type { JoinTarget, Side } from './ports.ts';
import type { Rebuild } from './rebuild.ts';

/** From this share of the open keys on the side that leads waits. */
const HELD_SHARE = 0.9;

export interface OpenLimits {
  readonly openKeyCountMax: number;
  readonly openBudget: OpenBudget;
}

interface OpenLimitParts {
  readonly joiner: PartitionJoiner;
  readonly target: JoinTarget;
  readonly rebuild: Rebuild;
}

/** The limit of request ids that are open in one partition, and who waits because of it. */
export class OpenLimit {
  private readonly parts: OpenLimitParts;
  private readonly keyCountMax: number;
  private readonly budget: OpenBudget;
  private stuckSinceMs: number | null = null;

  constructor(parts: OpenLimitParts, { openKeyCountMax, openBudget }: OpenLimits) {
    this.parts = parts;
    this.keyCountMax = Math.min(parts.target.plan.limits.openKeyCountMax, openKeyCountMax);
    this.budget = openBudget;
  }

  /** Keys that may still be opened. */
  get room(): number {
    const { joiner, rebuild } = this.parts;
    const room = this.keyCountMax - joiner.openKeyCount;
    // What an earlier owner had open must be open here too: the same windows come of it.
    if (!rebuild.isOver) return room;
    const { spareKeyCount, openKeyCount, openBytes } = joiner;
    const mayGrow = this.budget.mayTake(joiner, openBytes);
    return Math.min(room, mayGrow ? 2 * spareKeyCount + openKeyCount : spareKeyCount);
  }

  private get isNear(): boolean {
    const { openKeyCount } = this.parts.joiner;
    return openKeyCount >= HELD_SHARE * (openKeyCount + this.room);
  }

  /** The arm that runs ahead in event time: with little room left it is the one to wait. */
  heldSide(): Side | null {
    const { joiner, target, rebuild } = this.parts;
    const { current, canary } = target.topics;
    // One topic is read in its own order, and what was read once has room, in whatever order.
    if (current === canary || !rebuild.isOver || !this.isNear) return null;
    const { highestCurrentMs, highestCanaryMs } = joiner.facts;
    return highestCanaryMs > highestCurrentMs ? 'canary' : 'current';
  }

  /** Something was joined. */
  move(): void {
    this.stuckSinceMs = null;
  }

  /**
   * Whether the partition has stood at the limit with records left for the idle timeout: then its
   * oldest window closes early, and what comes later for it is late, and counted.
   */
  isStuck(nowMs: number, hasRecords: boolean): boolean {
    if (!hasRecords || !this.isNear) {
      this.stuckSinceMs = null;
      return false;
    }
    this.stuckSinceMs ??= nowMs;
    if (nowMs - this.stuckSinceMs < this.parts.target.plan.window.idleTimeoutMs) return false;
    this.stuckSinceMs = null;
    return true;
  }
}
