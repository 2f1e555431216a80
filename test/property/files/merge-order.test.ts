import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openFileLog } from '../../../src/adapters/files/reader/open-file-log.ts';
import type { PredictionLog } from '../../../src/pipeline/ports.ts';
import { fileOptions, inFolder, runSql, START_MS } from '../../support/log-files.ts';

/** A file of the log: so many rows, so far out of order, beginning at a time of its own. */
const fileArbitrary = fc.record({
  side: fc.constantFrom('current', 'canary', 'outcomes'),
  rows: fc.integer({ min: 0, max: 5_000 }),
  disorderMs: fc.constantFrom(0, 1, 40, 3_000),
  startMs: fc.integer({ min: 0, max: 40_000 }),
  /** Every so many rows one has a wild time: far behind, far ahead, or none that can be believed. */
  wildEvery: fc.constantFrom(0, 97, 700),
  rowGroupRows: fc.constantFrom(2_048, 100_000),
});
type FileSpec = typeof fileArbitrary extends fc.Arbitrary<infer T> ? T : never;

function timeSql(spec: FileSpec, salt: number): string {
  const shift = spec.disorderMs === 0 ? '0' : `(hash(i, ${salt}) % ${spec.disorderMs})`;
  const time = `${START_MS + spec.startMs} + i * 10 + ${shift}`;
  if (spec.wildEvery === 0) return `(${time})::bigint`;
  const wild = `(case hash(i, ${salt}, 1) % 3 when 0 then ${time} + 7200000 when 1 then ${time} - 7200000 else -1 end)`;
  return `(case when i % ${spec.wildEvery} = 5 then ${wild} else ${time} end)::bigint`;
}

async function writeFiles(folder: string, specs: readonly FileSpec[]): Promise<readonly string[]> {
  const paths = specs.map((spec, k) => join(folder, `${k}-${spec.side}.parquet`));
  await runSql(
    ...specs.map((spec, k) => {
      const version = spec.side === 'canary' ? 'v7' : 'v6';
      const answer =
        spec.side === 'outcomes'
          ? `'late' as metric, 1.0 as value`
          : `'${version}' as version, 0.5 as score`;
      return `copy (select '${k}:' || i as request_id, 'fraud' as model, ${timeSql(spec, k)} as event_time,
          ${answer} from range(${spec.rows}) t(i))
        to '${paths[k]}' (format parquet, row_group_size ${spec.rowGroupRows})`;
    }),
  );
  return paths;
}

interface Times {
  readonly ids: readonly string[];
  readonly times: readonly number[];
}

/** The rule in its plainest form: the key of a row, then a stable sort by key and file. */
function expectedOrder(files: readonly Times[]): readonly string[] {
  const rows = files.flatMap(({ ids, times }, file) => {
    let previous = Number.NEGATIVE_INFINITY;
    return ids.map((id, row) => {
      const own = times[row] ?? 0;
      const isLate = own >= 631_152_000_000 && own <= previous;
      const above = times.slice(row, row + 8).filter((time) => time > previous);
      const next = above.filter((time) => time >= 631_152_000_000);
      if (!isLate && next.length > 0) previous = Math.min(...next);
      return { id, key: previous, file, row };
    });
  });
  return rows
    .toSorted((a, b) => (a.key === b.key ? 0 : a.key - b.key) || a.file - b.file || a.row - b.row)
    .map(({ id }) => id);
}

interface Reading {
  readonly entries: readonly string[];
  readonly dead: readonly string[];
  readonly tokens: readonly { readonly token: string; readonly at: number }[];
}

/** One text per record: side, time, key words and status say which record it is. */
async function read(log: PredictionLog): Promise<Reading> {
  const entries: string[] = [];
  const dead: string[] = [];
  const tokens: { token: string; at: number }[] = [];
  for (let frame = await log.next(); frame !== null; frame = await log.next()) {
    for (let k = 0; k < frame.length; k += 1) {
      const entry: number = frame.order[k] ?? 0;
      const row = entry >> 2;
      const columns = [frame.current, frame.canary, frame.outcomes][entry & 3];
      entries.push(
        `${columns?.key1[2 * row]}.${columns?.key1[2 * row + 1]} ${columns?.status[row]}`,
      );
    }
    dead.push(...frame.deadLetters.map(({ sequence, letter }) => `${sequence} ${letter.detail}`));
    tokens.push({ token: frame.resumeToken, at: frame.firstSequence + frame.length });
  }
  await log.close();
  return { entries, dead, tokens };
}

const SIDE_ORDER = ['current', 'canary', 'outcomes'];

test('files are merged by time, each in its own order, and reading goes on from anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fileArbitrary, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(60_000, Number.POSITIVE_INFINITY),
      fc.nat(),
      async (unsorted, futureMaxMs, pick) => {
        const specs = unsorted.toSorted(
          (a, b) => SIDE_ORDER.indexOf(a.side) - SIDE_ORDER.indexOf(b.side),
        );
        await inFolder(async (folder) => {
          const paths = await writeFiles(folder, specs);
          const of = (side: string): readonly string[] =>
            paths.filter((_, k) => specs[k]?.side === side);
          const options = fileOptions(folder, {
            current: of('current'),
            canary: of('canary'),
            outcomes: of('outcomes'),
            futureMaxMs,
          });
          const whole = await read(await openFileLog(options));
          const { keys, order } = await reference(folder, specs, paths);
          expect(whole.entries.map((entry) => entry.split(' ')[0])).toEqual(
            order.map((id) => keys.get(id)),
          );
          if (whole.tokens.length === 0) return;
          const from = whole.tokens[pick % whole.tokens.length];
          const rest = await read(await openFileLog({ ...options, from: from?.token ?? null }));
          expect(rest.entries).toEqual(whole.entries.slice(from?.at));
          expect(rest.dead).toEqual(
            whole.dead.filter((text) => Number(text.split(' ')[0]) >= (from?.at ?? 0)),
          );
        });
      },
    ),
    { numRuns: 12 },
  );
});

/** What the files hold, read by a plain query each. */
async function reference(
  folder: string,
  specs: readonly FileSpec[],
  paths: readonly string[],
): Promise<{ readonly keys: ReadonlyMap<string, string>; readonly order: readonly string[] }> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(join(folder, 'reference.duckdb'), { threads: '1' });
  const connection = await instance.connect();
  const files: Times[] = [];
  const keys = new Map<string, string>();
  for (const path of paths) {
    const rows = await connection.runAndReadAll(
      `select request_id, event_time::double, (h & 4294967295) || '.' || (h >> 32)
        from (select *, hash(request_id, 0::integer) as h from read_parquet('${path}'))`,
    );
    const ids: string[] = [];
    const times: number[] = [];
    for (const [id, time, key] of rows.getRowsJson()) {
      if (typeof id !== 'string' || typeof key !== 'string') continue;
      ids.push(id);
      times.push(Number(time));
      keys.set(id, key);
    }
    files.push({ ids, times });
  }
  connection.closeSync();
  instance.closeSync();
  expect(files).toHaveLength(specs.length);
  return { keys, order: expectedOrder(files) };
}
