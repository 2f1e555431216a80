import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { inFolder, START_MS, writeLines, writeRows } from '../../support/log-files.ts';
import {
  type DeadLetterLine,
  deadLettersIn,
  type ReplayAnswer,
  replayed,
} from '../../support/replay-cli.ts';
import {
  type LogRow,
  logRows,
  OUTCOME_TYPES,
  PREDICTION_TYPES,
  writeLogLines,
} from '../../support/replay-log.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

const ROWS = logRows({ requestCount: 300 });

/** What a replay of a spoilt log came to. */
interface Outcome {
  readonly answer: ReplayAnswer;
  readonly letters: readonly DeadLetterLine[];
  readonly currentFile: string;
}

/** Puts lines behind the tenth record of the current arm and replays the log. */
async function replaySpoilt(lines: readonly unknown[]): Promise<Outcome> {
  return inFolder(async (folder) => {
    const log = await writeLogLines(folder, ROWS);
    const current = [...ROWS.current.slice(0, 10), ...lines, ...ROWS.current.slice(10)];
    const currentFile = await writeLines(join(folder, 'spoilt.jsonl'), current);
    const plan = await writeReplayPlan(join(folder, 'plan.yaml'));
    const out = join(folder, 'out');
    const answer = await replayed({ plan, log: { ...log, current: [currentFile] }, out });
    return { answer, letters: await deadLettersIn(out), currentFile };
  });
}

const [FIRST = {}] = ROWS.current;
/** A good record of the current arm that has no other half, ten records into the log. */
const LONE: LogRow = { ...FIRST, request_id: 'lone', event_time: START_MS + 20 * 60_000 };

/** Each bad line, with the reason and field of its dead letter and words that its detail must hold. */
const BAD_LINES: readonly (readonly [string, unknown, string, string | null, string])[] = [
  ['cut in the middle', JSON.stringify(LONE).slice(0, 60), 'not_json', null, ''],
  ['that is no JSON at all', 'request_id;score', 'not_json', null, ''],
  ['that is a list', '[1,2]', 'not_an_object', null, 'found a list'],
  ['with a text of 1 MB', { ...LONE, label: 'x'.repeat(1_000_000) }, 'too_large', null, 'larger'],
  [
    'without request id',
    { ...LONE, request_id: undefined },
    'missing_field',
    'request_id',
    'missing',
  ],
  ['with a null request id', { ...LONE, request_id: null }, 'missing_field', 'request_id', 'null'],
  [
    'with an empty request id',
    { ...LONE, request_id: '' },
    'empty_request_id',
    'request_id',
    'empty',
  ],
  [
    'with a request id of 10 kB',
    { ...LONE, request_id: 'é'.repeat(5_000) },
    'long_request_id',
    'request_id',
    '10000 bytes, at most 512',
  ],
  [
    'with a number for a request id',
    { ...LONE, request_id: 7 },
    'wrong_type',
    'request_id',
    'a string',
  ],
  ['with a score in words', { ...LONE, score: 'high' }, 'wrong_type', 'score', 'must be a number'],
  ['with features in a list', { ...LONE, features: [1] }, 'wrong_type', 'features', 'object'],
  [
    'with a time in words',
    { ...LONE, event_time: 'today' },
    'wrong_type',
    'event_time',
    'a number',
  ],
  [
    'with a time in seconds',
    { ...LONE, event_time: START_MS / 1000 },
    'bad_event_time',
    'event_time',
    'looks like seconds; ms since 1970',
  ],
  [
    'with a time in the year 3000',
    { ...LONE, event_time: 32_503_680_000_000 },
    'bad_event_time',
    'event_time',
    'not between 1990 and 2100',
  ],
  ['with a negative time', { ...LONE, event_time: -5 }, 'bad_event_time', 'event_time', 'negative'],
  [
    'with a time a month ahead of the log',
    { ...LONE, event_time: START_MS + 30 * 86_400_000 },
    'future',
    'event_time',
    'ahead of the log',
  ],
  ['with negative latency', { ...LONE, latency_ms: -3 }, 'bad_latency', 'latency_ms', 'negative'],
];

describe('bad lines of a JSON Lines file', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    outcome = await replaySpoilt(BAD_LINES.map(([, line]) => line));
  });

  test('are all counted, and take nothing away from the others', () => {
    expect(outcome.answer.counts).toMatchObject({
      read: 2 * ROWS.current.length + BAD_LINES.length,
      matched: ROWS.current.length,
      dead_lettered: BAD_LINES.length,
      unmatched_current: 0,
      unmatched_canary: 0,
      late: 0,
    });
    expect(outcome.letters).toHaveLength(BAD_LINES.length);
  });

  test.each(BAD_LINES.map(([what, , ...rest], i) => [what, i, ...rest] as const))(
    'are dead letters: one %s',
    (_, i, reason, field, detail) => {
      const letter = outcome.letters.find(({ source }) => source.line === 11 + i);
      expect(letter).toMatchObject({
        reason,
        field,
        detail: expect.stringContaining(detail),
        source: { file: outcome.currentFile, line: 11 + i },
      });
      expect(letter?.detail).not.toBe('');
      expect(letter?.payload?.length).toBeGreaterThan(0);
      expect(letter?.payload?.length).toBeLessThanOrEqual(262_144);
    },
  );
});

