-- In which segments do decisions flip, and which way? All windows together, cells of at least 20 pairs.
--   rollout_id, field, cell      the current arm's value of a feature or context field
--   pairs
--   flips_up, flips_down         decisions that the canary turned to positive, to negative
--   flip_rate                    (flips_up + flips_down) / pairs
--   one_sided                    share of the flips in the more frequent direction: 0.5 is noise, 1 is a fault
--   mean_difference              mean of (canary score - current score)
select rollout_id, field, cell,
  sum(pairs)::bigint as pairs,
  sum(flips_up)::bigint as flips_up,
  sum(flips_down)::bigint as flips_down,
  round(sum(flips_up + flips_down) / sum(pairs), 4) as flip_rate,
  round(greatest(sum(flips_up), sum(flips_down)) / nullif(sum(flips_up + flips_down), 0), 3) as one_sided,
  round(sum(difference_sum) / sum(pairs), 4) as mean_difference
from drivers_cells
where revision = 0
group by rollout_id, field, cell
having sum(pairs) >= 20
order by flip_rate desc, pairs desc, field, cell
limit 50;
