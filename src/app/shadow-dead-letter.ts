import type { DeadRecord, OutgoingRecord } from '../pipeline/stream/ports.ts';

/** A record of the topic of dead letters: where it lay, why, and its bytes where they may be kept. */
export function deadLetterRecord(dead: DeadRecord): Promise<OutgoingRecord> {
  const { topic, partition, offset, reason, field, detail, key, value } = dead;
  const letter = {
    topic,
    partition,
    offset,
    reason,
    field,
    detail,
    key: base64(key),
    value: base64(value),
  };
  return Promise.resolve({
    key: `${topic}/${partition}/${offset}`,
    value: Buffer.from(JSON.stringify(letter)),
  });
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}
