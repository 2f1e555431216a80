import { describe, expect, it } from 'vitest';
import { eventOf } from '../../../contract/fixtures/commit.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';
import { outputFolder, rolledBackFolder } from '../output-folder.ts';
import { runCli } from '../run-cli.ts';

describe('coalmine status', () => {
  it('shows where a rollout stands and ends with 3 when it is rolled back', async () => {
    const run = await runCli(['status', '--out', await rolledBackFolder()]);
    expect(run).toMatchObject({ code: 3, stderr: '' });
    expect(run.stdout).toContain('rolled back');
    expect(run.stdout).toContain('rollback: disagreement crossed its limit');
  });

  it('gives machines the numbers behind it', async () => {
    const run = await runCli(['status', '--out', await rolledBackFolder(), '-o', 'json']);
    expect(JSON.parse(run.stdout)).toMatchObject([
      {
        rollout_id: 'flights-v2.1',
        phase: 'rolled_back',
        window_count: 7,
        pair_count: 4900,
        verdict_id: 'v-flights-v2.1-6',
      },
    ]);
  });

  it.each([
    ['stage_began', 'running', 0],
    ['held', 'held', 4],
    ['promoted', 'promoted', 0],
  ] as const)('after %s says %s and ends with %d', async (kind, phase, code) => {
    const out = await outputFolder(3, [{ ...eventOf(0), kind }]);
    const run = await runCli(['status', '--out', out, '-o', 'json']);
    expect(run.code).toBe(code);
    expect(JSON.parse(run.stdout)).toMatchObject([{ phase }]);
  });

  it('is an error before the first verdict', async () => {
    const run = await runCli(['status', '--out', await outputFolder(0)]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('nothing is judged in');
  });

  it('is an error in a folder that no run has written', async () => {
    const run = await runCli(['status', '--out', await testFolder()]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('(not_found)');
  });
});
