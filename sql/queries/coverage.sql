-- How much of the traffic was compared, by day: what could not be told is a result too.
--   rollout_id, day
--   windows, incomplete_windows  incomplete: a partition had not reported at the deadline
--   pairs
--   paired_share                 pairs / requests of the current arm that were due in the other
--   unmatched_current, unmatched_canary, not_asked, duplicates, conflicts
--   labelled_share               of pairs whose request window was judged on outcomes; null: none was
with by_day as (
  select rollout_id, date_trunc('day', window_start) as day,
    count(*) as windows,
    count(*) filter (where missing_partition_count > 0) as incomplete_windows,
    sum(matched)::bigint as pairs,
    sum(unmatched_current)::bigint as unmatched_current,
    sum(unmatched_canary)::bigint as unmatched_canary,
    sum(not_asked_current + not_asked_canary)::bigint as not_asked,
    sum(duplicate)::bigint as duplicates,
    sum(conflict)::bigint as conflicts
  from windows
  where revision = 0
  group by all
),
labels as (
  select rollout_id, date_trunc('day', window_start) as day,
    sum(labelled) / nullif(sum(pairs), 0) as labelled_share
  from outcomes
  where attribution = 'label' and revision = 0
  group by all
)
select rollout_id, day::date as day, windows, incomplete_windows, pairs,
  round(pairs / nullif(pairs + unmatched_current, 0), 4) as paired_share,
  unmatched_current, unmatched_canary, not_asked, duplicates, conflicts,
  round(labelled_share, 4) as labelled_share
from by_day left join labels using (rollout_id, day)
order by rollout_id, day;
