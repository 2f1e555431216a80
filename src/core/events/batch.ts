import type { Arm } from './arm.ts';
import type { FieldLayout } from './field.ts';

/** Bits of {@link PredictionColumns.flags}. */
export const FLAG = {
  /** The log says that the answer went to the user. */
  served: 1,
  /** The log says that it did not: a shadow answer. */
  shadow: 2,
  /** The model did not answer: an error code, or no finite score, label, probabilities or items. */
  error: 4,
} as const;

/** Values of {@link PredictionColumns.status}: 0 usable, 255 another model's record, else 1 + dead-letter reason. */
export const STATUS_USABLE = 0;
export const STATUS_IGNORED = 255;

/** Distinct strings of one category field, shared by both arms. Code 0 is null; code c is `values[c - 1]`. */
export interface Dictionary {
  readonly values: readonly string[];
}

/**
 * Up to a few thousand records of one arm, by column. This is the form in which the line carries
 * predictions: no strings, no objects, nothing allocated per record.
 *
 * In numeric columns NaN stands for null, and both infinities for "not finite".
 */
export interface PredictionColumns {
  readonly arm: Arm;
  readonly length: number;
  /** Two 32-bit words per record of a 64-bit hash of (request id, row index); `key2` is an independent second one. */
  readonly key1: Uint32Array;
  readonly key2: Uint32Array;
  /** A hash of the record's content (two words): equal for duplicates, different for conflicts. */
  readonly digest: Uint32Array;
  readonly eventTimeMs: Float64Array;
  /** NaN where the log holds no arrival time. */
  readonly arrivalTimeMs: Float64Array;
  readonly flags: Uint8Array;
  readonly status: Uint8Array;
  readonly latencyMs: Float64Array;
  readonly samplingFraction: Float64Array;
  /** One column for each of `layout.numbers`, then one for each of `layout.categories`. */
  readonly numbers: readonly Float64Array[];
  readonly codes: readonly (Uint16Array | Int32Array)[];
  /**
   * The first items of each record's ranking, `BatchSchema.rankedItemCount` words a record: a hash of
   * each in rank order, 0 behind the last. Null when rankings decide nothing.
   */
  readonly rankedItems: Uint32Array | null;
  /** Strings are fetched one at a time, only where they are needed (assignment, samples, kept pairs). */
  readonly requestId: (row: number) => string;
  readonly rowIndex: (row: number) => number;
  readonly unitId: (row: number) => string;
  readonly sessionStartMs: (row: number) => number | null;
}

/** Outcomes by column. `metric` is an index into the plan's outcome names, -1 when the plan has no such outcome. */
export interface OutcomeColumns {
  readonly length: number;
  readonly key1: Uint32Array;
  readonly key2: Uint32Array;
  readonly digest: Uint32Array;
  readonly eventTimeMs: Float64Array;
  readonly arrivalTimeMs: Float64Array;
  readonly status: Uint8Array;
  readonly metric: Int32Array;
  readonly value: Float64Array;
}

/** What the columns of one run mean. */
export interface BatchSchema {
  readonly layout: FieldLayout;
  /** One dictionary for each of `layout.categories`. */
  readonly dictionaries: readonly Dictionary[];
  /** So many items of a ranking are carried, those that the plan compares; 0: none. */
  readonly rankedItemCount: number;
}
