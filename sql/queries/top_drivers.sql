-- Where do the models disagree? Fields ranked by what their cells tell about the disagreement,
-- over all windows, each with its worst cell.
--   rollout_id, field
--   mutual_information   nats, bias corrected (Miller-Madow), never below 0
--   worst_cell           the cell (of at least 20 pairs) with the most disagreements beyond its share
--   worst_cell_pairs, worst_cell_disagreement_rate
--   lift                 that rate over the rate of all pairs
--   mean_difference      mean of (canary score - current score) in that cell: the direction
with by_cell as (
  select rollout_id, field, cell,
    sum(pairs)::double as n, sum(flips_up + flips_down)::double as k, sum(difference_sum) as difference_sum
  from drivers_cells
  where revision = 0
  group by all
  having sum(pairs) > 0
),
shares as (
  select *,
    sum(n) over field_window as total,
    sum(k) over field_window as total_k,
    count(*) over field_window as cell_count
  from by_cell
  window field_window as (partition by rollout_id, field)
),
ranked as (
  select rollout_id, field,
    greatest(0,
      sum(
        if(k > 0, k / total * ln(k * total / (n * total_k)), 0)
        + if(n > k, (n - k) / total * ln((n - k) * total / (n * (total - total_k))), 0)
      ) - (any_value(cell_count) - 1) / (2 * any_value(total))
    ) as mutual_information,
    arg_max(
      {cell: cell, n: n, rate: k / n, lift: k * total / nullif(n * total_k, 0), mean: difference_sum / n},
      k - n * total_k / total
    ) filter (where n >= 20) as worst
  from shares
  group by rollout_id, field
)
select rollout_id, field, round(mutual_information, 6) as mutual_information,
  worst.cell as worst_cell, worst.n::bigint as worst_cell_pairs,
  round(worst.rate, 4) as worst_cell_disagreement_rate,
  round(worst.lift, 2) as lift, round(worst.mean, 4) as mean_difference
from ranked
order by rollout_id, mutual_information desc, field
limit 20;
