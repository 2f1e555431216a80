/**
 * Why a record could not be used: the closed list. A reason is stable, it is a label of counters
 * and a column of tables.
 */
export const DEAD_LETTER_REASONS = {
  not_json: 'the line is not JSON (or was cut)',
  not_an_object: 'the record is not an object',
  too_large: 'the record, or one of its strings, is larger than the limit',
  missing_field: 'a required field is missing or null',
  wrong_type: 'a field has another type than the contract says',
  empty_request_id: 'the request id is empty',
  long_request_id: 'the request id is longer than the limit',
  bad_event_time:
    'the event time is not a time in ms between 1990 and 2100 (seconds, or negative?)',
  bad_row_index: 'the row index is not a whole number from 0',
  bad_latency: 'the latency is negative',
  bad_sampling_fraction: 'the sampling fraction is not in (0, 1]',
  too_many_items: 'more than 100 items',
  future: 'the event time is further ahead of its arrival (or of the log around it) than futureMax',
  undecodable: 'the bytes do not decode with their schema',
  tombstone: 'the record has no value',
  unknown_schema: 'the registry has no Avro schema of the id that the record names',
  wrong_key: 'the Kafka key is not the request id, so that halves may lie on different partitions',
} as const;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;

/** The reasons in a fixed order: columns hold 1 + the position. */
export const DEAD_LETTER_REASON_LIST = Object.keys(
  DEAD_LETTER_REASONS,
) as readonly DeadLetterReason[];

/** Where a record stood: a file and line (row for Parquet, both from 1), or a topic position. */
export type RecordSource =
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | {
      readonly kind: 'topic';
      readonly topic: string;
      readonly partition: number;
      readonly offset: string;
    };

/** A record that could not be used. Its payload is kept (cut at the limit) unless the plan says no. */
export interface DeadLetter {
  readonly reason: DeadLetterReason;
  /** The field concerned, as the contract names it, when there is one. */
  readonly field: string | null;
  /** What was wrong and what would be right, for a person. */
  readonly detail: string;
  readonly source: RecordSource;
  /** The start of the record, as text. */
  readonly payload: string | null;
}
