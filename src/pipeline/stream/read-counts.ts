import type { JoinCounters } from '../../core/join/sink.ts';
import { noCounters } from '../../core/join/sink.ts';
import type { MergedSide, PassedBatch } from './arrival-merge.ts';
import type { PositionCounters } from './messages.ts';
import type { PartitionStart } from './partition-start.ts';

/**
 * Counts each record of a partition once, however many owners read it: what an earlier one counted
 * comes with its record, and what is read again does not count again.
 */
export class ReadCounts {
  /** By side: offsets up to which skipped records are counted. */
  readonly countedOffsets: Record<string, number>;
  private readonly before: PositionCounters;
  private readonly skipped = { ignored: 0, deadLettered: 0 };
  private readonly newlySkipped = { ignored: 0, deadLettered: 0 };
  /** What the joiner had counted when this owner's own records began; null: they have not. */
  private joinedBefore: JoinCounters | null;

  constructor({ done }: Pick<PartitionStart, 'done'>, sides: readonly MergedSide[]) {
    this.before = done?.counters ?? { read: 0, late: 0, deadLettered: 0, ignored: 0 };
    this.countedOffsets =
      done === null
        ? Object.fromEntries(sides.map(({ side, offset }) => [side, offset]))
        : { ...done.countedOffsets };
    this.joinedBefore = done === null ? noCounters() : null;
  }

  /** From here on the joiner's records count. */
  begin(joined: JoinCounters): void {
    this.joinedBefore = { ...joined };
  }

  /** Records of a batch that were no rows. Predictions only: outcomes have an account of their own. */
  skip({ side, nextOffset, ignoredCount, deadCount }: PassedBatch): void {
    const isPrediction = side !== 'outcomes';
    if (isPrediction) add(this.skipped, ignoredCount, deadCount);
    if (nextOffset <= (this.countedOffsets[side] ?? 0)) return;
    this.countedOffsets[side] = nextOffset;
    if (isPrediction) add(this.newlySkipped, ignoredCount, deadCount);
  }

  /** All owners' counts up to now. */
  total(joined: JoinCounters): PositionCounters {
    const { before, newlySkipped } = this;
    const { ignored, deadLettered } = newlySkipped;
    const from = this.joinedBefore ?? joined;
    return {
      read: before.read + ignored + deadLettered + joined.read - from.read,
      late: before.late + joined.late - from.late,
      ignored: before.ignored + ignored + joined.ignored - from.ignored,
      deadLettered: before.deadLettered + deadLettered + joined.deadLettered - from.deadLettered,
    };
  }

  /** What this owner did with the records that it read, those that it read again included. */
  processed(joined: JoinCounters): JoinCounters {
    const { ignored, deadLettered } = this.skipped;
    return {
      ...joined,
      read: joined.read + ignored + deadLettered,
      ignored: joined.ignored + ignored,
      deadLettered: joined.deadLettered + deadLettered,
    };
  }
}

function add(
  to: { ignored: number; deadLettered: number },
  ignored: number,
  deadLettered: number,
): void {
  to.ignored += ignored;
  to.deadLettered += deadLettered;
}
