import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileLog } from '../../../src/adapters/files/reader/open-file-log.ts';
import type { FileLogOptions } from '../../../src/adapters/files/reader/options.ts';
import type { BatchSchema } from '../../../src/core/events/batch.ts';
import {
  fileOptions,
  inFolder,
  readLog,
  type SeenLog,
  START_MS,
  writeLines,
  writeParquet,
} from '../../support/log-files.ts';

const KEYS = `'r-' || i as request_id, 'fraud' as model, 'v6' as version,
  (${START_MS} + i * 1000)::bigint as event_time`;

interface Opened extends SeenLog {
  readonly schema: BatchSchema;
  readonly notWatched: readonly string[];
  readonly warnings: readonly string[];
  readonly clock: string;
  readonly servedSeen: boolean;
}

async function readAll(options: FileLogOptions): Promise<Opened> {
  const log = await openFileLog(options);
  const { schema, notWatched, warnings, clock, servedSeen } = log;
  return { ...(await readLog(log)), schema, notWatched, warnings, clock, servedSeen };
}

async function readQuery(query: string, given: Partial<FileLogOptions> = {}): Promise<Opened> {
  return inFolder(async (folder) => {
    const current = [await writeParquet(join(folder, 'current.parquet'), query)];
    return readAll(fileOptions(folder, { current, ...given }));
  });
}

describe('a Parquet file of another shape', () => {
  test('may hold features and probabilities as maps', async () => {
    const seen = await readQuery(`select ${KEYS},
      map {'amount': i::double, 'age': 2.5} as features,
      map {'country': 'DE', 'plan': 'p' || i} as context,
      map {'yes': 0.25, 'no': 0.75} as class_probabilities from range(3) t(i)`);
    expect(seen.schema.layout.numbers.map(({ name }) => name)).toEqual([
      'class_probability.no',
      'class_probability.yes',
      'feature.age',
      'feature.amount',
    ]);
    expect(seen.records[2]).toMatchObject({
      flags: 0,
      values: {
        'class_probability.no': 0.75,
        'feature.amount': 2,
        'context.country': 'DE',
        'context.plan': 'p2',
      },
    });
  });

  test.each([
    ['TIMESTAMP', `make_timestamp((${START_MS} + i) * 1000)`],
    ['TIMESTAMP WITH TIME ZONE', `make_timestamp((${START_MS} + i) * 1000)::timestamptz`],
    ['TIMESTAMP_NS', `make_timestamp((${START_MS} + i) * 1000)::timestamp_ns`],
    ['DOUBLE with fractions', `(${START_MS} + i + 0.25)::double`],
    ['text of digits', `(${START_MS} + i)::varchar`],
  ])('may give times as %s', async (_, sql) => {
    const seen = await readQuery(
      `select * replace (${sql} as event_time) from (select ${KEYS}, i, 1 as score from range(2) t(i))`,
    );
    expect(seen.letters).toEqual([]);
    expect(seen.records.map(({ eventTimeMs }) => eventTimeMs)).toEqual([START_MS, START_MS + 1]);
  });

  test('may hold whole numbers where the contract says double, and columns of its own', async () => {
    const seen = await readQuery(`select 7 as shard, ${KEYS}, 1::tinyint as score, 30 as latency_ms,
      {'n': 3::decimal(9, 2), 'flag': true, 'at': now(), 'raw': [1]} as features, [1] as junk
      from range(1) t(i)`);
    expect(seen.records[0]).toMatchObject({
      latencyMs: 30,
      values: { score: 1, 'feature.n': 3, 'feature.flag': 'true' },
    });
    expect(seen.notWatched).toEqual(['feature.at', 'feature.raw']);
  });

  test('has the same digests whatever the order of its columns, their types and nulls', async () => {
    await inFolder(async (folder) => {
      const a = await writeParquet(
        join(folder, 'a.parquet'),
        `select ${KEYS}, 1::integer as score, {'x': 1, 'y': 'q', 'z': null::double} as features,
          null::varchar as label from range(50) t(i)`,
      );
      const b = await writeParquet(
        join(folder, 'b.parquet'),
        `select {'y': 'q', 'x': 1.0::double} as features, 1.0::double as score, ${KEYS}
          from range(50) t(i)`,
      );
      const { records } = await readAll(fileOptions(folder, { current: [a, b] }));
      expect(records).toHaveLength(100);
      const digests = new Map(records.map(({ requestId, digest }) => [requestId, digest]));
      expect(records.every(({ requestId, digest }) => digests.get(requestId) === digest)).toBe(
        true,
      );
      expect(new Set(digests.values()).size).toBe(50);
    });
  });

  test('watches the first features by name up to the limit, and names the others', async () => {
    const seen = await readQuery(
      `select ${KEYS}, {'c': 1, 'a': 2, 'b': 'x'} as features, {'d': 4} as context from range(1) t(i)`,
      { featuresMax: 2 },
    );
    expect(seen.schema.layout.numbers.map(({ name }) => name)).toEqual(['feature.a']);
    expect(seen.schema.layout.categories.map(({ name }) => name)).toEqual(['feature.b']);
    expect(seen.notWatched).toEqual(['feature.c', 'context.d']);
  });

  test('gives one code to all values beyond the largest dictionary', async () => {
    const seen = await readQuery(
      `select ${KEYS}, 1.0 as score, {'id': case when i < 3 then 'common' else 'v' || i end} as features
        from range(65010) t(i)`,
    );
    const [dictionary] = seen.schema.dictionaries;
    expect(dictionary?.values).toHaveLength(65_001);
    expect(dictionary?.values.at(-1)).toBe('other values');
    const others = seen.records.filter(({ values }) => values['feature.id'] === 'other values');
    expect(others).toHaveLength(65_010 - 3 - 64_999);
    expect(seen.records[1]?.values['feature.id']).toBe('common');
  });

  test('says whether any record was a shadow answer', async () => {
    const served = `select ${KEYS}, 1.0 as score, i % 3 > 0 as served from range(4) t(i)`;
    const seen = await readQuery(served);
    expect(seen.servedSeen).toBe(true);
    expect(seen.records.map(({ flags }) => flags)).toEqual([2, 1, 1, 2]);
    const silent = await readQuery(`select ${KEYS}, 1.0 as score from range(2) t(i)`);
    expect(silent.servedSeen).toBe(false);
    expect(silent.records.map(({ flags }) => flags)).toEqual([0, 0]);
  });
});

