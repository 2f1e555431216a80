-- Feeds coalmine.partials from two prediction topics. README.md beside this file says what each ${NAME} is.

SET 'table.local-time-zone' = 'UTC';
-- Without it a partition in which nothing is written holds back every window.
SET 'table.exec.source.idle-timeout' = '${IDLE_SECONDS} s';
-- The default storage keeps 5 MiB of a state: a larger join would start again and again.
SET 'execution.checkpointing.storage' = 'filesystem';
SET 'execution.checkpointing.dir' = '${CHECKPOINTS}';
SET 'execution.checkpointing.interval' = '60 s';

CREATE TABLE current_predictions (
  request_id STRING NOT NULL,
  row_index INT NOT NULL,
  model STRING NOT NULL,
  version STRING NOT NULL,
  event_time BIGINT NOT NULL,
  served BOOLEAN NOT NULL,
  score DOUBLE,
  latency_ms DOUBLE,
  error STRING,
  sampling_fraction DOUBLE NOT NULL,
  part INT NOT NULL METADATA FROM 'partition' VIRTUAL,
  answered_at AS TO_TIMESTAMP_LTZ(event_time, 3),
  WATERMARK FOR answered_at AS answered_at - INTERVAL ${OUT_OF_ORDER}
) WITH (
  'connector' = 'kafka',
  'topic' = '${CURRENT_TOPIC}',
  'properties.bootstrap.servers' = '${BROKERS}',
  'properties.group.id' = 'flink-${ROLLOUT_ID}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = '${UNTIL}',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = '${REGISTRY}'
);

CREATE TABLE canary_predictions WITH ('topic' = '${CANARY_TOPIC}') LIKE current_predictions (OVERWRITING OPTIONS);

-- Only the fields of schemas/WindowPartial.avsc that are filled here: a reader takes the others' defaults.
CREATE TABLE partials (
  rollout_key STRING NOT NULL,
  rollout_id STRING NOT NULL,
  `partition` INT NOT NULL,
  window_start_ms BIGINT NOT NULL,
  window_end_ms BIGINT NOT NULL,
  revision INT NOT NULL,
  profile_hash STRING,
  layout_hash STRING NOT NULL,
  count_index ARRAY<INT NOT NULL> NOT NULL,
  count_value ARRAY<BIGINT NOT NULL> NOT NULL,
  sum_index ARRAY<INT NOT NULL> NOT NULL,
  sum_high ARRAY<BIGINT NOT NULL> NOT NULL,
  sum_low ARRAY<BIGINT NOT NULL> NOT NULL,
  sampling ARRAY<DOUBLE> NOT NULL,
  positions ARRAY<ROW<topic STRING NOT NULL, next_offset BIGINT NOT NULL, replay_offset BIGINT NOT NULL> NOT NULL> NOT NULL,
  watermark_ms BIGINT,
  reported_through_ms BIGINT,
  present_profile_hash STRING
) WITH (
  'connector' = 'kafka',
  'topic' = '${PARTIALS_TOPIC}',
  'properties.bootstrap.servers' = '${BROKERS}',
  'key.format' = 'raw',
  'key.fields' = 'rollout_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = '${REGISTRY}',
  -- A subject of its own: ours stays as coalmine registered it.
  'value.avro-confluent.subject' = '${PARTIALS_TOPIC}-flink',
  'value.avro-confluent.schema' = '{"type":"record","name":"WindowPartial","namespace":"dev.coalmine","fields":[
    {"name":"rollout_id","type":"string"},{"name":"partition","type":"int"},
    {"name":"window_start_ms","type":"long"},{"name":"window_end_ms","type":"long"},{"name":"revision","type":"int"},
    {"name":"profile_hash","type":["null","string"]},{"name":"layout_hash","type":"string"},
    {"name":"count_index","type":{"type":"array","items":"int"}},{"name":"count_value","type":{"type":"array","items":"long"}},
    {"name":"sum_index","type":{"type":"array","items":"int"}},
    {"name":"sum_high","type":{"type":"array","items":"long"}},{"name":"sum_low","type":{"type":"array","items":"long"}},
    {"name":"sampling","type":{"type":"array","items":["null","double"]}},
    {"name":"positions","type":{"type":"array","items":{"type":"record","name":"TopicPosition","fields":[
      {"name":"topic","type":"string"},{"name":"next_offset","type":"long"},{"name":"replay_offset","type":"long"}]}}},
    {"name":"watermark_ms","type":["null","long"]},{"name":"reported_through_ms","type":["null","long"]},
    {"name":"present_profile_hash","type":["null","string"]}]}'
);

