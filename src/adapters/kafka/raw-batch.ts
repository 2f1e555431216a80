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
    records: rawRecords(batch.messages),
    nextOffset: Number(batch.lastOffset()) + 1,
    endOffset: Number(batch.highWatermark),
    askedAtMs: times.askedAtMs,
    receivedAtMs: times.receivedAtMs,
  };
}

function rawRecords(messages: readonly KafkaMessage[]): readonly RawRecord[] {
  let timeText = '';
  let timestampMs = 0;
  return messages.map((message) => {
    const { offset, key, value, headers } = message;
    // Neighbours often share their time, and thirteen digits are slow to read.
    if (message['timestamp'] !== timeText) {
      timeText = message['timestamp'];
      timestampMs = Number(timeText);
    }
    const texts = headers === undefined ? NO_HEADERS : textHeaders(headers);
    return { offset: Number(offset), timestampMs, key, value, headers: texts };
  });
}

/** Of a name that comes twice the last value counts. */
function textHeaders(headers: IHeaders): Readonly<Record<string, string>> {
  let texts: Record<string, string> | null = null;
  for (const name in headers) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    texts ??= {};
    if (last !== undefined) texts[name] = last.toString();
  }
  return texts ?? NO_HEADERS;
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
