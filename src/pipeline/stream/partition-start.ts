import { noFacts } from '../../core/join/watermark.ts';
import { storeFacts } from '../marks.ts';
import type { MergedSide } from './arrival-merge.ts';
import type { PositionCounters, PositionsRecord, StreamMark } from './messages.ts';
import type { JoinTarget } from './ports.ts';
import type { SilentMove } from './silent-moves.ts';
import { movesSince } from './silent-moves.ts';

/** Where an owner of a partition begins, and what an earlier one had done already. */
export interface PartitionStart {
  readonly mark: StreamMark;
  /** As in the record: where all that may be asked for again begins. */
  readonly originMark: StreamMark;
  /** Requests that wait for outcomes lie in this process's own folder. */
  readonly hasSegments: boolean;
  readonly done: {
    readonly nextOffsets: Readonly<Record<string, number>>;
    readonly countedOffsets: Readonly<Record<string, number>>;
    readonly watermarkMs: number;
    readonly reportedThroughMs: number;
    readonly counters: PositionCounters;
    /** Those behind the mark: they are made again where they were made. */
    readonly silentMoves: readonly SilentMove[];
  } | null;
  /** All that the next owner may have to be told of. */
  readonly silentMoves: readonly SilentMove[];
}

/** A partition that nobody owned before begins at these offsets. */
export function freshStart(offsets: Readonly<Record<string, number>>): PartitionStart {
  const mark = { sequence: 0, offsets, clockMs: null, facts: storeFacts(noFacts()) };
  return { mark, originMark: mark, hasSegments: true, done: null, silentMoves: [] };
}

/** What a new owner needs to know of itself to go on from a record. */
export interface Successor {
  readonly folderId: string;
  readonly profileHash: string | null;
  /** Event time from which windows are counted in that profile; null: always, or there is none. */
  readonly profileFromMs: number | null;
  readonly keepsSegments: boolean;
}

/**
 * Where a new owner goes on. Windows that were reported before their cells were known are counted
 * again; requests that wait for outcomes are rebuilt when their files are somewhere else.
 */
export function startFrom(record: PositionsRecord, successor: Successor): PartitionStart {
  const { profileHash, profileFromMs } = successor;
  const reportedThroughMs =
    profileHash !== null && record.profileHash !== profileHash
      ? Math.min(record.reportedThroughMs, profileFromMs ?? -Infinity)
      : record.reportedThroughMs;
  const isRecounted = reportedThroughMs < record.reportedThroughMs;
  const hasSegments = !successor.keepsSegments || record.folderId === successor.folderId;
  const nextOffsets = Object.fromEntries(
    record.positions.map(({ topic, nextOffset }) => [topic, nextOffset]),
  );
  const mark = isRecounted || !hasSegments ? record.originMark : record.mark;
  return {
    mark,
    originMark: record.originMark,
    hasSegments: hasSegments && !isRecounted,
    done: {
      nextOffsets,
      countedOffsets: record.countedOffsets,
      watermarkMs: record.watermarkMs,
      reportedThroughMs,
      counters: record.counters,
      silentMoves: movesSince(record.silentMoves, mark),
    },
    silentMoves: record.silentMoves,
  };
}

/** The sides of a rollout that have a topic, and from where each is joined and read. */
export function sidesOf(target: JoinTarget, start: PartitionStart): readonly MergedSide[] {
  const counted = start.done?.countedOffsets ?? {};
  return (['current', 'canary', 'outcomes'] as const).flatMap((side) => {
    const topic = target.topics[side];
    if (topic === null) return [];
    const offset = start.mark.offsets[topic] ?? 0;
    // What lies before the mark and was no row is counted by whoever passes it.
    return [{ side, topic, offset, readFrom: counted[side] ?? offset }];
  });
}