-- One arm's answers: an answer without a finite score is an error.
CREATE VIEW current_answers AS
SELECT request_id, row_index, answered_at, part, served, sampling_fraction,
  CASE WHEN score - score = 0E0 THEN score END AS score,
  CASE WHEN latency_ms >= 0E0 AND latency_ms - latency_ms = 0E0 THEN latency_ms END AS latency_ms,
  error IS NOT NULL OR score IS NULL OR NOT (score - score = 0E0) AS failed
FROM current_predictions WHERE model = '${MODEL}' AND version = '${CURRENT_VERSION}';

CREATE VIEW canary_answers AS
SELECT request_id, row_index, answered_at, part, served, sampling_fraction,
  CASE WHEN score - score = 0E0 THEN score END AS score,
  CASE WHEN latency_ms >= 0E0 AND latency_ms - latency_ms = 0E0 THEN latency_ms END AS latency_ms,
  error IS NOT NULL OR score IS NULL OR NOT (score - score = 0E0) AS failed
FROM canary_predictions WHERE model = '${MODEL}' AND version = '${CANARY_VERSION}';

-- Every request once, in the window of the current arm, or of the canary where only that answered.
CREATE VIEW requests AS
SELECT c.answered_at, c.part, TRUE AS has_current, k.request_id IS NOT NULL AS has_canary,
  c.served AS current_served, c.score AS current_score, c.latency_ms AS current_latency_ms,
  c.failed AS current_failed, c.sampling_fraction AS current_fraction,
  k.served AS canary_served, k.score AS canary_score, k.latency_ms AS canary_latency_ms,
  k.failed AS canary_failed, k.sampling_fraction AS canary_fraction
FROM current_answers c LEFT JOIN canary_answers k
  ON c.request_id = k.request_id AND c.row_index = k.row_index
  AND k.answered_at BETWEEN c.answered_at - INTERVAL ${SKEW_MAX} AND c.answered_at + INTERVAL ${SKEW_MAX}
UNION ALL
SELECT k.answered_at, k.part, FALSE, TRUE,
  CAST(NULL AS BOOLEAN), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS BOOLEAN), CAST(NULL AS DOUBLE),
  k.served, k.score, k.latency_ms, k.failed, k.sampling_fraction
FROM canary_answers k LEFT JOIN current_answers c
  ON c.request_id = k.request_id AND c.row_index = k.row_index
  AND c.answered_at BETWEEN k.answered_at - INTERVAL ${SKEW_MAX} AND k.answered_at + INTERVAL ${SKEW_MAX}
WHERE c.request_id IS NULL;

-- What follows from both answers. Scores count in units of 2^-bits; a difference is cut at 2^20 units, and so are
-- scores in the sums for means.
CREATE VIEW shown AS
SELECT *,
  has_current AND has_canary AS matched,
  has_current AND has_canary AND NOT current_failed AND NOT canary_failed AS compared,
  CAST(FLOOR(current_score * POWER(2E0, ${SCORE_BITS}) + 0.5E0) AS BIGINT) AS current_units,
  CAST(FLOOR(canary_score * POWER(2E0, ${SCORE_BITS}) + 0.5E0) AS BIGINT) AS canary_units,
  LEAST(GREATEST(CAST(FLOOR(current_score * POWER(2E0, ${SCORE_BITS}) + 0.5E0) AS BIGINT),
    CAST(-1048576 AS BIGINT)), CAST(1048576 AS BIGINT)) AS current_cut,
  LEAST(GREATEST(CAST(FLOOR(canary_score * POWER(2E0, ${SCORE_BITS}) + 0.5E0) AS BIGINT),
    CAST(-1048576 AS BIGINT)), CAST(1048576 AS BIGINT)) AS canary_cut,
  canary_score - current_score AS difference,
  LEAST(GREATEST(CAST(FLOOR((canary_score - current_score) * POWER(2E0, ${SCORE_BITS}) + 0.5E0) AS BIGINT),
    CAST(-1048576 AS BIGINT)), CAST(1048576 AS BIGINT)) AS difference_units,
  ABS(FLOOR((canary_score - current_score) * POWER(2E0, ${SCORE_BITS}) + 0.5E0)) > 1048576E0 AS clamped,
  current_score >= ${THRESHOLD}E0 AS current_positive,
  canary_score >= ${THRESHOLD}E0 AS canary_positive
