import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import {
  countOffset,
  layoutOf,
  type ScalarCount,
  sumOffset,
} from '../../../src/core/windows/layout.ts';
import { LIMB, type WindowPartial } from '../../../src/core/windows/partial.ts';
import { join, SETTINGS } from '../../support/joining.ts';
import { MODEL } from '../../support/predictions.ts';
import { randomLog, reading, WILD_PROFILE } from '../../support/random-log.ts';

/** What the oracle and the line say of one window, all as text: exact for any size. */
type Row = Readonly<Record<string, string>>;

const LAYOUT = layoutOf(WILD_PROFILE);
const SCORE_BITS = LAYOUT.scoreScaleBits;

/** The batch join: the first of each arm and key by log order, an equi-join, the rule of skew. */
const ORACLE = `
WITH numbered AS (
  SELECT *, row_number() OVER (PARTITION BY arm, request_id, row_index ORDER BY seq) AS nth,
    first_value(content) OVER (PARTITION BY arm, request_id, row_index ORDER BY seq) AS first_content
  FROM log
),
firsts AS (SELECT * FROM numbered WHERE nth = 1),
pairs AS (
  SELECT cur.t // ${SETTINGS.lengthMs} AS w, cur.seq AS cur_seq, can.seq AS can_seq,
    NOT (cur.failed OR can.failed) AS both_answered,
    cur.label AS cur_label, can.label AS can_label, cur.score AS cur_score, can.score AS can_score
  FROM firsts cur JOIN firsts can USING (request_id, row_index)
  WHERE cur.arm = 'current' AND can.arm = 'canary' AND abs(cur.t - can.t) <= ${SETTINGS.skewMaxMs}
),
judged AS (
  SELECT *, CASE
    WHEN NOT both_answered THEN NULL
    WHEN cur_label IS NOT NULL AND can_label IS NOT NULL
      THEN CASE WHEN can_label = cur_label THEN 0 WHEN can_label > cur_label THEN 1 ELSE -1 END
    WHEN isfinite(cur_score) AND isfinite(can_score)
      THEN (can_score >= 0.5)::INT - (cur_score >= 0.5)::INT
    END AS flip
  FROM pairs
),
placed AS (
  SELECT firsts.*, coalesce(p.w, t // ${SETTINGS.lengthMs}) AS w, p.w IS NULL AS alone
  FROM firsts LEFT JOIN pairs p ON firsts.seq IN (p.cur_seq, p.can_seq)
),
facts AS (
  SELECT w, 'matched' AS name, 1::HUGEINT AS n FROM pairs
  UNION ALL SELECT w, CASE arm WHEN 'current' THEN 'unmatchedCurrent' ELSE 'unmatchedCanary' END, 1
    FROM placed WHERE alone
  UNION ALL SELECT t // ${SETTINGS.lengthMs},
    CASE WHEN content = first_content THEN 'duplicate' ELSE 'conflict' END, 1
    FROM numbered WHERE nth > 1
  UNION ALL SELECT w, 'compared', 1 FROM judged WHERE flip IS NOT NULL
  UNION ALL SELECT w, CASE flip WHEN 1 THEN 'flipsUp' ELSE 'flipsDown' END, 1
    FROM judged WHERE flip <> 0
  UNION ALL SELECT w, arm || 'Errors', 1 FROM placed WHERE failed
  UNION ALL SELECT w, arm || 'Score', floor(least(greatest(
    floor(score * ${2 ** SCORE_BITS} + 0.5), ${-(2 ** 40)}), ${2 ** 40}))::HUGEINT
    FROM placed WHERE isfinite(score)
  UNION ALL SELECT w, arm || ' score ' || CASE
    WHEN score IS NULL THEN 5 WHEN NOT isfinite(score) THEN 6
    ELSE (score >= 0.125)::INT + (score >= 0.25)::INT + (score >= 0.5)::INT + (score >= 0.75)::INT
    END, 1 FROM placed
  UNION ALL SELECT w, arm || ' amount ' || CASE
    WHEN amount IS NULL THEN 10 WHEN NOT isfinite(amount) THEN 11
    ELSE len(list_filter([-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4], edge -> edge <= amount))
    END, 1 FROM placed
)
SELECT w::VARCHAR AS w, name, sum(n)::VARCHAR AS n FROM facts GROUP BY ALL
HAVING sum(n) <> 0 ORDER BY ALL`;

