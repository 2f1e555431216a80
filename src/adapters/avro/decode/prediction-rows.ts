import { FLAG } from '../../../core/events/batch.ts';
import type { Field } from '../../../core/events/field.ts';
import { type ByteRange, hash128 } from '../../../core/foundation/hash128.ts';
import { ByteTexts } from './byte-texts.ts';
import { ContentDigest, type NameHash } from './digest.ts';
import type { Interner } from './interner.ts';
import { nameHashOf, type ValueColumn, ValueColumns } from './value-columns.ts';

/** Hashes of the names of what every prediction has. */
export const NAMES = {
  eventTime: nameHashOf('event_time'),
  unitId: nameHashOf('unit_id'),
  sessionStart: nameHashOf('session_start'),
  served: nameHashOf('served'),
  items: nameHashOf('items'),
  latency: nameHashOf('latency_ms'),
  error: nameHashOf('error'),
  sampling: nameHashOf('sampling_fraction'),
} as const;

/** What a prediction says besides its id, its texts and its fields. */
export interface RowScalars {
  /** Interned. */
  modelId: number;
  versionId: number;
  eventTimeMs: number;
  rowIndex: number;
  /** NaN: not said. */
  sessionStartMs: number;
  latencyMs: number;
  samplingFraction: number;
  /** 1, 0, or -1: not said. */
  served: number;
  hasError: boolean;
  /** Whether there are probabilities or items. */
  hasOther: boolean;
}

const START_CAPACITY = 1024;
const NO_BYTES: ByteRange = { bytes: new Uint8Array(0), from: 0, to: 0 };

/** Predictions of one batch of the log, by column, before they are dealt to rollouts. Used again for every batch. */
export class PredictionRows {
  length = 0;
  capacity = START_CAPACITY;
  readonly requestIds = new ByteTexts();
  /** Nothing where `hasUnit` is 0: the unit is the request. */
  readonly unitIds = new ByteTexts();
  hasUnit = new Uint8Array(START_CAPACITY);
  readonly values = new ValueColumns();
  readonly interner: Interner;
  readonly digest = new ContentDigest();
  /** Position of the record in the batch. */
  record = new Int32Array(START_CAPACITY);
  keys = new Uint32Array(4 * START_CAPACITY);
  digests = new Int32Array(2 * START_CAPACITY);
  modelIds = new Int32Array(START_CAPACITY);
  versionIds = new Int32Array(START_CAPACITY);
  eventTimeMs = new Float64Array(START_CAPACITY);
  rowIndex = new Int32Array(START_CAPACITY);
  sessionStartMs = new Float64Array(START_CAPACITY);
  latencyMs = new Float64Array(START_CAPACITY);
  samplingFraction = new Float64Array(START_CAPACITY);
  flags = new Uint8Array(START_CAPACITY);
  /** So many items of a ranking are kept, as many as any rollout compares; 0: none. */
  rankedItemCount = 0;
  rankedItems = new Uint32Array(0);
  score: ValueColumn;
  confidence: ValueColumn;
  label: ValueColumn;
  private readonly key = new Uint32Array(4);

  constructor(interner: Interner) {
    this.interner = interner;
    this.score = this.values.always('score');
    this.confidence = this.values.always('confidence');
    this.label = this.values.always('label');
  }

  begin(watched: Iterable<Field>, rankedItemCount: number): void {
    this.length = 0;
    if (rankedItemCount !== this.rankedItemCount) {
      this.rankedItemCount = rankedItemCount;
      this.rankedItems = new Uint32Array(rankedItemCount * this.capacity);
    }
    this.requestIds.reset();
    this.unitIds.reset();
    this.values.begin(this.capacity, watched);
    this.score = this.values.always('score');
    this.confidence = this.values.always('confidence');
    this.label = this.values.always('label');
  }

  /** Room for the next row, whose number it returns; nothing of it counts before {@link finish}. */
  next(): number {
    if (this.length === this.capacity) this.grow();
    this.digest.reset();
    const { rankedItemCount: n } = this;
    if (n > 0) this.rankedItems.fill(0, n * this.length, n * (this.length + 1));
    return this.length;
  }

  setNumber(column: ValueColumn, row: number, value: number): void {
    this.values.touch(column);
    column.numbers[row] = value - value === 0 ? value : Number.POSITIVE_INFINITY;
    this.digest.addNumber(column, value);
  }

  setText(column: ValueColumn, row: number, id: number): void {
    this.values.touch(column);
    column.setText(row, id);
    this.digestId(column, id);
  }