FROM requests;

-- Where each request is counted: places of src/core/windows/layout.ts. The place of a histogram's cell is
-- its first place plus the number of edges that are not above the value.
CREATE VIEW counts AS
SELECT answered_at, part, 'count' AS kind, place, CAST(1 AS BIGINT) AS units,
  CASE place WHEN 7 THEN current_fraction WHEN 11 THEN canary_fraction END AS fraction
FROM shown CROSS JOIN UNNEST(ARRAY[
  CASE WHEN matched THEN 0 WHEN has_current AND NOT current_served THEN 1 WHEN has_current THEN 25
       WHEN NOT canary_served THEN 2 ELSE 26 END,
  CASE WHEN has_current THEN 7 END,
  CASE WHEN current_served THEN 8 END,
  CASE WHEN current_failed THEN 9 END,
  CASE WHEN current_score IS NOT NULL THEN 10 END,
  CASE WHEN has_canary THEN 11 END,
  CASE WHEN canary_served THEN 12 END,
  CASE WHEN canary_failed THEN 13 END,
  CASE WHEN canary_score IS NOT NULL THEN 14 END,
  CASE WHEN compared THEN 15 WHEN matched AND current_failed AND canary_failed THEN 20
       WHEN matched AND current_failed THEN 21 WHEN matched THEN 22 END,
  CASE WHEN NOT compared THEN CAST(NULL AS INT) WHEN canary_positive AND NOT current_positive THEN 16
       WHEN current_positive AND NOT canary_positive THEN 17
       WHEN current_positive THEN 18 ELSE 19 END,
  CASE WHEN compared THEN 23 END,
  CASE WHEN compared AND clamped THEN 24 END,
  CASE WHEN current_latency_ms < 1E-2 THEN 27
       ELSE 28 + LEAST(CAST(FLOOR(LN(current_latency_ms / 1E-2) / LN(102E-2)) AS INT), 1098) END,
  CASE WHEN canary_latency_ms < 1E-2 THEN 1127
       ELSE 1128 + LEAST(CAST(FLOOR(LN(canary_latency_ms / 1E-2) / LN(102E-2)) AS INT), 1098) END,
  CASE WHEN compared THEN 2227 + 23 - ARRAY_POSITION(ARRAY_SORT(ARRAY_APPEND(ARRAY[
    -1E0, -5E-1, -2E-1, -1E-1, -5E-2, -2E-2, -1E-2, -5E-3, -2E-3, -1E-3, -5E-4,
    5E-4, 1E-3, 2E-3, 5E-3, 1E-2, 2E-2, 5E-2, 1E-1, 2E-1, 5E-1, 1E0], difference), FALSE), difference) END,
  CASE WHEN has_current AND ${CURRENT_SCORE_AT} >= 0 THEN ${CURRENT_SCORE_AT} + CARDINALITY(ARRAY[${SCORE_EDGES}]) + 1
    - CASE WHEN current_score IS NULL THEN 0
      ELSE ARRAY_POSITION(ARRAY_SORT(ARRAY_APPEND(ARRAY[${SCORE_EDGES}], current_score), FALSE), current_score) END END,
  CASE WHEN has_canary AND ${CURRENT_SCORE_AT} >= 0 THEN ${CANARY_SCORE_AT} + CARDINALITY(ARRAY[${SCORE_EDGES}]) + 1
    - CASE WHEN canary_score IS NULL THEN 0
      ELSE ARRAY_POSITION(ARRAY_SORT(ARRAY_APPEND(ARRAY[${SCORE_EDGES}], canary_score), FALSE), canary_score) END END
]) AS counted (place)
WHERE place IS NOT NULL;

CREATE VIEW sums AS
SELECT answered_at, part, 'sum' AS kind, place, units, CAST(NULL AS DOUBLE) AS fraction
FROM shown CROSS JOIN UNNEST(ARRAY[
  ROW(0, current_units),
  ROW(1, canary_units),
  ROW(2, CASE WHEN compared THEN difference_units END),
  ROW(3, CASE WHEN compared THEN difference_units * difference_units END),
  ROW(${CUT_SUMS_AT}, current_cut),
  ROW(${CUT_SUMS_AT} + 1, current_cut * current_cut),
  ROW(${CUT_SUMS_AT} + 2, canary_cut),
  ROW(${CUT_SUMS_AT} + 3, canary_cut * canary_cut)
]) AS summed (place, units)
WHERE units IS NOT NULL;

