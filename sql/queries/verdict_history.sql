-- What was decided, and when it changed: one row for each change of stage, decision or reason.
--   rollout_id, window_start     the first window of the change
--   stage_index, share, decision, reason
--   failing_checks               names, by comma
--   log_evidence, log_evidence_limit
--   verdict_id                   for `coalmine explain`
with told as (
  select *,
    lag({stage: stage_index, decision: decision, failing: failing_checks}) over (
      partition by rollout_id order by number
    ) as before
  from verdicts
)
select rollout_id, window_start, stage_index, share, decision, reason, failing_checks,
  round(log_evidence, 3) as log_evidence, round(log_evidence_limit, 3) as log_evidence_limit, verdict_id
from told
where before is distinct from {stage: stage_index, decision: decision, failing: failing_checks}
order by rollout_id, number;
