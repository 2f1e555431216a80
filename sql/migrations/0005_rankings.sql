-- How far the rankings of pairs lie apart. Null where no rankings were compared, and in what was stored before.
alter table stored_windows add column rankings_compared bigint;
alter table stored_windows add column first_item_changed bigint;
alter table stored_windows add column overlap_sum double;
alter table stored_windows add column rank_biased_overlap_sum double;

create or replace view windows as
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
    - (difference_sum / nullif(difference_count, 0)) ** 2)) as difference_deviation,
  first_item_changed / nullif(rankings_compared, 0) as first_item_changed_rate,
  overlap_sum / nullif(rankings_compared, 0) as overlap_mean,
  rank_biased_overlap_sum / nullif(rankings_compared, 0) as rank_biased_overlap_mean
from stored_windows;