CREATE VIEW numbers AS SELECT * FROM counts UNION ALL SELECT * FROM sums;

CREATE VIEW totals AS
SELECT window_start, window_end, window_time AS answered_at, part, kind, place, SUM(units) AS units,
  MIN(fraction) AS fraction_min, MAX(fraction) AS fraction_max
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(answered_at), INTERVAL ${WINDOW}))
GROUP BY window_start, window_end, window_time, part, kind, place;

-- A partition without rows says so, as soon as any partition has some in that window.
CREATE VIEW all_totals AS
SELECT answered_at, part, kind, place, units, fraction_min, fraction_max FROM totals
UNION ALL
SELECT answered_at, quiet.part, 'quiet', 0, CAST(0 AS BIGINT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE)
FROM (
  SELECT window_time AS answered_at, COUNT(*) AS request_count
  FROM TABLE(TUMBLE(TABLE requests, DESCRIPTOR(answered_at), INTERVAL ${WINDOW}))
  GROUP BY window_start, window_end, window_time
)
-- Of the row and not a constant: a join with a constant would take the time attribute away.
CROSS JOIN UNNEST(CASE WHEN request_count > 0 THEN ARRAY[${PARTITIONS}] END) AS quiet (part);

INSERT INTO partials
SELECT '${ROLLOUT_ID}', '${ROLLOUT_ID}', part, start_ms, end_ms, 0,
  NULLIF('${PROFILE_HASH}', ''), COALESCE(NULLIF('${PROFILE_HASH}', ''), 'learning'),
  COALESCE(count_index, ARRAY_REMOVE(ARRAY[0], 0)), COALESCE(count_value, ARRAY_REMOVE(ARRAY[CAST(0 AS BIGINT)], CAST(0 AS BIGINT))),
  COALESCE(sum_index, ARRAY_REMOVE(ARRAY[0], 0)), COALESCE(sum_high, ARRAY_REMOVE(ARRAY[CAST(0 AS BIGINT)], CAST(0 AS BIGINT))),
  COALESCE(sum_low, ARRAY_REMOVE(ARRAY[CAST(0 AS BIGINT)], CAST(0 AS BIGINT))),
  ARRAY[current_min, current_max, canary_min, canary_max],
  ARRAY_REMOVE(ARRAY[ROW('', CAST(0 AS BIGINT), CAST(0 AS BIGINT))], ROW('', CAST(0 AS BIGINT), CAST(0 AS BIGINT))),
  end_ms, end_ms, NULLIF('${PROFILE_HASH}', '')
FROM (
  SELECT part,
    1000 * UNIX_TIMESTAMP(DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss')) AS start_ms,
    1000 * UNIX_TIMESTAMP(DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss')) AS end_ms,
    ARRAY_AGG(place) FILTER (WHERE kind = 'count') AS count_index,
    ARRAY_AGG(units) FILTER (WHERE kind = 'count') AS count_value,
    ARRAY_AGG(place) FILTER (WHERE kind = 'sum') AS sum_index,
    ARRAY_AGG((units - MOD(MOD(units, 4503599627370496) + 4503599627370496, 4503599627370496)) / 4503599627370496)
      FILTER (WHERE kind = 'sum') AS sum_high,
    ARRAY_AGG(MOD(MOD(units, 4503599627370496) + 4503599627370496, 4503599627370496)) FILTER (WHERE kind = 'sum') AS sum_low,
    MIN(fraction_min) FILTER (WHERE kind = 'count' AND place = 7) AS current_min,
    MAX(fraction_max) FILTER (WHERE kind = 'count' AND place = 7) AS current_max,
    MIN(fraction_min) FILTER (WHERE kind = 'count' AND place = 11) AS canary_min,
    MAX(fraction_max) FILTER (WHERE kind = 'count' AND place = 11) AS canary_max
  FROM TABLE(TUMBLE(TABLE all_totals, DESCRIPTOR(answered_at), INTERVAL ${WINDOW}))
  GROUP BY window_start, window_end, part
);