describe('a file that both arms share', () => {
  test('is read for each arm, and a record of neither is reported once', async () => {
    await inFolder(async (folder) => {
      const line = (version: string | null, id: string): unknown => {
        return { request_id: id, model: 'fraud', version, event_time: START_MS, score: 1 };
      };
      const lines = [line('v6', 'a'), line('v7', 'a'), line(null, 'b'), 'oops', line('v7', '')];
      const path = await writeLines(join(folder, 'both.jsonl'), lines);
      const seen = await readAll(fileOptions(folder, { current: [path], canary: [path] }));
      expect(seen.records).toHaveLength(10);
      expect(seen.records.filter(({ status }) => status === 0)).toHaveLength(2);
      expect(seen.letters.map(({ letter }) => letter.reason)).toEqual([
        'missing_field',
        'not_json',
        'empty_request_id',
      ]);
    });
  });
});

describe('arrival times', () => {
  const rows = (version: string, times: readonly (readonly [number, number])[]): unknown[] =>
    times.map(([arrival, event], k) => {
      return {
        request_id: `${version}-${k}`,
        model: 'fraud',
        version,
        event_time: START_MS + event,
        arrival_time: START_MS + arrival,
        score: 1,
      };
    });

  test('order the files and are the clock for future records', async () => {
    await inFolder(async (folder) => {
      const current = await writeLines(
        join(folder, 'a.jsonl'),
        rows('v6', [
          [0, 0],
          [5_000, 2_000],
          [9_000, 99_000],
        ]),
      );
      const canary = await writeLines(
        join(folder, 'b.jsonl'),
        rows('v7', [
          [4_000, 4_000],
          [6_000, 1_000],
        ]),
      );
      const seen = await readAll(fileOptions(folder, { current: [current], canary: [canary] }));
      expect(seen.clock).toBe('arrival_time');
      expect(seen.records.map(({ requestId }) => requestId)).toEqual([
        'v6-0',
        'v7-0',
        'v6-1',
        'v7-1',
        'v6-2',
      ]);
      expect(seen.letters.map(({ letter }) => letter)).toEqual([
        {
          reason: 'future',
          field: 'event_time',
          detail: 'event_time is 90000 ms after arrival_time, at most 60000 are believed',
          source: { kind: 'file', file: current, line: 3 },
          payload: expect.stringContaining('v6-2'),
        },
      ]);
    });
  });

  test('of some files only are said not to be the clock', async () => {
    await inFolder(async (folder) => {
      const current = await writeLines(join(folder, 'a.jsonl'), rows('v6', [[0, 0]]));
      const canary = await writeParquet(
        join(folder, 'b.parquet'),
        `select * replace ('v7' as version) from (select ${KEYS}, 1 as score from range(2) t(i))`,
      );
      const seen = await readAll(fileOptions(folder, { current: [current], canary: [canary] }));
      expect(seen.clock).toBe('event_time');
      expect(seen.warnings).toEqual([
        'only some files have arrival_time: the others are merged by event time',
      ]);
    });
  });
});

