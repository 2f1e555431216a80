import type {
  HeartbeatMessage,
  JoinerMessage,
  PartialMessage,
  SampledRecord,
  SampleMessage,
} from '../../pipeline/stream/messages.ts';
import { assertExact } from './exact.ts';
import { camelKeys, snakeKeys } from './key-case.ts';

/** What partials and heartbeats have in common. */
type FromPartition = Omit<HeartbeatMessage, 'kind'>;

/** Vectors of a message that has none: the schema knows one record for all kinds. */
const NO_WINDOW = {
  windowStartMs: 0,
  windowEndMs: 0,
  revision: 0,
  countIndex: [],
  countValue: [],
  sumIndex: [],
  sumHigh: [],
  sumLow: [],
  sampling: [],
};

const NOTHING_HEARD = { watermarkMs: -Infinity, reportedThroughMs: -Infinity, positions: [] };

/** A message as `schemas/WindowPartial.avsc` has it. */
export function joinerMessageToWire(message: JoinerMessage): unknown {
  switch (message.kind) {
    case 'partial':
      return partialToWire(message);
    case 'sample':
      return sampleToWire(message);
    case 'heartbeat':
      return snakeKeys({
        ...NO_WINDOW,
        ...message,
        ...headToWire(message),
        profileHash: null,
        layoutHash: '',
      });
  }
}

/** The message back. */
export function joinerMessageFromWire(wire: unknown): JoinerMessage {
  // Decoder edge: the value was read with our schema.
  const record = camelKeys(wire) as WireRecord;
  switch (record.kind) {
    case 'partial':
      return partialFromWire(record);
    case 'sample':
      return sampleFromWire(record);
    case 'heartbeat':
      return { kind: 'heartbeat', ...headFromWire(record) };
  }
}

/** A time is null on the wire before the first record. */
interface WireHead extends Omit<FromPartition, 'watermarkMs' | 'reportedThroughMs'> {
  readonly watermarkMs: number | null;
  readonly reportedThroughMs: number | null;
  /** `profileHash` is that of the window. */
  readonly presentProfileHash: string | null;
}

interface WireRecord
  extends WireHead,
    Omit<PartialMessage, keyof FromPartition | 'kind' | 'windowProfileHash'> {
  readonly kind: JoinerMessage['kind'];
  readonly layoutHash: string;
  readonly sampleChunk: number;
  readonly sampleFields: readonly string[];
  readonly sample: readonly WireRow[];
}

interface WireRow extends Omit<SampledRecord, 'values'> {
  readonly fieldIndex: readonly number[];
  readonly fieldValue: readonly (number | string | null)[];
}

function partialToWire(message: PartialMessage): unknown {
  for (const values of [message.countValue, message.sumHigh, message.sumLow]) assertExact(values);
  const { windowProfileHash, ...rest } = message;
  return snakeKeys({
    ...rest,
    ...headToWire(message),
    profileHash: windowProfileHash,
    // What stands where follows from the profile; without one from the plan alone.
    layoutHash: windowProfileHash ?? 'learning',
  });
}

function partialFromWire(record: WireRecord): PartialMessage {
  return {
    kind: 'partial',
    ...headFromWire(record),
    windowStartMs: record.windowStartMs,
    windowEndMs: record.windowEndMs,
    revision: record.revision,
    windowProfileHash: record.profileHash,
    countIndex: record.countIndex,
    countValue: record.countValue,
    sumIndex: record.sumIndex,
    sumHigh: record.sumHigh,
    sumLow: record.sumLow,
    sampling: record.sampling,
    outcomes: record.outcomes,
    sampleSeen: record.sampleSeen,
    sampleChunkCount: record.sampleChunkCount,
  };
}

function headToWire(head: FromPartition): Partial<WireHead> {
  assertExact(Object.values(head.counters));
  return {
    watermarkMs: timeToWire(head.watermarkMs),
    reportedThroughMs: timeToWire(head.reportedThroughMs),
    presentProfileHash: head.profileHash,
  };
}

function headFromWire(record: WireHead): FromPartition {
  const { rolloutId, partition, positions, counters } = record;
  return {
    rolloutId,
    partition,
    positions,
    counters,
    watermarkMs: timeFromWire(record.watermarkMs),
    reportedThroughMs: timeFromWire(record.reportedThroughMs),
    profileHash: record.presentProfileHash,
  };
}

/** Names stand once in a message: rows of one model have the same fields. */
function sampleToWire(message: SampleMessage): unknown {
  const places = new Map<string, number>();
  const sample = message.rows.map(({ values, ...row }) => {
    const fieldIndex: number[] = [];
    for (const name of Object.keys(values)) {
      const at = places.get(name) ?? places.size;
      places.set(name, at);
      fieldIndex.push(at);
    }
    return { ...row, row: NO_BYTES, fieldIndex, fieldValue: Object.values(values) };
  });
  const { rolloutId, partition, windowStartMs, chunk } = message;
  return snakeKeys({
    ...NO_WINDOW,
    kind: 'sample',
    rolloutId,
    partition,
    windowStartMs,
    positions: NOTHING_HEARD.positions,
    watermarkMs: null,
    profileHash: null,
    layoutHash: '',
    sampleChunk: chunk,
    sampleFields: [...places.keys()],
    sample,
  });
}

const NO_BYTES = Buffer.alloc(0);

function sampleFromWire(record: WireRecord): SampleMessage {
  const { rolloutId, partition, windowStartMs, sampleFields } = record;
  const rows = record.sample.map((row) => ({
    hashHigh: row.hashHigh,
    hashLow: row.hashLow,
    eventTimeMs: row.eventTimeMs,
    values: Object.fromEntries(
      row.fieldIndex.map((field, i) => [sampleFields[field] ?? '', row.fieldValue[i] ?? null]),
    ),
  }));
  return { kind: 'sample', rolloutId, partition, windowStartMs, chunk: record.sampleChunk, rows };
}

/** Before the first record a time is -Infinity, which a long cannot be. */
export function timeToWire(timeMs: number): number | null {
  if (timeMs === -Infinity) return null;
  assertExact([timeMs]);
  return timeMs;
}

export function timeFromWire(timeMs: number | null): number {
  return timeMs ?? -Infinity;
}
