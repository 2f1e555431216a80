import type { PartitionJoiner } from '../../core/join/partition-joiner.ts';
import type { JoinTarget, Side } from './ports.ts';

/** From this share of the open keys on the side that leads waits. */
const HELD_SHARE = 0.9;

/** The limit of request ids that are open in one partition, and who waits because of it. */
export class OpenLimit {
  private readonly joiner: PartitionJoiner;
  private readonly target: JoinTarget;
  private readonly keyCountMax: number;
  private stuckSinceMs: number | null = null;

  constructor(joiner: PartitionJoiner, target: JoinTarget, openKeyCountMax: number) {
    this.joiner = joiner;
    this.target = target;
    this.keyCountMax = Math.min(target.plan.limits.openKeyCountMax, openKeyCountMax);
  }

  /** Keys that may still be opened. */
  get room(): number {
    return this.keyCountMax - this.joiner.openKeyCount;
  }

  private get isNear(): boolean {
    return this.joiner.openKeyCount >= HELD_SHARE * this.keyCountMax;
  }

  /** The arm that runs ahead in event time: with little room left it is the one to wait. */
  heldSide(): Side | null {
    const { current, canary } = this.target.topics;
    // One topic is read in its own order.
    if (!this.isNear || current === canary) return null;
    const { highestCurrentMs, highestCanaryMs } = this.joiner.facts;
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
    if (!this.isNear || !hasRecords) {
      this.stuckSinceMs = null;
      return false;
    }
    this.stuckSinceMs ??= nowMs;
    if (nowMs - this.stuckSinceMs < this.target.plan.window.idleTimeoutMs) return false;
    this.stuckSinceMs = null;
    return true;
  }
}
