import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openFileLog } from '../../../src/adapters/files/reader/open-file-log.ts';
import type { FileLogOptions } from '../../../src/adapters/files/reader/options.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';
import {
  fileOptions,
  inFolder,
  readLog,
  type SeenLog,
  START_MS,
  writeLines,
  writeParquet,
} from '../../support/log-files.ts';

const GOOD = {
  request_id: 'good',
  model: 'fraud',
  version: 'v6',
  event_time: START_MS,
  score: 0.5,
};
const CANARY = { ...GOOD, version: 'v7' };
const PARQUET_GOOD = `'good' as request_id, 'fraud' as model, 'v6' as version,
  ${START_MS}::bigint as event_time, 0.5::double as score`;

async function failureOf(open: Promise<unknown>): Promise<CoalmineError> {
  try {
    await open;
  } catch (error) {
    if (error instanceof CoalmineError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

/** Reads these lines as the current arm beside one good canary record. */
async function readLines(
  lines: readonly unknown[],
  given: Partial<FileLogOptions> = {},
): Promise<SeenLog & { readonly warnings: readonly string[] }> {
  return inFolder(async (folder) => {
    const current = [await writeLines(join(folder, 'current.jsonl'), lines)];
    const canary = [await writeLines(join(folder, 'canary.jsonl'), [CANARY])];
    const log = await openFileLog(fileOptions(folder, { current, canary, ...given }));
    const { warnings } = log;
    return { ...(await readLog(log)), warnings };
  });
}

async function readParquetRows(
  query: string,
  given: Partial<FileLogOptions> = {},
): Promise<SeenLog & { readonly warnings: readonly string[] }> {
  return inFolder(async (folder) => {
    const current = [await writeParquet(join(folder, 'current.parquet'), query)];
    const canary = [await writeLines(join(folder, 'canary.jsonl'), [CANARY])];
    const log = await openFileLog(fileOptions(folder, { current, canary, ...given }));
    const { warnings } = log;
    return { ...(await readLog(log)), warnings };
  });
}

function reasons(seen: SeenLog): readonly (readonly [string, string | null, number])[] {
  return seen.letters.map(({ letter }) => [
    letter.reason,
    letter.field,
    letter.source.kind === 'file' ? letter.source.line : -1,
  ]);
}

describe('a line of a JSON Lines file that is no record', () => {
  test.each([
    ['cut in the middle', JSON.stringify(GOOD).slice(0, 40), 'not_json', null],
    ['not JSON', 'hello', 'not_json', null],
    ['a list', '[1, 2]', 'not_an_object', null],
    ['a number', '7', 'not_an_object', null],
    ['null', 'null', 'not_an_object', null],
    ['a text of 1 MB', { ...GOOD, label: 'x'.repeat(1_000_000) }, 'too_large', null],
    ['without request id', { ...GOOD, request_id: undefined }, 'missing_field', 'request_id'],
    ['with a null request id', { ...GOOD, request_id: null }, 'missing_field', 'request_id'],
    ['with an empty request id', { ...GOOD, request_id: '' }, 'empty_request_id', 'request_id'],
    [
      'with 10 kB of id',
      { ...GOOD, request_id: 'é'.repeat(5_000) },
      'long_request_id',
      'request_id',
    ],
    ['with a numeric id', { ...GOOD, request_id: 12 }, 'wrong_type', 'request_id'],
    ['without model', { ...GOOD, model: undefined }, 'missing_field', 'model'],
    ['without version', { ...GOOD, version: null }, 'missing_field', 'version'],
    ['without event time', { ...GOOD, event_time: undefined }, 'missing_field', 'event_time'],
    ['in seconds', { ...GOOD, event_time: START_MS / 1000 }, 'bad_event_time', 'event_time'],
    [
      'in the year 3000',
      { ...GOOD, event_time: 32_503_680_000_000 },
      'bad_event_time',
      'event_time',
    ],
    ['at a negative time', { ...GOOD, event_time: -5 }, 'bad_event_time', 'event_time'],
    ['at a time in words', { ...GOOD, event_time: '2001-04-11' }, 'wrong_type', 'event_time'],
    ['with a score in words', { ...GOOD, score: 'high' }, 'wrong_type', 'score'],
    ['with a numeric label', { ...GOOD, label: 1 }, 'wrong_type', 'label'],
    ['with half a row', { ...GOOD, row_index: 0.5 }, 'bad_row_index', 'row_index'],
    ['with a negative row', { ...GOOD, row_index: -1 }, 'bad_row_index', 'row_index'],
    ['with negative latency', { ...GOOD, latency_ms: -2 }, 'bad_latency', 'latency_ms'],
    [
      'never sampled',
      { ...GOOD, sampling_fraction: 0 },
      'bad_sampling_fraction',
      'sampling_fraction',
    ],
    ['with 101 items', { ...GOOD, items: Array(101).fill('a') }, 'too_many_items', 'items'],
    ['with items in numbers', { ...GOOD, items: [1] }, 'wrong_type', 'items'],
    ['with features in a list', { ...GOOD, features: [1] }, 'wrong_type', 'features'],
    ['with a nested feature', { ...GOOD, features: { a: { b: 1 } } }, 'wrong_type', 'features'],
    ['served perhaps', { ...GOOD, served: 'yes' }, 'wrong_type', 'served'],
  ])(
    '%s is a dead letter with its line, and the next lines go on',
    async (_, line, reason, field) => {
      const seen = await readLines([GOOD, line, { ...GOOD, request_id: 'after' }]);
      expect(reasons(seen)).toEqual([[reason, field, 2]]);
      const usable = seen.records.filter(({ side, status }) => side === 'current' && status === 0);
      expect(usable.map(({ requestId }) => requestId)).toEqual(['good', 'after']);
      expect(seen.records).toHaveLength(4);
      const [dead] = seen.letters;
      expect(seen.records[dead?.sequence ?? -1]).toMatchObject({ side: 'current', requestId: '' });
      expect(dead?.letter.payload?.length).toBeLessThanOrEqual(100_000);
    },
  );

  test('says that a time looks like seconds', async () => {
    const { letters } = await readLines([GOOD, { ...GOOD, event_time: 986_947_200 }]);
    expect(letters[0]?.letter.detail).toBe(
      'event_time is 986947200, which looks like seconds; ms since 1970 are wanted',
    );
  });

  test('counts lines as an editor does, blank ones included', async () => {
    const seen = await readLines([GOOD, '', '  ', 'oops', '', '{"a": 1}']);
    expect(reasons(seen)).toEqual([
      ['not_json', null, 4],
      ['missing_field', 'model', 6],
    ]);
  });

  test('belongs to another model when it says so, whatever else is wrong with it', async () => {
    const seen = await readLines([GOOD, { ...GOOD, model: 'other', event_time: 'never' }]);
    expect(seen.letters).toEqual([]);
    expect(seen.records.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([0, 0, 255]);
  });
});

describe('a row of a Parquet file that is no record', () => {
  test.each([
    ['no request id', `null::varchar as request_id`, 'missing_field', 'request_id'],
    ['an empty request id', `'' as request_id`, 'empty_request_id', 'request_id'],
    ['10 kB of id', `repeat('é', 5000) as request_id`, 'long_request_id', 'request_id'],
    ['a null model', 'null::varchar as model', 'missing_field', 'model'],
    ['a null version', 'null::varchar as version', 'missing_field', 'version'],
    ['no time', 'null::bigint as event_time', 'missing_field', 'event_time'],
    [
      'a time in seconds',
      `${START_MS / 1000}::bigint as event_time`,
      'bad_event_time',
      'event_time',
    ],
    ['a negative time', '-1::bigint as event_time', 'bad_event_time', 'event_time'],
    ['a row below 0', '-1 as row_index', 'bad_row_index', 'row_index'],
    ['negative latency', '-0.5::double as latency_ms', 'bad_latency', 'latency_ms'],
    [
      'a fraction of 2',
      '2::double as sampling_fraction',
      'bad_sampling_fraction',
      'sampling_fraction',
    ],
    ['a score in words', `'high' as score`, 'wrong_type', 'score'],
    ['a text of 1 MB', `repeat('x', 1000000) as label`, 'too_large', null],
    ['101 items', `[k::varchar for k in range(101)] as items`, 'too_many_items', 'items'],
  ])('%s is a dead letter with its row', async (_, column, reason, field) => {
    const name = column.split(' as ').at(-1) ?? '';
    const replaced = `select * replace (${column}) from rows`;
    const added = `select *, ${column} from rows`;
    const base = `with rows as (select ${PARQUET_GOOD})`;
    const bad = `${base} ${PARQUET_GOOD.includes(` ${name}`) ? replaced : added}`;
    const seen = await readParquetRows(
      `select * from (select ${PARQUET_GOOD}) union all by name (${bad})
       union all by name (select * replace ('after' as request_id) from (select ${PARQUET_GOOD}))`,
    );
    expect(reasons(seen)).toEqual([[reason, field, 2]]);
    const usable = seen.records.filter(({ side, status }) => side === 'current' && status === 0);
    expect(usable.map(({ requestId }) => requestId)).toEqual(['good', 'after']);
    expect(seen.letters[0]?.letter.payload).toContain('"model"');
  });
});

describe('numbers that are not finite', () => {
  test('are infinite in the columns, whether Python or JSON wrote them, and null is NaN', async () => {
    const text = JSON.stringify({ ...GOOD, features: { a: 'NaN', b: -1 } });
    const seen = await readLines([
      { ...GOOD, features: { a: 1, b: 1 } },
      text.replace('"NaN"', 'NaN').replace('-1', '-Infinity'),
      { ...GOOD, features: { a: null } },
    ]);
    const values = seen.records.filter((r) => r.side === 'current').map((r) => r.values);
    expect(values.map((v) => [v['feature.a'], v['feature.b']])).toEqual([
      [1, 1],
      [Infinity, Infinity],
      [Number.NaN, Number.NaN],
    ]);
  });

  test('make an answer without a finite score an error of its arm', async () => {
    const seen = await readParquetRows(
      `select * replace (unnest(['nan'::double, 'inf'::double, 0.5, null]) as score)
       from (select ${PARQUET_GOOD})`,
    );
    const current = seen.records.filter((record) => record.side === 'current');
    expect(current.map(({ flags }) => flags)).toEqual([4, 4, 0, 4]);
    expect(current.map(({ values }) => values['score'])).toEqual([
      Infinity,
      Infinity,
      0.5,
      Number.NaN,
    ]);
  });
});

describe('a feature that changes its type midway', () => {
  test('keeps the kind of its first value, and the change is counted', async () => {
    const features = [
      { a: 1, b: 'x' },
      { a: 'two', b: 2 },
      { a: null, b: true },
      { a: 4, b: 'x' },
    ];
    const seen = await readLines(features.map((values) => ({ ...GOOD, features: values })));
    const values = seen.records.filter((r) => r.side === 'current').map((r) => r.values);
    expect(values.map((v) => v['feature.a'])).toEqual([1, Infinity, Number.NaN, 4]);
    expect(values.map((v) => v['feature.b'])).toEqual(['x', '2', 'true', 'x']);
    expect(seen.warnings.map((warning) => warning.replace(/ in .*/, ''))).toEqual([
      'mistyped: feature.a 1',
      'mistyped: feature.b 2',
    ]);
  });
});

describe('an input file that cannot be read', () => {
  const opening = async (
    prepare: (folder: string) => Promise<Partial<FileLogOptions>>,
  ): Promise<CoalmineError> =>
    inFolder(async (folder) => failureOf(openFileLog(fileOptions(folder, await prepare(folder)))));

  test('is named when it does not exist, and so is a glob without a match', async () => {
    const missing = await opening(async (folder) => ({ current: [join(folder, 'no.parquet')] }));
    expect(missing.code).toBe('input_missing');
    expect(missing.message).toMatch(/there is no file .*no\.parquet/);
    const glob = await opening(async (folder) => ({ current: [join(folder, '*.jsonl')] }));
    expect(glob.message).toMatch(/no file matches .*\*\.jsonl/);
  });

  test.each([
    ['', /x\.parquet is not a Parquet file: it is empty \(0 bytes\)/],
    ['hello, I am text', /x\.parquet is not a Parquet file: it begins with "hello, I am text"/],
    ['PAR1 cut short', /x\.parquet cannot be read: /],
  ])('says what a file called .parquet begins with: %j', async (content, message) => {
    const error = await opening(async (folder) => {
      await writeFile(join(folder, 'x.parquet'), content);
      return { current: [join(folder, 'x.parquet')] };
    });
    expect(error.code).toBe('input_unreadable');
    expect(error.message).toMatch(message);
  });

  test('names the mandatory columns it lacks and those it has', async () => {
    const error = await opening(async (folder) => ({
      current: [
        await writeParquet(
          join(folder, 'x.parquet'),
          `select 'r' as id, 1.0 as score, 'm' as model`,
        ),
      ],
    }));
    expect(error.code).toBe('input_unreadable');
    expect(error.message).toMatch(
      /x\.parquet has no columns request_id, version, event_time, which are mandatory/,
    );
    expect(error.hints).toEqual(['columns found: id, score, model']);
  });

  test('is refused when it holds only other models and versions, with what it holds', async () => {
    const error = await opening(async (folder) => ({
      current: [await writeLines(join(folder, 'a.jsonl'), [GOOD])],
      canary: [
        await writeLines(join(folder, 'b.jsonl'), [GOOD, GOOD, { ...GOOD, model: 'churn' }]),
      ],
    }));
    expect(error.code).toBe('input_foreign');
    expect(error.message).toBe('the canary files hold no record of model fraud, version v7');
    expect(error.hints).toEqual([
      'found: model fraud version v6 (2 records), model churn version v6 (1 records)',
    ]);
  });
});

describe('an empty input', () => {
  test('is no records and a warning, for both kinds of file', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'a.jsonl'), '');
      const current = [join(folder, 'a.jsonl')];
      const canary = [
        await writeParquet(join(folder, 'b.parquet'), `select ${PARQUET_GOOD} limit 0`),
      ];
      const log = await openFileLog(fileOptions(folder, { current, canary }));
      expect(log.warnings).toEqual([
        expect.stringMatching(/a\.jsonl is empty/),
        expect.stringMatching(/b\.parquet is empty/),
        'no usable record of the current version in its files',
        'no usable record of the canary version in its files',
      ]);
      expect(await log.next()).toBeNull();
      await log.close();
    });
  });
});

