import { describe, expect, it } from 'vitest';
import { PLAN_TEXT, planFile } from '../plan-text.ts';
import { runCli } from '../run-cli.ts';

describe('coalmine apply', () => {
  it('looks at the plan before anything else', async () => {
    const broken = await planFile(PLAN_TEXT.replace('canary: v7', 'canry: v7'));
    const run = await runCli(['apply', broken, '-c', 'nowhere.yaml']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('canry');
    expect(run.stderr).toContain('(plan_invalid)');
  });

  it('says which plan is not there', async () => {
    const run = await runCli(['apply', 'no-plan.yaml', '-c', 'nowhere.yaml']);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('the plan no-plan.yaml does not exist');
  });

  it('needs a config, as list and delete do', async () => {
    for (const args of [['apply', await planFile()], ['list'], ['delete', 'fraud-v7.1']]) {
      const run = await runCli([...args, '-c', 'nowhere.yaml']);
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toContain('the config nowhere.yaml does not exist');
    }
  });
});