describe('odd lines that are records all the same', () => {
  test('NaN, infinities and ids beyond ASCII are read, and the pairs are whole', async () => {
    const text = JSON.stringify(LONE);
    const { answer, letters } = await replaySpoilt([
      { ...LONE, request_id: '注文-é-😀' },
      text.replace('"lone"', '"nan"').replace(/"score":[^,]+/, '"score":NaN'),
      text.replace('"lone"', '"up"').replace(/"score":[^,]+/, '"score":Infinity'),
      text.replace('"lone"', '"down"').replace(/"amount":[^,]+/, '"amount":-Infinity'),
    ]);
    expect(letters).toEqual([]);
    expect(answer.counts).toMatchObject({ matched: 300, unmatched_current: 4, dead_lettered: 0 });
  });

  test('records of another model or version are ignored, whatever else is wrong with them', async () => {
    const { answer, letters } = await replaySpoilt([
      { ...LONE, model: 'churn' },
      { ...LONE, model: 'churn', event_time: 'never' },
      { ...LONE, version: 'v5' },
    ]);
    expect(letters).toEqual([]);
    expect(answer.counts).toMatchObject({ matched: 300, ignored: 3, unmatched_current: 0 });
  });

  test('a feature that changes its type midway is told, and no record is lost', async () => {
    const { answer, letters } = await replaySpoilt(
      Array.from({ length: 5 }, (_, i) => ({
        ...LONE,
        request_id: `typed-${i}`,
        features: { amount: 'twelve', country: 5, is_new: 'perhaps' },
      })),
    );
    expect(letters).toEqual([]);
    expect(answer.counts).toMatchObject({ matched: 300, unmatched_current: 5 });
    expect(answer.warnings.join('\n')).toMatch(/amount/);
  });
});

describe('bad rows of a Parquet file', () => {
  const bad: readonly (readonly [Readonly<Record<string, unknown>>, string, string])[] = [
    [{ request_id: null }, 'missing_field', 'request_id'],
    [{ request_id: '' }, 'empty_request_id', 'request_id'],
    [{ request_id: 'é'.repeat(5_000) }, 'long_request_id', 'request_id'],
    [{ event_time: START_MS / 1000 }, 'bad_event_time', 'event_time'],
    [{ event_time: 32_503_680_000_000 }, 'bad_event_time', 'event_time'],
    [{ event_time: -5 }, 'bad_event_time', 'event_time'],
    [{ event_time: null }, 'missing_field', 'event_time'],
    [{ latency_ms: -1 }, 'bad_latency', 'latency_ms'],
    [{ version: null }, 'missing_field', 'version'],
  ];

  test('are dead letters with their row, of both arms and of outcomes', () =>
    inFolder(async (folder) => {
      const spoil = (rows: readonly LogRow[], version: string) => [
        ...rows.slice(0, 10),
        ...bad.map(([over]) => ({ ...LONE, version, ...over })),
        ...rows.slice(10),
      ];
      const [outcome = {}] = ROWS.outcomes;
      const outcomes = [
        ...ROWS.outcomes,
        { ...outcome, value: null },
        { ...outcome, metric: null },
      ];
      const current = join(folder, 'current.parquet');
      const canary = join(folder, 'canary.parquet');
      const later = join(folder, 'outcomes.parquet');
      await writeRows(current, spoil(ROWS.current, 'v6'), PREDICTION_TYPES);
      await writeRows(canary, spoil(ROWS.canary, 'v7'), PREDICTION_TYPES);
      await writeRows(later, outcomes, OUTCOME_TYPES);
      const log = { current: [current], canary: [canary], outcomes: [later] };
      const out = join(folder, 'out');
      const plan = await writeReplayPlan(join(folder, 'plan.yaml'));
      const answer = await replayed({ plan, log, out });
      expect(answer.counts).toMatchObject({ matched: 300, dead_lettered: 2 * bad.length });
      expect(answer.outcome_counts).toMatchObject({ read: 302, dead_lettered: 2 });
      const letters = await deadLettersIn(out);
      for (const path of [current, canary]) {
        const found = letters
          .filter(({ source }) => source.file === path)
          .map(({ source, reason, field }) => [source.line, reason, field]);
        expect(found.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
          bad.map(([, reason, field], i) => [11 + i, reason, field]),
        );
      }
      expect(letters.filter(({ source }) => source.file === later)).toHaveLength(2);
    }));
});

describe('an empty input', () => {
  test.each([
    ['both arms', true, { read: 0, matched: 0 }, { decision: 'held', verdicts: 0 }],
    ['the canary', false, { read: 300, unmatched_current: 300 }, { decision: 'rolled_back' }],
  ])('of %s is told, fails nothing open and loses nothing', (_, bothEmpty, counts, expected) =>
    inFolder(async (folder) => {
      const log = await writeLogLines(folder, ROWS);
      const empty = join(folder, 'empty.jsonl');
      await writeFile(empty, '');
      const rowless = await writeRows(join(folder, 'rowless.parquet'), [], PREDICTION_TYPES);
      const current = bothEmpty ? [rowless] : log.current;
      const plan = await writeReplayPlan(join(folder, 'plan.yaml'));
      const out = join(folder, 'out');
      const answer = await replayed({ plan, log: { ...log, current, canary: [empty] }, out });
      expect(answer.warnings.join('\n')).toContain(`${empty} is empty`);
      expect(answer.warnings.join('\n')).toContain('no usable record of the canary version');
      expect(answer).toMatchObject(expected);
      expect(answer.counts).toMatchObject(counts);
      expect(await readFile(join(out, 'dead-letters.jsonl'), 'utf8')).toBe('');
    }),
  );
});
