import { type DuckDBConnection, listValue } from '@duckdb/node-api';
import { collectDocuments, DOCUMENT_COLUMNS } from './stored-windows.ts';
import { inTransaction } from './transaction.ts';
import { unpackedText } from './window-bytes.ts';

/** Characters of JSON that are parsed in one statement: parsed lists need many times their text. */
const PARSED_AT_ONCE_MAX = 1_000_000;

/**
 * Takes fields and outcomes of windows not yet filled out of their summaries into columns, some
 * windows at a time, each time in a transaction of its own.
 */
export async function fillColumns(
  connection: DuckDBConnection,
  afterPiece: () => Promise<void>,
): Promise<void> {
  const pieces = await connection.runAndReadAll(
    `with sized as (
       select commit_number, sum(summary_length) over (order by commit_number) as size
       from stored_windows where commit_number > (select commit_number from filled)
     )
     select min(commit_number)::double, max(commit_number)::double
     from sized group by size // $1::bigint order by 1`,
    [PARSED_AT_ONCE_MAX],
  );
  for (const [first, last] of pieces.getRows()) {
    const range = [Number(first), Number(last)] as const;
    await inTransaction(connection, async () => await fillRange(connection, range));
    await afterPiece();
  }
}

async function fillRange(
  connection: DuckDBConnection,
  [first, last]: readonly [number, number],
): Promise<void> {
  const stored = await connection.runAndReadAll(
    `select ${DOCUMENT_COLUMNS} from window_bytes
     where commit_number between $1::bigint and $2::bigint and document = 'summary'
     order by commit_number, window_start_ms, revision, part`,
    [first, last],
  );
  const documents = collectDocuments(stored.getRows());
  const values = [
    listValue(documents.map((d) => BigInt(d.commitNumber))),
    listValue(documents.map((d) => d.rolloutId)),
    listValue(documents.map((d) => BigInt(d.windowStartMs))),
    listValue(documents.map((d) => d.revision)),
    listValue(documents.map((d) => unpackedText(d.parts))),
  ];
  await connection.run(INSERT_FIELDS, values);
  await connection.run(INSERT_AGREEMENT, values);
  await connection.run(INSERT_OUTCOMES, values);
  await connection.run('update filled set commit_number = $1::bigint', [last]);
}

const SUMMARIES = `summaries as (
  select unnest($1) as commit_number, unnest($2) as rollout_id, unnest($3) as window_start_ms,
    unnest($4) as revision, unnest($5) as summary
)`;

const INSERT_FIELDS = `insert into window_fields
with ${SUMMARIES},
parsed as (
  select commit_number, rollout_id, window_start_ms, revision,
    unnest(from_json(summary, '{"fields": [{
      "field": {"name": "VARCHAR", "role": "VARCHAR", "kind": "VARCHAR"},
      "cells": ["VARCHAR"], "current": ["BIGINT"], "canary": ["BIGINT"],
      "divergence": {"psi": "DOUBLE", "psiBiasCorrected": "DOUBLE", "psiNoiseLine": "DOUBLE", "klCurrentCanary": "DOUBLE",
        "klCanaryCurrent": "DOUBLE", "jsDivergence": "DOUBLE", "jsDistance": "DOUBLE", "hellinger": "DOUBLE",
        "totalVariation": "DOUBLE", "kolmogorovSmirnov": "DOUBLE", "wasserstein1": "DOUBLE"},
      "skew": {"compared": "BIGINT", "differing": "BIGINT", "canaryNull": "BIGINT", "currentNull": "BIGINT",
        "canaryHigher": "BIGINT", "differenceSum": "DOUBLE", "differenceSizeSum": "DOUBLE"},
      "drivers": {"pairs": ["BIGINT"], "flipsUp": ["BIGINT"], "flipsDown": ["BIGINT"],
        "differenceSums": ["DOUBLE"], "differenceSquareSums": ["DOUBLE"]}
    }]}').fields) as f
  from summaries
)
select commit_number, rollout_id, window_start_ms, revision,
  f.field.name, f.field.role, f.field.kind, f.cells, f.current, f.canary,
  f.skew.compared, f.skew.differing, f.skew.differenceSum,
  f.drivers.pairs, f.drivers.flipsUp, f.drivers.flipsDown,
  f.drivers.differenceSums, f.drivers.differenceSquareSums,
  f.divergence.psi, f.divergence.psiBiasCorrected, f.divergence.psiNoiseLine, f.divergence.klCurrentCanary,
  f.divergence.klCanaryCurrent, f.divergence.jsDivergence, f.divergence.jsDistance, f.divergence.hellinger,
  f.divergence.totalVariation, f.divergence.kolmogorovSmirnov, f.divergence.wasserstein1,
  f.skew.canaryNull, f.skew.currentNull, f.skew.canaryHigher, f.skew.differenceSizeSum
from parsed`;

const INSERT_AGREEMENT = `insert into window_agreement
with ${SUMMARIES},
parsed as (
  select commit_number, rollout_id, window_start_ms, revision, from_json(summary, '{
    "paired": {"agreement": {"labels": ["VARCHAR"], "counts": [["BIGINT"]]}}
  }').paired.agreement as a
  from summaries
)
select commit_number, rollout_id, window_start_ms, revision, a.labels, a.counts
from parsed where a is not null`;

const INSERT_OUTCOMES = `insert into window_outcomes
with ${SUMMARIES},
parsed as (
  select commit_number, rollout_id, window_start_ms, revision, from_json(summary, '{
    "maturedOutcomes": [{"metric": "VARCHAR", "requestWindowStartMs": "BIGINT",
      "pairs": "BIGINT", "labelled": "BIGINT", "because": "VARCHAR",
      "lossCurrentSum": "DOUBLE", "lossCanarySum": "DOUBLE"}],
    "servedOutcomes": [{"metric": "VARCHAR", "requestWindowStartMs": "BIGINT",
      "currentOpen": "BIGINT", "canaryOpen": "BIGINT", "currentEvents": "BIGINT",
      "canaryEvents": "BIGINT", "currentValueSum": "DOUBLE", "canaryValueSum": "DOUBLE"}]
  }') as s
  from summaries
),
label_rows as (
  select commit_number, rollout_id, window_start_ms, revision, unnest(s.maturedOutcomes) as o from parsed
),
served_rows as (
  select commit_number, rollout_id, window_start_ms, revision, unnest(s.servedOutcomes) as o from parsed
)
select commit_number, rollout_id, window_start_ms, revision, o.metric, 'label', o.requestWindowStartMs,
  o.pairs, o.labelled, o.because, o.lossCurrentSum, o.lossCanarySum, null, null, null, null, null, null
from label_rows
union all
select commit_number, rollout_id, window_start_ms, revision, o.metric, 'served', o.requestWindowStartMs,
  null, null, null, null, null, o.currentOpen, o.canaryOpen, o.currentEvents, o.canaryEvents,
  o.currentValueSum, o.canaryValueSum
from served_rows`;
