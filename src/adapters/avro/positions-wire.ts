import type { PositionsRecord, StreamMark } from '../../pipeline/stream/messages.ts';
import { assertExact } from './exact.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import { timeFromWire, timeToWire } from './partial-wire.ts';

/** A list, not a map: avsc loses the names that a plain object has of itself. */
type WireOffsets = readonly { readonly topic: string; readonly offset: number }[];

interface WireMark extends Omit<StreamMark, 'offsets'> {
  readonly offsets: WireOffsets;
}

interface WirePositions
  extends Omit<
    PositionsRecord,
    'watermarkMs' | 'reportedThroughMs' | 'mark' | 'originMark' | 'countedOffsets' | 'silentMoves'
  > {
  readonly watermarkMs: number | null;
  readonly reportedUntilMs: number | null;
  readonly mark: WireMark;
  readonly originMark: WireMark;
  readonly countedOffsets: WireOffsets;
  readonly silentMoves: readonly { readonly offsets: WireOffsets; readonly watermarkMs: number }[];
}

/** A record as `schemas/Positions.avsc` has it. */
export function positionsToWire(record: PositionsRecord): unknown {
  const { reportedThroughMs, ...rest } = record;
  assertExact(Object.values(record.counters));
  return snakeKeys({
    ...rest,
    watermarkMs: timeToWire(record.watermarkMs),
    reportedUntilMs: timeToWire(reportedThroughMs),
    mark: markToWire(record.mark),
    originMark: markToWire(record.originMark),
    countedOffsets: offsetsToWire(record.countedOffsets),
    silentMoves: record.silentMoves.map(({ offsets, watermarkMs }) => ({
      offsets: offsetsToWire(offsets),
      watermarkMs,
    })),
  } satisfies WirePositions);
}

/** The record back. */
export function positionsFromWire(wire: unknown): PositionsRecord {
  // Decoder edge: the value was read with our schema.
  const { reportedUntilMs, ...record } = camelKeys(wire) as WirePositions;
  return {
    ...record,
    watermarkMs: timeFromWire(record.watermarkMs),
    reportedThroughMs: timeFromWire(reportedUntilMs),
    mark: markFromWire(record.mark),
    originMark: markFromWire(record.originMark),
    countedOffsets: offsetsFromWire(record.countedOffsets),
    silentMoves: record.silentMoves.map(({ offsets, watermarkMs }) => ({
      offsets: offsetsFromWire(offsets),
      watermarkMs,
    })),
  };
}

function markToWire(mark: StreamMark): WireMark {
  assertExact([mark.sequence]);
  return { ...mark, offsets: offsetsToWire(mark.offsets) };
}

function markFromWire(mark: WireMark): StreamMark {
  return { ...mark, offsets: offsetsFromWire(mark.offsets) };
}

function offsetsToWire(offsets: Readonly<Record<string, number>>): WireOffsets {
  assertExact(Object.values(offsets));
  return Object.entries(offsets).map(([topic, offset]) => ({ topic, offset }));
}

function offsetsFromWire(offsets: WireOffsets): Readonly<Record<string, number>> {
  return Object.fromEntries(offsets.map(({ topic, offset }) => [topic, offset]));
}
