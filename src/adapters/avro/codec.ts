import type { Verdict } from '../../core/events/verdict.ts';
import { assert } from '../../core/foundation/assert.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import { avroType } from './schema-file.ts';

/** Where reading one topic of a partition begins again. */
export interface TopicPosition {
  readonly topic: string;
  readonly nextOffset: number;
  /** The lowest offset that an open window still needs. */
  readonly replayOffset: number;
}

/** A row of the current arm that was sampled while the profile is being learned. */
export interface EncodedRow {
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly row: Uint8Array;
}

/** A window partial as it travels: sparse vectors of safe integers, see schemas/WindowPartial.avsc. */
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

/** Beyond this avsc writes another number than it was given, in silence (zigzag in a double). */
const LONG_MAX = 2 ** 52;

const PARTIAL = avroType('WindowPartial');
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

function assertExact(values: readonly number[]): void {
  const wrong = values.find((value) => !Number.isInteger(value) || Math.abs(value) > LONG_MAX);
  assert(wrong === undefined, `${wrong} is exact in Avro`);
}

/** avsc takes bytes as a Buffer only; this one shares the memory. */
function withBuffer(sampled: EncodedRow): EncodedRow {
  const { buffer, byteOffset, byteLength } = sampled.row;
  return { ...sampled, row: Buffer.from(buffer, byteOffset, byteLength) };
}

function withBytes(sampled: EncodedRow): EncodedRow {
  return { ...sampled, row: new Uint8Array(sampled.row) };
}
