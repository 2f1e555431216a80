import type { Verdict } from '../../core/events/verdict.ts';
import type { TopicPosition } from '../../pipeline/stream/messages.ts';
import { assertExact } from './exact.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import { avroType, pastAvroType } from './schema-file.ts';

/** A row of the current arm that was sampled while the profile is being learned. */
export interface EncodedRow {
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly row: Uint8Array;
}

/** A window partial as it is stored: sparse vectors of safe integers, see schemas/WindowPartial.avsc. */
export interface PartialRecord {
  readonly rolloutId: string;
  readonly partition: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly revision: number;
  readonly profileHash: string | null;
  readonly layoutHash: string;
  readonly countIndex: readonly number[];
  readonly countValue: readonly number[];
  readonly sumIndex: readonly number[];
  readonly sumHigh: readonly number[];
  readonly sumLow: readonly number[];
  readonly sampling: readonly (number | null)[];
  readonly positions: readonly TopicPosition[];
  readonly watermarkMs: number;
  readonly sample: readonly EncodedRow[];
}

/**
 * Stored partials have no header that names their schema, so it is this one for ever: what a later
 * version has besides belongs to the way over the wire (message-codec.ts).
 */
const PARTIAL = pastAvroType('WindowPartial', 1);
const VERDICT = avroType('Verdict');

/**
 * A partial as Avro without a header. Equal partials give equal bytes.
 *
 * @throws when a number is not a whole number within 2^52, or an index does not fit 32 bits
 */
export function encodeWindowPartial(partial: PartialRecord): Uint8Array {
  for (const values of [partial.countValue, partial.sumHigh, partial.sumLow]) assertExact(values);
  return PARTIAL.toBuffer(snakeKeys({ ...partial, sample: partial.sample.map(withBuffer) }));
}

/**
 * The partial of bytes that {@link encodeWindowPartial} made.
 *
 * @throws when the bytes are cut, or longer than a partial
 */
export function decodeWindowPartial(bytes: Uint8Array): PartialRecord {
  const decoded = camelKeys(PARTIAL.fromBuffer(Buffer.from(bytes))) as PartialRecord;
  return { ...decoded, sample: decoded.sample.map(withBytes) };
}

/** A verdict as Avro without a header. Equal verdicts give equal bytes. */
export function encodeVerdict(verdict: Verdict): Uint8Array {
  return VERDICT.toBuffer(snakeKeys(verdict));
}

/**
 * The verdict of bytes that {@link encodeVerdict} made.
 *
 * @throws when the bytes are cut, or longer than a verdict
 */
export function decodeVerdict(bytes: Uint8Array): Verdict {
  return camelKeys(VERDICT.fromBuffer(Buffer.from(bytes))) as Verdict;
}

/** avsc takes bytes as a Buffer only; this one shares the memory. */
function withBuffer(sampled: EncodedRow): EncodedRow {
  const { buffer, byteOffset, byteLength } = sampled.row;
  return { ...sampled, row: Buffer.from(buffer, byteOffset, byteLength) };
}

function withBytes(sampled: EncodedRow): EncodedRow {
  return { ...sampled, row: new Uint8Array(sampled.row) };
}
