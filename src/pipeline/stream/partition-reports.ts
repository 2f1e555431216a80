import type { ScalarCount } from '../../core/windows/layout.ts';
import { countOffset } from '../../core/windows/layout.ts';
import type { HeartbeatMessage, PartialMessage, PositionCounters } from './messages.ts';

/** What became of one partition's predictions, as its accepted partials tell (join contract 6). Plain JSON. */
export interface PartitionTally {
  /** The last window reported while cells were learned, and in the profile's cells; null: none. */
  readonly learningThrough: number | null;
  readonly profileThrough: number | null;
  readonly matched: number;
  /** Unmatched or not asked. */
  readonly alone: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly position: PositionCounters;
  readonly watermarkMs: number;
}

/** The profile in force: partitions that still count without it have reported nothing from its first window on. */
export interface Cells {
  readonly hash: string | null;
  readonly firstWindow: number;
}

const NONE: PartitionTally = {
  learningThrough: null,
  profileThrough: null,
  matched: 0,
  alone: 0,
  duplicate: 0,
  conflict: 0,
  position: { read: 0, late: 0, deadLettered: 0, ignored: 0 },
  watermarkMs: -Infinity,
};

const ALONE = [
  'unmatchedCurrent',
  'unmatchedCanary',
  'notAskedCurrent',
  'notAskedCanary',
  'dueInShadowCurrent',
  'dueInShadowCanary',
] as const satisfies readonly ScalarCount[];

/** How far each partition of a rollout has reported, and what became of its records. */
export class PartitionReports {
  private readonly tally: PartitionTally[];

  constructor(partitionCount: number) {
    this.tally = Array.from({ length: partitionCount }, () => NONE);
  }

  /** Takes note of how far a partition is. */
  hear(message: PartialMessage | HeartbeatMessage, window: number): void {
    const before = this.tally[message.partition];
    if (before === undefined) return;
    const isLearning = message.profileHash === null;
    const { counters, watermarkMs } = message;
    this.tally[message.partition] = {
      ...before,
      learningThrough: isLearning ? later(before.learningThrough, window) : before.learningThrough,
      profileThrough: isLearning ? before.profileThrough : later(before.profileThrough, window),
      position: counters.read >= before.position.read ? counters : before.position,
      watermarkMs: Math.max(before.watermarkMs, watermarkMs),
    };
  }

  /** Counts the records of an accepted partial; of a later revision only what it adds. */
  count(message: PartialMessage, before: PartialMessage | null = null): void {
    const tally = this.tally[message.partition];
    if (tally === undefined) return;
    const added = (...names: readonly ScalarCount[]): number =>
      sumOf(message, names) - (before === null ? 0 : sumOf(before, names));
    this.tally[message.partition] = {
      ...tally,
      matched: tally.matched + added('matched'),
      alone: tally.alone + added(...ALONE),
      duplicate: tally.duplicate + added('duplicate'),
      conflict: tally.conflict + added('conflict'),
    };
  }

  /** The last window that every partition has reported; -Infinity when one has reported none. */
  through(cells: Cells): number {
    return this.tally.reduce((least, one) => Math.min(least, throughOf(one, cells)), Infinity);
  }

  /** Partition numbers that have not reported a window. */
  missing(window: number, cells: Cells): readonly number[] {
    const missing: number[] = [];
    this.tally.forEach((one, partition) => {
      if (throughOf(one, cells) < window) missing.push(partition);
    });
    return missing;
  }

  /** Whether a partition has reported a window: what it says of it again is a repeat. */
  hasReported(partition: number, window: number, cells: Cells): boolean {
    const tally = this.tally[partition];
    return tally !== undefined && throughOf(tally, cells) >= window;
  }

  tallies(): readonly PartitionTally[] {
    return this.tally.map((one) => ({ ...one }));
  }

  restore(tallies: readonly PartitionTally[]): void {
    tallies.forEach((one, partition) => {
      if (partition < this.tally.length)
        this.tally[partition] = { ...one, watermarkMs: one.watermarkMs ?? -Infinity };
    });
  }
}

/**
 * Records of a partition that are neither decided nor waiting: 0 (join contract 6).
 *
 * @param open predictions that still wait in its open windows
 */
export function unaccountedIn(tally: PartitionTally, open: number): number {
  const { read, late, deadLettered, ignored } = tally.position;
  const decided = 2 * tally.matched + tally.alone + tally.duplicate + tally.conflict;
  return read - decided - late - deadLettered - ignored - open;
}

function later(a: number | null, b: number): number {
  return a === null || b > a ? b : a;
}

function throughOf(tally: PartitionTally, cells: Cells): number {
  const learning = tally.learningThrough ?? -Infinity;
  if (cells.hash === null) return learning;
  return Math.max(tally.profileThrough ?? -Infinity, Math.min(learning, cells.firstWindow - 1));
}

function sumOf(message: PartialMessage, names: readonly ScalarCount[]): number {
  return names.reduce((sum, name) => {
    const at = message.countIndex.indexOf(countOffset(name));
    return sum + (at < 0 ? 0 : (message.countValue[at] ?? 0));
  }, 0);
}
