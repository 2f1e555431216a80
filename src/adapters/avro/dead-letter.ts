import type { DeadRecord, OutgoingRecord, SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import { wireCodec } from './wire-codec.ts';

/** A dead letter as its topic holds it. */
export interface StoredDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of a later version there may be others than ours. */
  readonly reason: string;
  readonly field: string | null;
  readonly detail: string;
  /** When it was set aside. */
  readonly timeMs: number;
  readonly payload: Uint8Array | null;
  readonly key: Uint8Array | null;
}

export interface DeadLetterCodec {
  /** The record for the topic of dead letters, keyed by the place of the original. */
  encode(dead: DeadRecord, timeMs: number): Promise<OutgoingRecord>;
  /** Rejects with `undecodable`, or `registry_unavailable`. */
  decode(bytes: Uint8Array): Promise<StoredDeadLetter>;
}

/** The schema is registered under `<topic>-value` when the first dead letter is written. */
export function deadLetterCodec(registry: SchemaRegistrar, topic: string): DeadLetterCodec {
  const codec = wireCodec<StoredDeadLetter>({
    registry,
    subject: `${topic}-value`,
    schema: 'DeadLetter',
    toWire: ({ payload, key, ...rest }) =>
      snakeKeys({ ...rest, payload: bufferOf(payload), key: bufferOf(key) }),
    // Decoder edge: the value was read with our schema, which is the type's twin.
    fromWire: (wire) => camelKeys(wire) as StoredDeadLetter,
  });
  return {
    async encode({ value: payload, ...dead }, timeMs) {
      const value = await codec.encode({ ...dead, payload, timeMs });
      return { key: deadLetterId(dead), value };
    },
    decode: async (bytes) => await codec.decode(bytes),
  };
}

/**
 * What tells dead letters apart: the place of the original.
 *
 * @example deadLetterId({ topic: 'outcomes', partition: 3, offset: 17 }) // 'outcomes/3/17'
 */
export function deadLetterId({
  topic,
  partition,
  offset,
}: Pick<StoredDeadLetter, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`;
}

/** avsc takes bytes as a Buffer only; this one shares the memory. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