describe('file names and encodings', () => {
  test('a zipped JSON Lines file is read, with a byte order mark and Windows line ends', async () => {
    await inFolder(async (folder) => {
      const text = `\uFEFF${JSON.stringify(GOOD)}\r\n${JSON.stringify(GOOD)}\r\n`;
      await writeFile(join(folder, 'a.jsonl.gz'), gzipSync(text));
      const log = await openFileLog(
        fileOptions(folder, { current: [join(folder, 'a.jsonl.gz')], canary: [] }),
      );
      const seen = await readLog(log);
      expect(seen.letters).toEqual([]);
      expect(seen.records).toHaveLength(2);
    });
  });

  test("a name with brackets, quotes and spaces is the file's name", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "it's [1] log.parquet");
      await writeParquet(path.replaceAll("'", "''"), `select ${PARQUET_GOOD}`);
      const log = await openFileLog(fileOptions(folder, { current: [path] }));
      expect((await readLog(log)).records).toHaveLength(1);
    });
  });

  test('globs are expanded in order of name, after which each file keeps its own order', async () => {
    await inFolder(async (folder) => {
      for (const name of ['b', 'a', 'c']) {
        await writeLines(join(folder, `${name}.jsonl`), [{ ...GOOD, request_id: name }]);
      }
      const log = await openFileLog(fileOptions(folder, { current: [join(folder, '?.jsonl')] }));
      const { records } = await readLog(log);
      expect(records.map(({ requestId }) => requestId)).toEqual(['a', 'b', 'c']);
    });
  });
});

describe('a folder for spooled lines that cannot be made', () => {
  test('is an error that names it', async () => {
    await inFolder(async (folder) => {
      const current = [await writeLines(join(folder, 'a.jsonl'), [GOOD])];
      const error = await failureOf(
        openFileLog(fileOptions(folder, { current, spoolFolder: join(folder, 'a.jsonl', 'x') })),
      );
      expect(error.code).toBe('output_unwritable');
      expect(error.message).toMatch(/cannot write .*a\.jsonl\/x/);
    });
  });
});

describe('a file that is damaged in the middle', () => {
  test('is an error that names it, not fewer records', async () => {
    await inFolder(async (folder) => {
      const path = await writeParquet(
        join(folder, 'a.parquet'),
        `select * replace (i::varchar as request_id), random() as confidence
         from (select ${PARQUET_GOOD}, i from range(50000) t(i))`,
      );
      const content = await readFile(path);
      content.fill(0xab, 200_000, 210_000);
      await writeFile(path, content);
      const error = await failureOf(
        openFileLog(fileOptions(folder, { current: [path] })).then(readLog),
      );
      expect(error.code).toBe('input_unreadable');
      expect(error.message).toMatch(/a\.parquet cannot be read/);
    });
  });
});
