/** A view of the database that is published as Parquet. */
export interface PublishedView {
  readonly name: string;
  /** Its column of event time, by which rows are grouped into files. */
  readonly timeColumn: string;
}

/** All views that readers find in the Parquet files, under the same names as in the database. */
export const PUBLISHED_VIEWS: readonly PublishedView[] = [
  { name: 'windows', timeColumn: 'window_start_ms' },
  { name: 'cells', timeColumn: 'window_start_ms' },
  { name: 'drivers_cells', timeColumn: 'window_start_ms' },
  { name: 'skew', timeColumn: 'window_start_ms' },
  { name: 'divergences', timeColumn: 'window_start_ms' },
  { name: 'agreement', timeColumn: 'window_start_ms' },
  { name: 'outcomes', timeColumn: 'window_start_ms' },
  { name: 'verdicts', timeColumn: 'window_start_ms' },
  { name: 'checks', timeColumn: 'window_start_ms' },
  { name: 'drivers', timeColumn: 'window_start_ms' },
  { name: 'rollout_events', timeColumn: 'from_ms' },
];

/** Columns of the kept pairs, whose files the pair sink writes: readers need them before the first pair. */
export const PAIR_COLUMNS_SQL = `
  null::varchar as rollout_id, null::varchar as request_id, null::bigint as row_index,
  null::bigint as window_start_ms, null::timestamp as window_start,
  null::bigint as current_event_time_ms, null::bigint as canary_event_time_ms,
  null::double as current_score, null::double as canary_score,
  null::varchar as current_label, null::varchar as canary_label,
  null::boolean as disagree, null::json as fields`;