  digestId(name: NameHash, id: number): void {
    this.digest.add(name, this.interner.low(id), this.interner.high(id));
  }

  /** Adds a text that is not kept to the digest. */
  digestText(name: NameHash, range: Readonly<ByteRange>): void {
    hash128(range, 0, this.key);
    this.digest.add(name, this.key[0] ?? 0, this.key[1] ?? 0);
  }

  /** Items are digested with their place: another order is another answer. Kept without it: the same item at any place. */
  setItem(place: number, range: Readonly<ByteRange>): void {
    hash128(range, place + 1, this.key);
    this.digest.add(NAMES.items, this.key[0] ?? 0, this.key[1] ?? 0);
    if (place >= this.rankedItemCount) return;
    hash128(range, 0, this.key);
    // 0 ends a ranking.
    this.rankedItems[this.rankedItemCount * this.length + place] = (this.key[0] ?? 0) || 1;
  }

  /** Completes the row that {@link next} began. */
  finish(
    scalars: RowScalars,
    ids: { readonly requestId: ByteRange; readonly unitId: ByteRange | null },
    record: number,
  ): void {
    const row = this.length;
    const { digest, key } = this;
    this.requestIds.push(ids.requestId);
    this.hasUnit[row] = ids.unitId === null ? 0 : 1;
    if (ids.unitId === null) this.unitIds.push(NO_BYTES);
    else {
      this.unitIds.push(ids.unitId);
      this.digestText(NAMES.unitId, ids.unitId);
    }
    hash128(ids.requestId, scalars.rowIndex, key);
    this.keys.set(key, 4 * row);
    this.record[row] = record;
    this.modelIds[row] = scalars.modelId;
    this.versionIds[row] = scalars.versionId;
    this.rowIndex[row] = scalars.rowIndex;
    this.eventTimeMs[row] = scalars.eventTimeMs;
    digest.addNumber(NAMES.eventTime, scalars.eventTimeMs);
    this.sessionStartMs[row] = scalars.sessionStartMs;
    if (scalars.sessionStartMs === scalars.sessionStartMs)
      digest.addNumber(NAMES.sessionStart, scalars.sessionStartMs);
    this.latencyMs[row] = scalars.latencyMs;
    if (scalars.latencyMs === scalars.latencyMs) digest.addNumber(NAMES.latency, scalars.latencyMs);
    this.samplingFraction[row] = scalars.samplingFraction;
    digest.addNumber(NAMES.sampling, scalars.samplingFraction);
    if (scalars.served >= 0) digest.addNumber(NAMES.served, scalars.served);
    this.flags[row] = this.flagsOf(row, scalars);
    this.digests[2 * row] = digest.low;
    this.digests[2 * row + 1] = digest.high;
    this.length = row + 1;
  }

  /** Takes back what was set of a row that came to nothing. */
  abandon(): void {
    for (const column of this.values.touched) {
      column.numbers[this.length] = Number.NaN;
      if (column.hasTexts) column.texts[this.length] = 0;
    }
  }

  private flagsOf(row: number, scalars: RowScalars): number {
    const served = scalars.served < 0 ? 0 : scalars.served === 1 ? FLAG.served : FLAG.shadow;
    const score = this.score.numbers[row] ?? 0;
    const hasLabel = this.label.hasTexts && this.label.texts[row] !== 0;
    const hasAnswer = score - score === 0 || hasLabel || scalars.hasOther;
    return served | (scalars.hasError || !hasAnswer ? FLAG.error : 0);
  }

  private grow(): void {
    this.capacity *= 2;
    const n = this.capacity;
    this.record = grown(this.record, new Int32Array(n));
    this.keys = grown(this.keys, new Uint32Array(4 * n));
    this.digests = grown(this.digests, new Int32Array(2 * n));
    this.modelIds = grown(this.modelIds, new Int32Array(n));
    this.versionIds = grown(this.versionIds, new Int32Array(n));
    this.eventTimeMs = grown(this.eventTimeMs, new Float64Array(n));
    this.rowIndex = grown(this.rowIndex, new Int32Array(n));
    this.sessionStartMs = grown(this.sessionStartMs, new Float64Array(n));
    this.latencyMs = grown(this.latencyMs, new Float64Array(n));
    this.samplingFraction = grown(this.samplingFraction, new Float64Array(n));
    this.hasUnit = grown(this.hasUnit, new Uint8Array(n));
    this.flags = grown(this.flags, new Uint8Array(n));
    this.rankedItems = grown(this.rankedItems, new Uint32Array(this.rankedItemCount * n));
    this.values.grow(n);
  }
}

function grown<A extends Uint8Array | Uint32Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
