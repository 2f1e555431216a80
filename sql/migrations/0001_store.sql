-- The durable state of one rollout. No PRIMARY KEY or UNIQUE: these tables churn, and the one
-- process that owns the file checks identities itself.

create table meta (key varchar not null, value varchar not null);

-- One row: the resumable state of the line after the last commit.
create table state (commit_number bigint not null, body varchar not null);

-- One row per (rollout, window, revision). `positions` is where every partition stood when it closed, as
-- JSON; `summary_length` the characters of its summary.
create table stored_windows (
  commit_number bigint not null,
  rollout_id varchar not null,
  window_start_ms bigint not null,
  window_end_ms bigint not null,
  revision integer not null,
  stage_index integer not null,
  profile_hash varchar,
  missing_partition_count integer not null,
  matched bigint not null,
  unmatched_current bigint not null,
  unmatched_canary bigint not null,
  not_asked_current bigint not null,
  not_asked_canary bigint not null,
  duplicate bigint not null,
  conflict bigint not null,
  current_predictions bigint not null,
  current_served bigint not null,
  current_errors bigint not null,
  current_score_count bigint not null,
  current_score_sum double not null,
  current_sampling_fraction_min double,
  current_sampling_fraction_max double,
  current_latency_count bigint not null,
  current_latency_p50_ms double,
  current_latency_p95_ms double,
  current_latency_p99_ms double,
  canary_predictions bigint not null,
  canary_served bigint not null,
  canary_errors bigint not null,
  canary_score_count bigint not null,
  canary_score_sum double not null,
  canary_sampling_fraction_min double,
  canary_sampling_fraction_max double,
  canary_latency_count bigint not null,
  canary_latency_p50_ms double,
  canary_latency_p95_ms double,
  canary_latency_p99_ms double,
  compared bigint not null,
  flips_up bigint not null,
  flips_down bigint not null,
  both_positive bigint not null,
  both_negative bigint not null,
  errors_both bigint not null,
  errors_current_only bigint not null,
  errors_canary_only bigint not null,
  difference_count bigint not null,
  difference_sum double not null,
  difference_square_sum double not null,
  difference_p05 double,
  difference_p50 double,
  difference_p95 double,
  positions varchar not null,
  summary_length bigint not null
);

-- The exact merged partial of each window, and its whole summary as exact JSON: deflated (raw), in parts
-- of at most 4,000 bytes. Whole documents would have to fit into memory 2,048 at a time at a checkpoint.
create table window_bytes (
  commit_number bigint not null,
  rollout_id varchar not null,
  window_start_ms bigint not null,
  revision integer not null,
  document varchar not null,
  part integer not null,
  bytes blob not null
);

create table profiles (
  commit_number bigint not null,
  hash varchar not null,
  from_ms double not null,
  profile varchar not null
);

-- What waits to be sent, numbered per kind from 1 without gaps. `body` is the whole record as JSON;
-- `time_ms` its event time (null where there is none).
create table outbox (
  commit_number bigint not null,
  kind varchar not null,
  number bigint not null,
  id varchar not null,
  time_ms bigint,
  body varchar not null
);

-- The ledger: every Parquet file that readers may read, with the last commit that it contains.
create table published (
  view varchar not null,
  rollout_id varchar not null,
  file varchar not null,
  from_ms bigint not null,
  row_count bigint not null,
  commit_number bigint not null
);

-- What the summaries hold by column, filled when windows are published: one row per window and field,
-- its cells as lists, and one row per window and outcome.
create table window_fields (
  commit_number bigint not null,
  rollout_id varchar not null,
  window_start_ms bigint not null,
  revision integer not null,
  field varchar not null,
  role varchar not null,
  kind varchar not null,
  cells varchar[] not null,
  current_counts bigint[] not null,
  canary_counts bigint[] not null,
  skew_compared bigint,
  skew_differing bigint,
  skew_difference_sum double,
  pairs bigint[],
  flips_up bigint[],
  flips_down bigint[],
  difference_sums double[],
  difference_square_sums double[],
  psi double,
  psi_bias_corrected double,
  psi_noise_line double,
  kl_current_canary double,
  kl_canary_current double,
  js_divergence double,
  js_distance double,
  hellinger double,
  total_variation double,
  kolmogorov_smirnov double,
  wasserstein_1 double
);

create table window_agreement (
  commit_number bigint not null,
  rollout_id varchar not null,
  window_start_ms bigint not null,
  revision integer not null,
  labels varchar[] not null,
  counts bigint[][] not null
);

create table window_outcomes (
  commit_number bigint not null,
  rollout_id varchar not null,
  window_start_ms bigint not null,
  revision integer not null,
  metric varchar not null,
  attribution varchar not null,
  request_window_start_ms bigint not null,
  pairs bigint,
  labelled bigint,
  because varchar,
  loss_current_sum double,
  loss_canary_sum double,
  current_open bigint,
  canary_open bigint,
  current_events bigint,
  canary_events bigint,
  current_value_sum double,
  canary_value_sum double
);

-- Up to which commit the two tables above are filled.
create table filled (commit_number bigint not null);
insert into filled values (0);
