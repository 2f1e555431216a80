-- The tables that people read, in the database itself. The same columns are published as Parquet
-- (sql/views.sql). Verdicts, checks, drivers and events come from the stored JSON; cells and outcomes are
-- there once they were published.

create view windows as
select
  * exclude (commit_number, positions, summary_length),
  make_timestamp(window_start_ms * 1000) as window_start,
  current_errors / nullif(current_predictions, 0) as current_error_rate,
  canary_errors / nullif(canary_predictions, 0) as canary_error_rate,
  current_score_sum / nullif(current_score_count, 0) as current_score_mean,
  canary_score_sum / nullif(canary_score_count, 0) as canary_score_mean,
  unmatched_current / nullif(matched + unmatched_current, 0) as missing_canary_rate,
  unmatched_canary / nullif(matched + unmatched_canary, 0) as missing_current_rate,
  (flips_up + flips_down) / nullif(compared, 0) as disagreement_rate,
  flips_up / nullif(compared, 0) as flip_up_rate,
  flips_down / nullif(compared, 0) as flip_down_rate,
  difference_sum / nullif(difference_count, 0) as difference_mean,
  sqrt(greatest(0, difference_square_sum / nullif(difference_count, 0)
    - (difference_sum / nullif(difference_count, 0)) ** 2)) as difference_deviation
from stored_windows;

create view cells as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  field, role, kind,
  generate_subscripts(cells, 1) - 1 as cell_index,
  unnest(cells) as cell,
  unnest(current_counts) as current_count,
  unnest(canary_counts) as canary_count
from window_fields;

create view drivers_cells as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  field,
  generate_subscripts(pairs, 1) - 1 as cell_index,
  unnest(cells) as cell,
  unnest(pairs) as pairs,
  unnest(flips_up) as flips_up,
  unnest(flips_down) as flips_down,
  unnest(difference_sums) as difference_sum,
  unnest(difference_square_sums) as difference_square_sum
from window_fields
where pairs is not null;

create view skew as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  field, skew_compared as compared, skew_differing as differing, skew_difference_sum as difference_sum
from window_fields
where skew_compared is not null;

-- Labels by labels: pairs in which the current model said one and the canary the other (or the same).
create view agreement as
with crossed as (
  select rollout_id, window_start_ms, revision, labels, counts, unnest(range(1, len(labels) + 1)) as i
  from window_agreement
)
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  labels[i] as current_label, unnest(labels) as canary_label, unnest(counts[i]) as pairs
from crossed;

-- How far the two arms' distributions of a field lie apart in a window; both directions of KL are named.
create view divergences as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision, field,
  psi, psi_bias_corrected, psi_noise_line, kl_current_canary, kl_canary_current,
  js_divergence, js_distance, hellinger, total_variation, kolmogorov_smirnov, wasserstein_1
from window_fields
where psi is not null;

-- Outcomes as they were judged in a window: `label` once per mature request window, `served` as they arrived.
create view outcomes as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  metric, attribution,
  request_window_start_ms, make_timestamp(request_window_start_ms * 1000) as request_window_start,
  pairs, labelled, because, loss_current_sum, loss_canary_sum,
  current_open, canary_open, current_events, canary_events, current_value_sum, canary_value_sum
from window_outcomes;

create view verdicts as
with parsed as (
  select number, id, time_ms, from_json(body, '{
    "rolloutId": "VARCHAR", "model": "VARCHAR", "currentVersion": "VARCHAR", "canaryVersion": "VARCHAR",
    "stage": {"index": "INTEGER", "share": "DOUBLE", "fromMs": "BIGINT"},
    "windowEndMs": "BIGINT", "revision": "INTEGER", "policyDigest": "VARCHAR",
    "decision": "VARCHAR", "reason": "VARCHAR",
    "checks": [{"name": "VARCHAR", "status": "VARCHAR"}],
    "logEvidence": "DOUBLE", "logEvidenceLimit": "DOUBLE"
  }') as v
  from outbox where kind = 'verdict'
)
select
  number, id as verdict_id, v.rolloutId as rollout_id, v.model as model,
  v.currentVersion as current_version, v.canaryVersion as canary_version,
  v.stage."index" as stage_index, v.stage.share as share, v.stage.fromMs as stage_from_ms,
  time_ms as window_start_ms, make_timestamp(time_ms * 1000) as window_start,
  v.windowEndMs as window_end_ms, v.revision as revision, v.policyDigest as policy_digest,
  v.decision as decision, v.reason as reason,
  v.logEvidence as log_evidence, v.logEvidenceLimit as log_evidence_limit,
  len(v.checks) as check_count,
  array_to_string([c.name for c in v.checks if c.status = 'fail'], ', ') as failing_checks
