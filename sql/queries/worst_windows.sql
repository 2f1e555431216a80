-- The windows in which the models disagreed most.
--   rollout_id, window_start, stage_index
--   pairs                       pairs in which a disagreement could be told
--   disagreement_rate, flip_up_rate, flip_down_rate
--   mean_difference             mean of (canary score - current score)
--   current_error_rate, canary_error_rate
--   current_p95_ms, canary_p95_ms
--   missing_canary_rate         requests that the current model answered and the canary did not
select rollout_id, window_start, stage_index, compared as pairs,
  round(disagreement_rate, 4) as disagreement_rate,
  round(flip_up_rate, 4) as flip_up_rate,
  round(flip_down_rate, 4) as flip_down_rate,
  round(difference_mean, 4) as mean_difference,
  round(current_error_rate, 4) as current_error_rate,
  round(canary_error_rate, 4) as canary_error_rate,
  round(current_latency_p95_ms, 1) as current_p95_ms,
  round(canary_latency_p95_ms, 1) as canary_p95_ms,
  round(missing_canary_rate, 4) as missing_canary_rate
from windows
where revision = 0 and compared > 0
order by windows.disagreement_rate desc, window_start
limit 20;
