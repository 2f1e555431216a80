import { describe, expect, it } from 'vitest';
import { outputFolder, rolledBackFolder } from '../output-folder.ts';
import { runCli } from '../run-cli.ts';

describe('coalmine verdicts', () => {
  it('lists the last verdicts, oldest first, with what failed and why', async () => {
    const run = await runCli(['verdicts', '--out', await rolledBackFolder(), '--limit', '2']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [head, fifth, sixth, ...rest] = run.stdout.trimEnd().split('\n');
    expect(head).toMatch(/^WINDOW +ROLLOUT +SHARE +DECISION +FAILING +REASON +ID$/);
    expect(fifth).toMatch(/^2001-04-11 10:00:00Z .* rollback +disagreement .* v-flights-v2\.1-5$/);
    expect(sixth).toMatch(/v-flights-v2\.1-6$/);
    expect(rest).toEqual([]);
  });

  it('gives machines every column', async () => {
    const run = await runCli(['verdicts', '--out', await rolledBackFolder(), '-o', 'json']);
    const rows = JSON.parse(run.stdout) as Record<string, unknown>[];
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatchObject({ decision: 'hold', policy_digest: 'd1', failing_checks: '' });
  });

  it('says on stderr that there are none yet', async () => {
    const out = await outputFolder(0);
    const run = await runCli(['verdicts', '--out', out, '-o', 'json']);
    expect(run.code).toBe(0);
    expect(run.stdout).toBe('[]\n');
    expect(run.stderr).toContain(`no verdict is published in ${out} yet`);
  });

  it.each(['0', '-1', 'many', '1.5'])('refuses --limit %s', async (limit) => {
    const run = await runCli(['verdicts', '--out', 'x', '--limit', limit]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('a whole number of at least 1');
  });
});