from parsed;

create view checks as
with parsed as (
  select number, id, time_ms, from_json(body, '{
    "rolloutId": "VARCHAR", "revision": "INTEGER", "stage": {"index": "INTEGER", "share": "DOUBLE"},
    "checks": [{
      "name": "VARCHAR", "type": "VARCHAR", "nature": "VARCHAR", "status": "VARCHAR", "asks": "VARCHAR",
      "reason": "VARCHAR", "sentence": "VARCHAR", "currentCount": "BIGINT", "canaryCount": "BIGINT",
      "countOf": "VARCHAR", "effect": "DOUBLE", "effectOf": "VARCHAR", "bound": "DOUBLE",
      "threshold": "DOUBLE", "logEvidence": "DOUBLE", "weight": "DOUBLE", "decidableInWindowCount": "DOUBLE"
    }]
  }') as v
  from outbox where kind = 'verdict'
),
rows as (
  select number, id, time_ms, v, generate_subscripts(v.checks, 1) - 1 as check_index, unnest(v.checks) as c
  from parsed
)
select
  number, id as verdict_id, v.rolloutId as rollout_id,
  time_ms as window_start_ms, make_timestamp(time_ms * 1000) as window_start, v.revision as revision,
  v.stage."index" as stage_index, v.stage.share as share,
  check_index, c.name as name, c.type as type, c.nature as nature, c.status as status, c.asks as asks,
  c.reason as reason, c.sentence as sentence,
  c.currentCount as current_count, c.canaryCount as canary_count, c.countOf as count_of,
  c.effect as effect, c.effectOf as effect_of, c.bound as bound, c.threshold as threshold,
  c.logEvidence as log_evidence, c.weight as weight,
  c.decidableInWindowCount as decidable_in_window_count
from rows;

create view drivers as
with parsed as (
  select number, id, time_ms, from_json(body, '{
    "rolloutId": "VARCHAR", "revision": "INTEGER", "stage": {"index": "INTEGER", "share": "DOUBLE"},
    "drivers": [{
      "field": "VARCHAR", "strength": "DOUBLE", "measure": "VARCHAR", "shareExplained": "DOUBLE",
      "cell": "VARCHAR", "cellPairCount": "BIGINT", "cellDisagreementRate": "DOUBLE", "lift": "DOUBLE",
      "direction": "DOUBLE"
    }]
  }') as v
  from outbox where kind = 'verdict'
),
rows as (
  select number, id, time_ms, v, generate_subscripts(v.drivers, 1) as rank, unnest(v.drivers) as d
  from parsed
)
select
  number, id as verdict_id, v.rolloutId as rollout_id,
  time_ms as window_start_ms, make_timestamp(time_ms * 1000) as window_start, v.revision as revision,
  v.stage."index" as stage_index, v.stage.share as share,
  rank, d.field as field, d.strength as strength, d.measure as measure,
  d.shareExplained as share_explained, d.cell as cell, d.cellPairCount as cell_pair_count,
  d.cellDisagreementRate as cell_disagreement_rate, d.lift as lift, d.direction as direction
from rows;

create view rollout_events as
select
  number, body ->> 'rolloutId' as rollout_id, (body ->> 'sequence')::bigint as sequence,
  body ->> 'kind' as kind, (body ->> 'stageIndex')::integer as stage_index,
  (body ->> 'share')::double as share, time_ms as from_ms, make_timestamp(time_ms * 1000) as from_time,
  body ->> 'verdictId' as verdict_id, body ->> 'reason' as reason
from outbox where kind = 'event';

create view notifications as
select
  number, id as notification_id, body ->> 'rolloutId' as rollout_id, body ->> 'severity' as severity,
  body ->> 'title' as title, body ->> 'text' as text,
  time_ms as event_time_ms, make_timestamp(time_ms * 1000) as event_time, body ->> 'verdictId' as verdict_id
from outbox where kind = 'notification';

create view dead_letters as
select
  number, (body ->> 'sequence')::bigint as sequence, body ->> 'reason' as reason, body ->> 'field' as field,
  body ->> 'detail' as detail,
  coalesce(body ->> '$.source.file', body ->> '$.source.topic') as source,
  (body ->> '$.source.line')::bigint as line,
  (body ->> '$.source.partition')::integer as partition,
  body ->> '$.source.offset' as "offset",
  body ->> 'payload' as payload
from outbox where kind = 'dead_letter';
