-- Skew by kind: a value that one of the two logs does not have, and in which direction numbers differ.
alter table window_fields add column skew_canary_null bigint;
alter table window_fields add column skew_current_null bigint;
alter table window_fields add column skew_canary_higher bigint;
alter table window_fields add column skew_difference_size_sum double;

drop view skew;

create view skew as
select
  rollout_id, window_start_ms, make_timestamp(window_start_ms * 1000) as window_start, revision,
  field, skew_compared as compared, skew_differing as differing,
  skew_canary_null as canary_null, skew_current_null as current_null, skew_canary_higher as canary_higher,
  skew_difference_sum as difference_sum, skew_difference_size_sum as difference_size_sum
from window_fields
where skew_compared is not null;
