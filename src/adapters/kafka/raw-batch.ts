import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { RawBatch, RawRecord } from '../../pipeline/stream/ports.ts';

const NO_HEADERS = {};

/** What a record costs besides its bytes. */
const RECORD_BYTES = 100;

export function rawBatch(
  batch: Batch,
  times: { readonly askedAtMs: number; readonly receivedAtMs: number },
): RawBatch {
  return {
    topic: batch.topic,
    partition: batch.partition,
    records: batch.messages.map(rawRecord),
    nextOffset: Number(batch.lastOffset()) + 1,
    endOffset: Number(batch.highWatermark),
    askedAtMs: times.askedAtMs,
    receivedAtMs: times.receivedAtMs,
  };
}

function rawRecord({ offset, timestamp, key, value, headers }: KafkaMessage): RawRecord {
  return {
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: headers === undefined ? NO_HEADERS : textHeaders(headers),
  };
}

/** Of a name that comes twice the last value counts. */
function textHeaders(headers: IHeaders): Readonly<Record<string, string>> {
  const names = Object.keys(headers);
  if (names.length === 0) return NO_HEADERS;
  const texts: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) texts[name] = last.toString();
  }
  return texts;
}

export function bytesOf({ records }: RawBatch): number {
  let bytes = 0;
  for (const { key, value } of records) {
    bytes += RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  }
  return bytes;
}

/** The offset that the batch was asked for; kafkajs has it, its types do not. */
export function fetchedOffsetOf(batch: Batch): number {
  return 'fetchedOffset' in batch ? Number(batch.fetchedOffset) : Number.NaN;
}
