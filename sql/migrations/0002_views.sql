-- The tables that people read, in the database itself. The same columns are published as Parquet
-- (sql/views.sql). Everything that is not a column of its own comes from the stored JSON.

create view windows as
select
  * exclude (commit_number, summary),
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

-- What `window_fields` is filled from, a few windows at a time: parsed lists are large.
create view parsed_fields as
with parsed as (
  select commit_number, rollout_id, window_start_ms, revision,
    unnest(from_json(summary, '{"fields": [{
      "field": {"name": "VARCHAR", "role": "VARCHAR", "kind": "VARCHAR"},
      "cells": ["VARCHAR"], "current": ["BIGINT"], "canary": ["BIGINT"],
      "skew": {"compared": "BIGINT", "differing": "BIGINT", "differenceSum": "DOUBLE"},
      "drivers": {"pairs": ["BIGINT"], "flipsUp": ["BIGINT"], "flipsDown": ["BIGINT"],
        "differenceSums": ["DOUBLE"], "differenceSquareSums": ["DOUBLE"]}
    }]}').fields) as f
  from stored_windows
)
select
  commit_number, rollout_id, window_start_ms, revision,
  f.field.name as field, f.field.role as role, f.field.kind as kind,
  f.cells as cells, f.current as current_counts, f.canary as canary_counts,
  f.skew.compared as skew_compared, f.skew.differing as skew_differing,
  f.skew.differenceSum as skew_difference_sum,
  f.drivers.pairs as pairs, f.drivers.flipsUp as flips_up, f.drivers.flipsDown as flips_down,
  f.drivers.differenceSums as difference_sums, f.drivers.differenceSquareSums as difference_square_sums
from parsed;

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

-- Outcomes as they were judged in a window: `label` once per mature request window, `served` as they arrived.
create view outcomes as
with parsed as (
  select
    rollout_id, window_start_ms, revision,
    from_json(summary, '{
      "maturedOutcomes": [{"metric": "VARCHAR", "requestWindowStartMs": "BIGINT", "requestWindowEndMs": "BIGINT",
        "pairs": "BIGINT", "labelled": "BIGINT", "because": "VARCHAR",
        "lossCurrentSum": "DOUBLE", "lossCanarySum": "DOUBLE"}],
      "servedOutcomes": [{"metric": "VARCHAR", "requestWindowStartMs": "BIGINT",
        "currentOpen": "BIGINT", "canaryOpen": "BIGINT", "currentEvents": "BIGINT", "canaryEvents": "BIGINT",
        "currentValueSum": "DOUBLE", "canaryValueSum": "DOUBLE"}]
    }') as summary
  from stored_windows
),
rows as (
  select rollout_id, window_start_ms, revision, unnest(list_concat(
    list_transform(summary.maturedOutcomes, lambda o: {
      metric: o.metric, attribution: 'label', request_window_start_ms: o.requestWindowStartMs,
      pairs: o.pairs, labelled: o.labelled, because: o.because,
      loss_current_sum: o.lossCurrentSum, loss_canary_sum: o.lossCanarySum,
      current_open: null::bigint, canary_open: null::bigint,
      current_events: null::bigint, canary_events: null::bigint,
      current_value_sum: null::double, canary_value_sum: null::double
    }),
    list_transform(summary.servedOutcomes, lambda o: {
      metric: o.metric, attribution: 'served', request_window_start_ms: o.requestWindowStartMs,
      pairs: null::bigint, labelled: null::bigint, because: null::varchar,
      loss_current_sum: null::double, loss_canary_sum: null::double,
      current_open: o.currentOpen, canary_open: o.canaryOpen,
      current_events: o.currentEvents, canary_events: o.canaryEvents,
      current_value_sum: o.currentValueSum, canary_value_sum: o.canaryValueSum
    })
  )) as o
  from parsed
)
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  o.metric as metric, o.attribution as attribution,
  o.request_window_start_ms as request_window_start_ms,
  make_timestamp(o.request_window_start_ms * 1000) as request_window_start,
  o.pairs as pairs, o.labelled as labelled, o.because as because,
  o.loss_current_sum as loss_current_sum, o.loss_canary_sum as loss_canary_sum,
  o.current_open as current_open, o.canary_open as canary_open,
  o.current_events as current_events, o.canary_events as canary_events,
  o.current_value_sum as current_value_sum, o.canary_value_sum as canary_value_sum
from rows;

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
