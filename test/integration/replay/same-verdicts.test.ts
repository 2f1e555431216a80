import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { START_MS, writeLines, writeRows } from '../../support/log-files.ts';
import { mulberry32 } from '../../support/random.ts';
import { queried, type ReplayAnswer, replayed } from '../../support/replay-cli.ts';
import {
  type LogPaths,
  type LogRow,
  logRows,
  OUTCOME_TYPES,
  PREDICTION_TYPES,
  writeLogLines,
  writeLogParquet,
} from '../../support/replay-log.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

const ROWS = logRows({ requestCount: 600 });

let folder = '';
let plan = '';
/** What one file per arm, as JSON Lines, gives with the default partitions. */
let plain: Result;

interface Result {
  readonly answer: Omit<ReplayAnswer, 'files'>;
  readonly verdicts: string;
  readonly notifications: string;
  readonly windows: readonly unknown[];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-same-'));
  plan = await writeReplayPlan(join(folder, 'plan.yaml'));
  plain = await result('plain', await writeLogLines(folder, ROWS));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function result(name: string, log: LogPaths, more: readonly string[] = []): Promise<Result> {
  const out = join(folder, name);
  const { files: _files, ...answer } = await replayed({ plan, log, out, more });
  return {
    answer,
    verdicts: await readFile(join(out, 'verdicts.jsonl'), 'utf8'),
    notifications: await readFile(join(out, 'notifications.jsonl'), 'utf8'),
    windows: await queried(out, 'from windows order by window_start_ms'),
  };
}

/** Splits rows into so many parts, each in order of time, dealt by a seeded draw. */
function dealt(rows: readonly LogRow[], parts: number): readonly (readonly LogRow[])[] {
  const random = mulberry32(parts);
  const draws = rows.map(() => Math.floor(random() * parts));
  return Array.from({ length: parts }, (_, part) => rows.filter((_row, i) => draws[i] === part));
}

describe('the same log', () => {
  test('gives a verdict for each window, and some of every stage', () => {
    expect(plain.answer.decision).toBe('promoted');
    const verdicts = plain.verdicts.trimEnd().split('\n');
    expect(verdicts).toHaveLength(plain.answer.verdicts);
    const stages = verdicts.map((line) => /"stage":\{"index":(\d)/.exec(line)?.[1]);
    expect(new Set(stages)).toEqual(new Set(['0', '1', '2', '3']));
  });

  test.each(['1', '3', '12'])(
    'over %s partitions gives the same verdicts, byte for byte',
    async (n) => {
      const over = await result(`over-${n}`, await writeLogLines(folder, ROWS), [
        '--partitions',
        n,
      ]);
      expect(over).toEqual(plain);
    },
  );

  test('as Parquet gives the same verdicts, byte for byte', async () => {
    expect(await result('parquet', await writeLogParquet(folder, ROWS))).toEqual(plain);
  });

  test.each([
    ['1', 3],
    ['12', 12],
  ])(
    'over %s partitions, in %s files per arm that a glob finds, gives the same',
    async (n, parts) => {
      for (const [side, types] of [
        ['current', PREDICTION_TYPES],
        ['canary', PREDICTION_TYPES],
        ['outcomes', OUTCOME_TYPES],
      ] as const) {
        for (const [i, rows] of dealt(ROWS[side], parts).entries()) {
          const path = join(folder, `${n}-${side}-${i}`);
          if (i % 2 === 0) await writeRows(`${path}.parquet`, rows, types);
          else await writeLines(`${path}.jsonl`, rows);
        }
      }
      const glob = (side: string) => [
        join(folder, `${n}-${side}-*.parquet`),
        join(folder, `${n}-${side}-*.jsonl`),
      ];
      const log = { current: glob('current'), canary: glob('canary'), outcomes: glob('outcomes') };
      expect(await result(`glob-${n}`, log, ['--partitions', n])).toEqual(plain);
    },
  );

  test('in one file that both arms share gives the same', async () => {
    const both = [...ROWS.current, ...ROWS.canary].toSorted(
      (a, b) => Number(a['event_time']) - Number(b['event_time']),
    );
    const shared = [await writeLines(join(folder, 'shared.jsonl'), both)];
    const { outcomes } = await writeLogLines(folder, ROWS);
    const { answer, ...rest } = await result('shared', {
      current: shared,
      canary: shared,
      outcomes,
    });
    const { counts, ...others } = answer;
    const { answer: plainAnswer, ...plainRest } = plain;
    const { counts: plainCounts, ...plainOthers } = plainAnswer;
    // Each arm reads the file: the other arm's records are ignored, and counted.
    expect(counts).toEqual({
      ...plainCounts,
      read: 2 * plainCounts.read,
      ignored: plainCounts.read,
    });
    expect({ ...others, ...rest }).toEqual({ ...plainOthers, ...plainRest });
  });
});

describe('a log with arrival times', () => {
  /** Records that arrive late, in the order of their arrival within each file. */
  function arriving(rows: readonly LogRow[], seed: number): readonly LogRow[] {
    const random = mulberry32(seed);
    return rows
      .map((row) => {
        const arrival_time = Number(row['event_time']) + Math.floor(random() * 40_000);
        return { ...row, arrival_time };
      })
      .toSorted((a, b) => a.arrival_time - b.arrival_time);
  }

  const ARRIVING = {
    current: arriving(ROWS.current, 1),
    canary: arriving(ROWS.canary, 2),
    outcomes: arriving(ROWS.outcomes, 3),
  };

  test('is ordered by them across files, whatever file a record is in', async () => {
    const whole = await writeLogParquet(folder, ARRIVING, { arrival_time: 'bigint' });
    const outcomes = [
      await writeRows(join(folder, 'arriving.parquet'), ARRIVING.outcomes, {
        ...OUTCOME_TYPES,
        arrival_time: 'bigint',
      }),
    ];
    const one = await result('arriving', { ...whole, outcomes });
    expect(one.answer).toMatchObject({
      clock: 'arrival_time',
      counts: { matched: ROWS.current.length, late: 0 },
    });
    const split: string[] = [];
    for (const [i, rows] of dealt(ARRIVING.current, 3).entries()) {
      split.push(await writeLines(join(folder, `arriving-${i}.jsonl`), rows));
    }
    expect(await result('arriving-split', { ...whole, current: split, outcomes })).toEqual(one);
  });

  test('tells late records and records of the future by them', async () => {
    const [first = {}] = ARRIVING.current;
    const atMs = START_MS + 20 * 3_600_000;
    const late = { ...first, request_id: 'late', event_time: START_MS, arrival_time: atMs };
    const ahead = {
      ...first,
      request_id: 'ahead',
      event_time: atMs + 6 * 3_600_000 + 1,
      arrival_time: atMs,
    };
    const rows = [...ARRIVING.current, late, ahead].toSorted(
      (a, b) => Number(a['arrival_time']) - Number(b['arrival_time']),
    );
    const log = await writeLogLines(folder, { ...ARRIVING, current: rows });
    const { answer } = await result('arriving-odd', log);
    expect(answer.counts).toMatchObject({
      matched: ROWS.current.length,
      late: 1,
      dead_lettered: 1,
    });
  });
});
