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

export interface DeadLetterTopic {
  readonly topic: string;
  /** The largest message that the topic takes: what does not fit is left out of a dead letter. */
  readonly messageBytesMax: number;
}

/** Room for all that a dead letter holds besides payload and key. */
const REST_BYTES = 8_192;

/** The schema is registered under `<topic>-value` when the first dead letter is written. */
export function deadLetterCodec(
  registry: SchemaRegistrar,
  { topic, messageBytesMax }: DeadLetterTopic,
): DeadLetterCodec {
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
    async encode(dead, timeMs) {
      const value = await codec.encode(fitted(dead, timeMs, messageBytesMax - REST_BYTES));
      return { key: deadLetterId(dead), value };
    },
    decode: async (bytes) => await codec.decode(bytes),
  };
}

/** A letter that the broker refused would stop the line at a record that is already known to be bad. */
function fitted(dead: DeadRecord, timeMs: number, bytesMax: number): StoredDeadLetter {
  const { value, key, ...rest } = dead;
  const bytes = (value?.length ?? 0) + (key?.length ?? 0);
  if (bytes <= bytesMax) return { ...rest, timeMs, payload: value, key };
  const detail = `${dead.detail}; its ${bytes} bytes are too many to be kept`;
  return { ...rest, detail, timeMs, payload: null, key: null };
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
