import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportShape } from '../../../src/app/report/report-shape.ts';
import { refusal, replayArgs, replayed, runCli } from '../../support/replay-cli.ts';
import { logRows, writeLogLines } from '../../support/replay-log.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

let folder = '';
let out = '';
let verdicts = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-over-time-'));
  out = join(folder, 'out');
  const log = await writeLogLines(folder, logRows());
  const answer = await replayed({ plan: await writeReplayPlan(join(folder, 'p.yaml')), log, out });
  ({ verdicts } = answer);
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function reported(from: string) {
  const ended = await runCli(['explain', from, '--over-time', '-o', 'json']);
  expect(ended.code).toBe(0);
  return { ...ended, report: reportShape.parse(JSON.parse(ended.stdout)) };
}

describe('the evidence of a replay over time', () => {
  test('is derived from what the replay left, every verdict byte for byte', async () => {
    const { report, stderr } = await reported(out);
    expect(stderr).toBe(`${verdicts} of ${verdicts} verdicts derived again, byte for byte\n`);
    expect(report.decision.outcome).toBe('promoted');
    expect(report.stages.map(({ share }) => share)).toEqual([0, 0.1, 0.5, 1]);
    expect(report.stages.every(({ passed }) => passed !== null)).toBe(true);
    for (const { series } of report.checks) expect(series).toHaveLength(verdicts);
  });

  test('has the same bytes however the log was dealt out', async () => {
    const log = await writeLogLines(folder, logRows());
    const plan = join(folder, 'p.yaml');
    const other = join(folder, 'other');
    await runCli(replayArgs({ plan, log, out: other, more: ['--partitions', '1'] }));
    expect((await reported(other)).stdout).toBe((await reported(out)).stdout);
  });

  test('is refused, with the window, when one byte of a verdict was changed', async () => {
    const altered = join(folder, 'altered');
    await cp(out, altered, { recursive: true });
    const instance = await DuckDBInstance.create(join(altered, 'coalmine.duckdb'));
    const connection = await instance.connect();
    await connection.run(
      `update outbox set body = replace(body, '"decision":"hold"', '"decision":"hole"')
       where kind = 'verdict' and number = 2`,
    );
    connection.closeSync();
    instance.closeSync();
    expect(await runCli(['explain', altered, '--over-time'])).toEqual(
      expect.objectContaining(
        refusal(
          1,
          'store_altered',
          'verdict of window 2001-04-11T00:30:00.000Z: decision is stored',
        ),
      ),
    );
  });
});
