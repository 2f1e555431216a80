import type { RawBatch, RawRecord } from '../../../pipeline/stream/ports.ts';

/** A batch as few large pieces, which cross to another thread without being copied again. */
export interface PackedBatch extends Omit<RawBatch, 'records'> {
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly timestampsMs: Float64Array<ArrayBuffer>;
  /** Lengths of key and value in turn; -1 stands for null. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** Keys and values in turn, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By record; null when none has any. */
  readonly headers: readonly RawRecord['headers'][] | null;
}

const NO_HEADERS = {};

/** @example a batch of one record with key 'k' and value 'vv' has lengths [1, 2] and three bytes */
export function packBatch(batch: RawBatch): PackedBatch {
  const { records, ...rest } = batch;
  const offsets = new Float64Array(records.length);
  const timestampsMs = new Float64Array(records.length);
  const lengths = new Int32Array(2 * records.length);
  let size = 0;
  let hasHeaders = false;
  for (const [i, { key, value, offset, timestampMs, headers }] of records.entries()) {
    offsets[i] = offset;
    timestampsMs[i] = timestampMs;
    lengths[2 * i] = key?.length ?? -1;
    lengths[2 * i + 1] = value?.length ?? -1;
    size += (key?.length ?? 0) + (value?.length ?? 0);
    hasHeaders ||= Object.keys(headers).length > 0;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { key, value } of records) {
    if (key !== null) {
      bytes.set(key, at);
      at += key.length;
    }
    if (value !== null) {
      bytes.set(value, at);
      at += value.length;
    }
  }
  const headers = hasHeaders ? records.map((record) => record.headers) : null;
  return { ...rest, offsets, timestampsMs, lengths, bytes, headers };
}

/** The batch back; its keys and values share the packed bytes. */
export function unpackBatch(packed: PackedBatch): RawBatch {
  const { offsets, timestampsMs, lengths, bytes, headers, ...rest } = packed;
  const records: RawRecord[] = [];
  let at = 0;
  const next = (length: number): Uint8Array | null => {
    if (length < 0) return null;
    const from = at;
    at += length;
    return bytes.subarray(from, at);
  };
  for (let i = 0; i < offsets.length; i++) {
    const key = next(lengths[2 * i] ?? -1);
    const value = next(lengths[2 * i + 1] ?? -1);
    records.push({
      offset: offsets[i] ?? 0,
      timestampMs: timestampsMs[i] ?? 0,
      key,
      value,
      headers: headers?.[i] ?? NO_HEADERS,
    });
  }
  return { ...rest, records };
}

/** Buffers that are handed over with a packed batch. */
export function buffersOf(packed: PackedBatch): readonly ArrayBuffer[] {
  return [
    packed.offsets.buffer,
    packed.timestampsMs.buffer,
    packed.lengths.buffer,
    packed.bytes.buffer,
  ];
}
