/**
 * Where a value of a prediction or an outcome is found in somebody else's record: a path (`$.a.b`,
 * `$['a b']`, `$.list[0]`; `$` is the record or, with `rows`, the row, `$$` always the record, `@key`
 * and `@header.name` the Kafka key and headers, `@timestamp` the record's time), or a constant.
 */
export type Selector =
  | { readonly path: string }
  | { readonly constant: string | number | boolean | null };

/** Names of the prediction's own fields (`schemas/Prediction.avsc`), each found by a selector. */
export type FieldSelectors = Readonly<Record<string, Selector>>;

/** Turns other people's records into ours, at the door. Fields that are not named are taken by their own name. */
export interface FieldMap {
  readonly fields: FieldSelectors;
  /** The object whose entries are the features: a path, or the names of single fields of the record. */
  readonly features: { readonly path: string } | { readonly fields: readonly string[] } | null;
  readonly context: { readonly path: string } | { readonly fields: readonly string[] } | null;
  /** Several arms in one record: what differs, by arm. Null: the version tells the arm. */
  readonly arms: { readonly current: FieldSelectors; readonly canary: FieldSelectors } | null;
  /** A list in the record: one prediction for each entry, `row_index` by position. */
  readonly rows: string | null;
}

/** What is done to fields before anything is kept: Parquet, samples, dead letters. */
export interface Privacy {
  /** Names as `feature.x`, `context.x`, `unit_id`; they are removed. */
  readonly drop: readonly string[];
  /** Replaced by a keyed hash: equal values stay equal. */
  readonly hash: readonly string[];
  /** Null: all that is neither dropped nor hashed; else only these features and context fields. */
  readonly keep: readonly string[] | null;
  /** Whether dead letters hold the original bytes. */
  readonly keepDeadLetterPayload: boolean;
}