const COUNTS: readonly ScalarCount[] = [
  'matched',
  'unmatchedCurrent',
  'unmatchedCanary',
  'duplicate',
  'conflict',
  'compared',
  'flipsUp',
  'flipsDown',
  'currentErrors',
  'canaryErrors',
];

function rowsOf(partials: ReadonlyMap<number, WindowPartial>): Row[] {
  const rows: Row[] = [];
  for (const [window, partial] of partials) {
    const add = (name: string, n: bigint): void => {
      if (n !== 0n) rows.push({ w: String(window), name, n: String(n) });
    };
    const count = (at: number): bigint => BigInt(partial.counts[at] ?? 0);
    const sum = (at: number): bigint =>
      BigInt(partial.sumHigh[at] ?? 0) * BigInt(LIMB) + BigInt(partial.sumLow[at] ?? 0);
    for (const name of COUNTS) add(name, count(countOffset(name)));
    for (const name of ['currentScore', 'canaryScore'] as const) add(name, sum(sumOffset(name)));
    for (const [field, short] of [
      ['score', 'score'],
      ['feature.amount', 'amount'],
    ]) {
      const slots = LAYOUT.fields.find(({ cells }) => cells.field.name === field);
      for (let cell = 0; cell < (slots?.cellCount ?? 0); cell += 1) {
        add(`current ${short} ${cell}`, count((slots?.current ?? 0) + cell));
        add(`canary ${short} ${cell}`, count((slots?.canary ?? 0) + cell));
      }
    }
  }
  const key = ({ w, name }: Row): string => `${w} ${name}`;
  return rows.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}

function literal(value: string | number | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : "'Infinity'";
  return `'${value.replaceAll("'", "''")}'`;
}

function tuple(prediction: Prediction, seq: number): string {
  const { error, score, label, items, features } = prediction;
  const answers = Number.isFinite(score) || label !== null || (items ?? []).length > 0;
  const failed = error !== null || !answers;
  const amount = features['amount'] ?? null;
  const values = [
    seq,
    prediction.version === MODEL.currentVersion ? 'current' : 'canary',
    prediction.requestId,
    prediction.rowIndex,
    prediction.eventTimeMs,
    failed,
    score,
    label,
    typeof amount === 'string' ? Number.POSITIVE_INFINITY : amount,
    // JSON writes NaN and infinities alike, as null; a plain value of each is told apart.
    JSON.stringify(prediction, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  ];
  return `(${values.map(literal).join(', ')})`;
}

describe('with nothing later than outOfOrderness, windows equal a batch join in SQL, row for row', () => {
  let instance: DuckDBInstance;
  let db: Awaited<ReturnType<DuckDBInstance['connect']>>;

  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    db = await instance.connect();
    await db.run(`CREATE TABLE log (seq INT, arm TEXT, request_id TEXT, row_index INT, t BIGINT,
      failed BOOLEAN, score DOUBLE, label TEXT, amount DOUBLE, content TEXT)`);
  });

  afterAll(() => {
    db.closeSync();
    instance.closeSync();
  });

  async function oracle(predictions: readonly Prediction[]): Promise<Row[]> {
    const ours = predictions.filter(({ model }) => model === MODEL.model);
    await db.run('DELETE FROM log');
    if (ours.length > 0) await db.run(`INSERT INTO log VALUES ${ours.map(tuple).join(', ')}`);
    const result = await db.runAndReadAll(ORACLE);
    const rows = result.getRowObjects().map(({ w, name, n }) => ({
      w: String(w),
      name: String(name),
      n: String(n),
    }));
    const key = ({ w, name }: Row): string => `${w} ${name}`;
    return rows.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
  }

  test('for any duplication, disorder, skew, gap, frame and partition count', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 60, disorderMaxMs: 5_000, wild: false }),
        reading,
        async (predictions, read) => {
          const joined = await join({ predictions, ...read, profile: WILD_PROFILE });
          expect(joined.counters.late).toBe(0);
          expect(rowsOf(joined.partials)).toEqual(await oracle(predictions));
        },
      ),
      { numRuns: 40 },
    );
  });
});