describe('the columns that lines are spooled into', () => {
  test('are used again while the file is unchanged, and made anew when it changes', async () => {
    await inFolder(async (folder) => {
      const line = {
        request_id: 'r',
        model: 'fraud',
        version: 'v6',
        event_time: START_MS,
        score: 1,
      };
      const path = await writeLines(join(folder, 'a.jsonl'), [line]);
      const options = fileOptions(folder, { current: [path] });
      await readAll(options);
      const [spooled = ''] = await readdir(join(folder, 'spool'));
      expect(spooled).toMatch(/^a\.jsonl-[0-9a-f]{16}\.parquet$/);
      await rm(join(folder, 'spool', spooled));
      await writeParquet(join(folder, 'spool', spooled), 'select 1 as planted');
      await expect(readAll(options)).rejects.toThrow(/a\.jsonl/);
      await writeLines(path, [line, line]);
      await utimes(path, 1, 1);
      expect((await readAll(options)).records).toHaveLength(2);
    });
  });

  test('keep keys that differ in case only, and keys that look like SQL', async () => {
    await inFolder(async (folder) => {
      const features = {
        Amount: 1,
        amount: 2,
        "it's": 3,
        '"q"': 4,
        ['__proto__']: 5,
        constructor: 6,
      };
      const line = {
        request_id: 'r',
        model: 'fraud',
        version: 'v6',
        event_time: START_MS,
        features,
      };
      const path = await writeLines(join(folder, 'a.jsonl'), [line]);
      const { records, schema } = await readAll(fileOptions(folder, { current: [path] }));
      expect(schema.layout.numbers.map(({ name }) => name)).toEqual([
        'feature."q"',
        'feature.Amount',
        'feature.__proto__',
        'feature.amount',
        'feature.constructor',
        "feature.it's",
      ]);
      expect(records[0]?.values).toMatchObject({ 'feature.Amount': 1, 'feature.amount': 2 });
    });
  });

  test('hold many batches in their order, with keys that turn up late', async () => {
    await inFolder(async (folder) => {
      const lines = Array.from({ length: 6_000 }, (_, k) => {
        const features = k < 5_000 ? { a: k } : { a: k, late: `v${k % 7}` };
        const time = START_MS + k;
        const items = k % 2 === 0 ? ['x', `y${k}`] : null;
        return {
          request_id: `r${k}`,
          model: 'fraud',
          version: 'v6',
          event_time: time,
          features,
          items,
        };
      });
      const path = await writeLines(join(folder, 'a.jsonl'), lines);
      const { records } = await readAll(fileOptions(folder, { current: [path] }));
      expect(records.map(({ values }) => values['feature.a'])).toEqual(lines.map((_, k) => k));
      expect(records[5_999]?.values['feature.late']).toBe('v0');
      expect(records[4_999]?.values['feature.late']).toBeNull();
      expect(records.slice(0, 2).map(({ flags }) => flags)).toEqual([0, 4]);
    });
  });
});

describe('a log that is closed before its end', () => {
  test('gives everything back, with reads on their way, and can be opened again there', async () => {
    await inFolder(async (folder) => {
      const query = `select ${KEYS}, i * 0.001 as score from range(20000) t(i)`;
      const current = [await writeParquet(join(folder, 'a.parquet'), query)];
      const first = await openFileLog(fileOptions(folder, { current }));
      const frame = await first.next();
      const from = frame?.resumeToken ?? null;
      await first.close();
      const rest = await readAll(fileOptions(folder, { current, from }));
      expect(rest.records).toHaveLength(20_000 - (frame?.length ?? 0));
    });
  });

  test('is not opened again on other files than before', async () => {
    await inFolder(async (folder) => {
      const one = await writeParquet(
        join(folder, 'a.parquet'),
        `select ${KEYS}, 1 as score from range(9) t(i)`,
      );
      const two = await writeParquet(
        join(folder, 'b.parquet'),
        `select ${KEYS}, 1 as score from range(10) t(i)`,
      );
      const { tokens } = await readAll(fileOptions(folder, { current: [one] }));
      const from = tokens[0]?.token ?? null;
      await expect(readAll(fileOptions(folder, { current: [two], from }))).rejects.toThrow(
        /not those that the earlier run read/,
      );
    });
  });
});
