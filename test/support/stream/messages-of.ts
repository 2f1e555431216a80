import type { PredictionColumns } from '../../../src/core/events/batch.ts';
import { countOffset } from '../../../src/core/windows/layout.ts';
import type {
  HeartbeatMessage,
  PartialMessage,
  PositionsRecord,
  SampleMessage,
  StreamMark,
} from '../../../src/pipeline/stream/messages.ts';
import type { RawBatch, Side, SideBatch } from '../../../src/pipeline/stream/ports.ts';

const LENGTH_MS = 60_000;

/** Cells that nothing was ever counted in: a mark before the first record. */
export function markAt(offsets: Readonly<Record<string, number>>): StreamMark {
  const facts = {
    highestCurrentMs: null,
    highestCanaryMs: null,
    heardCurrentMs: null,
    heardCanaryMs: null,
    watermarkMs: null,
  };
  return { sequence: 0, offsets, clockMs: null, facts };
}

export function positionsOf(given: Partial<PositionsRecord> = {}): PositionsRecord {
  return {
    rolloutId: 'fraud-v7.1',
    partition: 0,
    positions: [{ topic: 'a', nextOffset: 90, replayOffset: 50 }],
    watermarkMs: 500_000,
    reportedThroughMs: 480_000,
    profileHash: null,
    folderId: 'mine',
    mark: markAt({ a: 50 }),
    originMark: markAt({ a: 10 }),
    counters: { read: 90, late: 1, deadLettered: 2, ignored: 3 },
    countedOffsets: { current: 88 },
    silentMoves: [],
    ...given,
  };
}

const HEAD = {
  rolloutId: 'fraud-v7.1',
  profileHash: null,
  watermarkMs: 0,
  positions: [],
  counters: { read: 0, late: 0, deadLettered: 0, ignored: 0 },
} as const;

export function heartbeatOf(
  partition: number,
  throughWindow: number,
  given: Partial<HeartbeatMessage> = {},
): HeartbeatMessage {
  const reportedThroughMs = (throughWindow + 1) * LENGTH_MS;
  return { kind: 'heartbeat', ...HEAD, partition, reportedThroughMs, ...given };
}

/** A partial of a window of one minute in which so many pairs were matched. */
export function partialOf(
  partition: number,
  window: number,
  given: Partial<PartialMessage> & { readonly matched?: number } = {},
): PartialMessage {
  const { matched = 1, ...rest } = given;
  return {
    kind: 'partial',
    ...HEAD,
    partition,
    windowStartMs: window * LENGTH_MS,
    windowEndMs: (window + 1) * LENGTH_MS,
    reportedThroughMs: (window + 1) * LENGTH_MS,
    revision: 0,
    windowProfileHash: null,
    countIndex: [countOffset('matched')],
    countValue: [matched],
    sumIndex: [],
    sumHigh: [],
    sumLow: [],
    sampling: [null, null, null, null],
    outcomes: { strata: [], increments: [], letGoThrough: null },
    sampleSeen: 0,
    sampleChunkCount: 0,
    ...rest,
  };
}

export function sampleOf(
  partition: number,
  window: number,
  rows: SampleMessage['rows'],
  chunk = 0,
): SampleMessage {
  const { rolloutId } = HEAD;
  const windowStartMs = window * LENGTH_MS;
  return { kind: 'sample', rolloutId, partition, windowStartMs, chunk, rows };
}

/** Records at these offsets, and where reading goes on. */
export function rawBatchOf(offsets: readonly number[], nextOffset: number): RawBatch {
  const records = offsets.map((offset) => ({
    offset,
    timestampMs: 0,
    key: null,
    value: null,
    headers: {},
  }));
  const times = { endOffset: nextOffset, askedAtMs: 0, receivedAtMs: 0 };
  return { topic: 'a', partition: 0, records, nextOffset, ...times };
}

/** A side's rows: offset, arrival and event time of each; its event time is its arrival by default. */
export function sideBatchOf(
  side: Side,
  rows: readonly (readonly [offset: number, arrivalMs: number, eventTimeMs?: number])[],
  given: Partial<SideBatch> = {},
): SideBatch {
  // Only what a merge looks at.
  const columns = {
    length: rows.length,
    arrivalTimeMs: Float64Array.from(rows, ([, arrivalMs]) => arrivalMs),
    eventTimeMs: Float64Array.from(rows, ([, arrivalMs, eventTimeMs]) => eventTimeMs ?? arrivalMs),
  } as Partial<PredictionColumns> as PredictionColumns;
  return {
    rolloutId: 'fraud-v7.1',
    side,
    partition: 0,
    columns: rows.length === 0 ? null : columns,
    offsets: Float64Array.from(rows, ([offset]) => offset),
    nextOffset: (rows.at(-1)?.[0] ?? -1) + 1,
    ignoredCount: 0,
    deadCount: 0,
    ...given,
  };
}
