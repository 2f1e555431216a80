import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFolder, writeLines, writeParquet } from '../../support/log-files.ts';
import { type Ended, refusal, replayArgs, runCli } from '../../support/replay-cli.ts';
import { type LogPaths, logRows, writeLogLines } from '../../support/replay-log.ts';
import { replayPlanText, writeReplayPlan } from '../../support/replay-plan.ts';

interface Setting {
  readonly folder: string;
  readonly plan: string;
  readonly log: LogPaths;
}

const ROWS = logRows({ requestCount: 60 });

/** A small good log and its plan; each test spoils one thing. */
async function inSetting<T>(use: (setting: Setting) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const log = await writeLogLines(folder, ROWS);
    const plan = await writeReplayPlan(join(folder, 'plan.yaml'));
    return use({ folder, plan, log });
  });
}

interface Spoilt extends Partial<LogPaths> {
  readonly plan?: string;
  readonly more?: readonly string[];
}

async function run(setting: Setting, spoilt: Spoilt): Promise<Ended> {
  const { plan = setting.plan, more = [], ...log } = spoilt;
  const out = join(setting.folder, 'out');
  return runCli(replayArgs({ plan, log: { ...setting.log, ...log }, out, more }));
}

describe('a file that cannot be used as a whole', () => {
  test('is named when it is not there', () =>
    inSetting(async (setting) => {
      const path = join(setting.folder, 'nowhere.parquet');
      expect(await run(setting, { current: [path] })).toMatchObject(
        refusal(1, `there is no file ${path}`, '(input_missing)'),
      );
    }));

  test('is named when a glob matches none', () =>
    inSetting(async (setting) => {
      const pattern = join(setting.folder, 'no-*.parquet');
      expect(await run(setting, { canary: [pattern] })).toMatchObject(
        refusal(1, `no file matches ${pattern}`, 'quote a glob', '(input_missing)'),
      );
    }));

  test('is named when it is a folder', () =>
    inSetting(async (setting) => {
      expect(await run(setting, { outcomes: [setting.folder] })).toMatchObject(
        refusal(1, `there is no file ${setting.folder}`, '(input_missing)'),
      );
    }));

  test('says what it begins with when it is no Parquet', () =>
    inSetting(async (setting) => {
      const path = join(setting.folder, 'log.parquet');
      await writeFile(path, 'request_id,score\nr-1,0.5\n');
      expect(await run(setting, { current: [path] })).toMatchObject(
        refusal(
          1,
          `${path} is not a Parquet file`,
          'request_id,score',
          '.jsonl',
          '(input_unreadable)',
        ),
      );
    }));

  test('is called empty when a Parquet file has 0 bytes', () =>
    inSetting(async (setting) => {
      const path = join(setting.folder, 'log.parquet');
      await writeFile(path, '');
      expect(await run(setting, { canary: [path] })).toMatchObject(
        refusal(1, `${path} is not a Parquet file: it is empty (0 bytes)`, '(input_unreadable)'),
      );
    }));

  test('is named when a Parquet file was cut', () =>
    inSetting(async (setting) => {
      const path = join(setting.folder, 'log.parquet');
      await writeFile(path, `PAR1${'\u0000'.repeat(200)}`);
      expect(await run(setting, { canary: [path] })).toMatchObject(
        refusal(1, path, '(input_unreadable)'),
      );
    }));

  test('says which mandatory column it lacks, and which it has', () =>
    inSetting(async (setting) => {
      const path = join(setting.folder, 'log.parquet');
      const columns = `'r' as request_id, 'fraud' as model, 'v6' as version, 0.5 as score`;
      await writeParquet(path, `select ${columns}`);
      const lacks = `${path} has no column event_time, which is mandatory`;
      const found = 'columns found: request_id, model, version, score';
      expect(await run(setting, { current: [path] })).toMatchObject(
        refusal(1, lacks, found, '(input_unreadable)'),
      );
    }));

  test.each([
    ['model', { model: 'churn' }, 'model churn version v6 (60 records)'],
    ['version', { version: 'v5' }, 'model fraud version v5 (60 records)'],
  ])('says what it holds when all is of another %s', (_, over, found) =>
    inSetting(async (setting) => {
      const rows = ROWS.current.map((row) => ({ ...row, ...over }));
      const path = await writeLines(join(setting.folder, 'other.jsonl'), rows);
      const wanted = 'the current files hold no record of model fraud, version v6';
      expect(await run(setting, { current: [path] })).toMatchObject(
        refusal(1, wanted, found, '(input_foreign)'),
      );
    }),
  );

  test('is found out when the arms are swapped', () =>
    inSetting(async (setting) => {
      const { current, canary } = setting.log;
      expect(await run(setting, { current: canary, canary: current })).toMatchObject(
        refusal(1, 'hold no record of model fraud, version v6', 'version v7 (60 records)'),
      );
    }));
});

describe('a plan that cannot be used', () => {
  test.each([
    [
      'both arms are one version',
      { canary: 'v6' },
      ['plan.yaml:7:', 'both arms are version v6', 'another version than v6'],
    ],
    [
      'a key is unknown',
      { extra: ['falseRollbakRate: 0.01'] },
      ['plan.yaml:25:', 'falseRollbakRate', 'falseRollbackRate'],
    ],
    [
      'a value is impossible',
      { windowLength: '30 minutes' },
      ['plan.yaml:8:', '30 minutes', '30m'],
    ],
    ['a limit is no share', { disagreementMax: 12 }, ['plan.yaml:20:', 'max', '12']],
  ])('names the line, and what would be right, when %s', (_, options, says) =>
    inSetting(async (setting) => {
      await writeFile(setting.plan, replayPlanText(options));
      expect(await run(setting, {})).toMatchObject(refusal(1, ...says));
    }),
  );

  test('is named when it does not exist', () =>
    inSetting(async (setting) => {
      const plan = join(setting.folder, 'no-plan.yaml');
      expect(await run(setting, { plan })).toMatchObject(
        refusal(1, `the plan ${plan} does not exist`, '(input_missing)'),
      );
    }));
});

describe('a command line that is not understood', () => {
  test.each([
    ['--traffic', ['--traffic', 'guess'], 'simulate, recorded'],
    ['--speed', ['--speed', 'fast'], 'max, realtime, or times real time such as 60x'],
    ['--partitions', ['--partitions', '0'], '--partitions'],
    ['a mistyped option', ['--partitons', '3'], 'Did you mean --partitions?'],
  ])('ends with 2 and the valid values of %s', (_, more, says) =>
    inSetting(async (setting) => {
      expect(await run(setting, { more })).toMatchObject(refusal(2, says));
    }),
  );

  test('says which mandatory option is missing', async () => {
    const ended = await runCli(['replay', '--plan', 'p', '--current', 'c', '--out', 'o']);
    expect(ended).toMatchObject(refusal(2, '--canary'));
  });
});
