import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inFolder } from '../../support/log-files.ts';
import {
  answerOf,
  type Ended,
  type ReplayArgs,
  refusal,
  replayArgs,
  replayed,
  runCli,
  startCli,
} from '../../support/replay-cli.ts';
import {
  type LogPaths,
  logRows,
  writeLogLines,
  writeLogParquet,
} from '../../support/replay-log.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

let folder = '';
let plan = '';
let log: LogPaths;
/** The output folder of a replay that came to its end; tests work on copies. */
let finished = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-store-'));
  log = await writeLogLines(folder, logRows({ requestCount: 200 }));
  plan = await writeReplayPlan(join(folder, 'plan.yaml'));
  finished = join(folder, 'finished');
  await replayed({ plan, log, out: finished });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(given: Partial<ReplayArgs> & { readonly out: string }): Promise<Ended> {
  return runCli(replayArgs({ plan, log, ...given }));
}

/** A copy of the finished output folder. */
async function copyOfFinished(name: string): Promise<string> {
  const out = join(folder, name);
  await cp(finished, out, { recursive: true });
  return out;
}

describe('an output folder that cannot be written', () => {
  test('is named when it lies below a file', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const out = join(file, 'out');
    expect(await run({ out })).toMatchObject(refusal(1, out, '--out', '(output_unwritable)'));
  });

  test('is named when it is a file itself', async () => {
    const out = join(folder, 'just-a-file');
    await writeFile(out, 'precious');
    expect(await run({ out })).toMatchObject(refusal(1, out, '--out', '(output_unwritable)'));
    expect(await readFile(out, 'utf8')).toBe('precious');
  });

  test.each(['JSON Lines', 'Parquet'])('is named when the system refuses it, for %s', (kind) =>
    inFolder(async (place) => {
      const out = '/proc/coalmine/out';
      const rows = logRows({ requestCount: 20 });
      const write = kind === 'Parquet' ? writeLogParquet : writeLogLines;
      expect(await run({ log: await write(place, rows), out })).toMatchObject(
        refusal(1, out, '--out', '(output_unwritable)'),
      );
    }),
  );
});

describe('a database that is not ours to write', () => {
  test('of a newer coalmine is refused by name and left as it is', async () => {
    const out = await copyOfFinished('newer');
    const path = join(out, 'coalmine.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`insert into schema_migrations values (99, '0099_future.sql', 'x')`);
    await connection.run('checkpoint');
    connection.closeSync();
    instance.closeSync();
    const before = await readFile(path);
    expect(await run({ out })).toMatchObject(
      refusal(1, 'migration 0099_future.sql', 'another output folder', '(store_newer)'),
    );
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test('that is no database is refused by name and left as it is', async () => {
    const out = join(folder, 'garbage');
    await mkdir(out);
    const path = join(out, 'coalmine.duckdb');
    await writeFile(path, 'not a database, but somebody needs it');
    expect(await run({ out })).toMatchObject(refusal(1, path, '(store_failed)'));
    expect(await readFile(path, 'utf8')).toBe('not a database, but somebody needs it');
  });
});

describe('a folder that holds another run', () => {
  test.each([
    ['plan', { limit: 0.2, more: [] }],
    ['partition count', { limit: 0.12, more: ['--partitions', '2'] }],
    ['traffic mode', { limit: 0.12, more: ['--traffic', 'recorded'] }],
  ])('with another %s is refused', async (_, { limit, more }) => {
    const other = await writeReplayPlan(join(folder, 'other.yaml'), { disagreementMax: limit });
    const out = await copyOfFinished(`other-${limit}-${more.join('')}`);
    const before = await readFile(join(out, 'verdicts.jsonl'), 'utf8');
    expect(await run({ plan: other, out, more })).toMatchObject(
      refusal(1, 'holds another run', 'another --out folder', '(store_mismatch)'),
    );
    expect(await readFile(join(out, 'verdicts.jsonl'), 'utf8')).toBe(before);
  });

  test('with other inputs is refused', async () => {
    const out = await copyOfFinished('other-inputs');
    const { outcomes: _, ...arms } = log;
    expect(await run({ log: { ...arms, outcomes: [] }, out })).toMatchObject(
      refusal(1, 'holds another run', '(store_mismatch)'),
    );
  });

  test('with an input that has grown is refused', () =>
    inFolder(async (place) => {
      const grown = await writeLogLines(place, logRows({ requestCount: 100 }));
      const out = join(place, 'out');
      await replayed({ plan, log: grown, out });
      await appendFile(grown.current[0] ?? '', '{}\n');
      expect(await run({ log: grown, out })).toMatchObject(
        refusal(1, 'holds another run', '(store_mismatch)'),
      );
    }));
});

describe('two replays into one folder', () => {
  test('the second is refused with the process that has it; the first goes on', async () => {
    const out = join(folder, 'contested');
    const slow = ['--speed', '600x'];
    const first = startCli(replayArgs({ plan, log, out, more: slow }));
    await first.said(/\d+ pairs/);
    expect(await run({ out })).toMatchObject(
      refusal(1, join(out, 'coalmine.duckdb'), `PID ${first.pid}`, '(store_locked)'),
    );
    first.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 130, stdout: '' });
    const answer = answerOf(await run({ out }));
    const undisturbed = await replayed({ plan, log, out: finished });
    expect({ ...answer, files: [] }).toEqual({ ...undisturbed, files: [] });
  });
});
