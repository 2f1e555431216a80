import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { reportShape } from '../../../../src/app/report/report-shape.ts';
import { logRows } from '../../../support/replay-log.ts';
import { replayPlanText } from '../../../support/replay-plan.ts';
import { type Replayed, replayed } from '../../../support/replayed.ts';
import { runCli } from '../run-cli.ts';

let folder = '';
let run: Replayed;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-over-time-'));
  run = await replayed(folder, logRows({ flipRate: 0.25, requestCount: 900 }), replayPlanText());
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

function overTime(...more: readonly string[]) {
  return runCli(['explain', run.out, '--over-time', ...more]);
}

describe('coalmine explain --over-time', () => {
  it('shows a person how it ended, a row of bars per check, and that every verdict was derived', async () => {
    const { code, stdout, stderr } = await overTime();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^rolled back: disagreement: /);
    expect(stdout).toMatch(/^STAGE +SHARE +FROM +UNTIL +WINDOWS +SAMPLES +OF +PASSED$/m);
    expect(stdout).toMatch(/^weighted average +rollback +ln E .* [_.\-~=+*]+#$/m);
    expect(stdout).toMatch(/^disagreement +fail +ln E .* [_.\-~=+*]+#$/m);
    expect(stdout).toMatch(/^error-rate +pass +ln E +\S+ +\S+ +- +_+$/m);
    expect(stdout).toMatch(/^WINDOW +STAGE +VALUE +BOUND +LIMIT +LN E +LINE +STATUS +WHY$/m);
    expect(stdout).toMatch(/^NOT JUDGED +WHY +WINDOWS +FROM +TO$/m);
    const count = run.report.verdictCount;
    expect(stdout).toMatch(
      new RegExp(`\n${count} of ${count} verdicts derived again, byte for byte\n$`),
    );
    // It is piped: who knows what reads it.
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('shows one check alone, in as many rows as it may', async () => {
    const { stdout } = await overTime('--check', 'latency-p95', '--limit', '5');
    expect(stdout).toMatch(/^latency-p95 {2}5 of \d+ windows, those of most evidence; the value /m);
    const [, table = ''] = /^WINDOW +STAGE .*\n([\s\S]*?)\n\n/m.exec(stdout) ?? [];
    expect(table.split('\n')).toHaveLength(5);
    expect(stdout).not.toMatch(/^disagreement/m);
  });

  it('hides no crossing, however few its rows', async () => {
    const { stdout } = await overTime('--check', 'disagreement', '--limit', '2');
    expect(stdout).toMatch(/^\d{4}-.* fail +limit_crossed$/m);
  });

  it('gives machines the report, and tells on stderr what was derived', async () => {
    const { code, stdout, stderr } = await overTime('-o', 'json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\d+ of \d+ verdicts derived again, byte for byte\n$/);
    const report = reportShape.parse(JSON.parse(stdout));
    expect(report.decision).toMatchObject({ outcome: 'rolled_back' });
    expect(report.windows).toHaveLength(run.report.verdictCount);
    expect((await overTime('-o', 'json')).stdout).toBe(stdout);
    expect(parse((await overTime('-o', 'yaml')).stdout)).toEqual(report);
  });

  it('takes a rollout in the folder that --out names, and some of its checks', async () => {
    const { stdout } = await runCli(
      ['explain', 'fraud-v7.1', '--out', run.out, '--over-time', '-o', 'json'].concat(
        ['--check', 'missing'],
        ['--check', 'error-rate'],
      ),
    );
    const { checks } = reportShape.parse(JSON.parse(stdout));
    expect(checks.map(({ name }) => name)).toEqual(['error-rate', 'missing']);
  });

  it.each([
    [['explain', '--over-time'], 'no folder is named'],
    [['explain', 'x', '--out', 'y', '--check', 'z'], '--over-time'],
    [['explain', 'x', '--over-time', '--limit', '1'], 'at least 2'],
  ])('explains what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('names the checks for one that the plan has not', async () => {
    const { code, stderr } = await overTime('--check', 'latency');
    expect(code).toBe(2);
    expect(stderr).toContain('error-rate, latency-p95, missing, disagreement');
  });

  it('says that a folder holds no run', async () => {
    const { code, stderr } = await runCli(['explain', folder, '--over-time']);
    expect(code).toBe(1);
    expect(stderr).toContain('holds no coalmine.duckdb');
  });
});
