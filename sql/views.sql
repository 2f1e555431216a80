-- The published Parquet files as views. Works in any DuckDB, also while the service runs:
--   set variable coalmine_root = '/path/of/the/output/folder';   -- then run this file
-- The copy of this file in an output folder has the first line filled in: duckdb -init OUT/views.sql
-- Only files that the ledger lists are read. Run it again to see what was published since.

-- coalmine_root

set variable coalmine_ledger = getvariable('coalmine_root') || '/parquet/ledger.json';

set variable coalmine_windows = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'windows'
);
create or replace temp view windows as from read_parquet(getvariable('coalmine_windows'), hive_partitioning = false);

set variable coalmine_cells = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'cells'
);
create or replace temp view cells as from read_parquet(getvariable('coalmine_cells'), hive_partitioning = false);

set variable coalmine_drivers_cells = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'drivers_cells'
);
create or replace temp view drivers_cells as from read_parquet(getvariable('coalmine_drivers_cells'), hive_partitioning = false);

set variable coalmine_skew = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'skew'
);
create or replace temp view skew as from read_parquet(getvariable('coalmine_skew'), hive_partitioning = false);

set variable coalmine_divergences = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'divergences'
);
create or replace temp view divergences as from read_parquet(getvariable('coalmine_divergences'), hive_partitioning = false);

set variable coalmine_agreement = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'agreement'
);
create or replace temp view agreement as from read_parquet(getvariable('coalmine_agreement'), hive_partitioning = false);

set variable coalmine_outcomes = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'outcomes'
);
create or replace temp view outcomes as from read_parquet(getvariable('coalmine_outcomes'), hive_partitioning = false);

set variable coalmine_verdicts = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'verdicts'
);
create or replace temp view verdicts as from read_parquet(getvariable('coalmine_verdicts'), hive_partitioning = false);

set variable coalmine_checks = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'checks'
);
create or replace temp view checks as from read_parquet(getvariable('coalmine_checks'), hive_partitioning = false);

set variable coalmine_drivers = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'drivers'
);
create or replace temp view drivers as from read_parquet(getvariable('coalmine_drivers'), hive_partitioning = false);

set variable coalmine_rollout_events = (
  select list(getvariable('coalmine_root') || '/' || file order by file)
  from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
  where view = 'rollout_events'
);
create or replace temp view rollout_events as from read_parquet(getvariable('coalmine_rollout_events'), hive_partitioning = false);

-- Kept pairs are complete files as soon as they have their name; they need no ledger.
set variable coalmine_pairs = (
  select list(file order by file) from (
    select file from glob(getvariable('coalmine_root') || '/parquet/pairs/*/*.parquet')
    union all
    select getvariable('coalmine_root') || '/' || file
    from read_json(getvariable('coalmine_ledger'), columns = {view: 'VARCHAR', file: 'VARCHAR'})
    where view = 'pairs'
  )
);
create or replace temp view pairs as from read_parquet(getvariable('coalmine_pairs'), hive_partitioning = false);
