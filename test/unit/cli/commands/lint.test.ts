import { describe, expect, it } from 'vitest';
import { PLAN_TEXT, planFile } from '../plan-text.ts';
import { runCli } from '../run-cli.ts';

describe('coalmine lint', () => {
  it('says that a valid plan is valid, and what it is about', async () => {
    const plan = await planFile();
    const run = await runCli(['lint', plan]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`${plan} is valid: rollout fraud-v7 of fraud, v6 to v7, 3 steps`);
  });

  it('names file, line, key, valid values and the near miss, and ends with 1', async () => {
    const plan = await planFile(PLAN_TEXT.replace('setWeight: 5', 'setWieght: 5'));
    const run = await runCli(['lint', plan]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(`${plan}:11:`);
    expect(run.stdout).toContain('setWieght');
    expect(run.stdout).toContain('did you mean setWeight?');
  });

  it('gives the same problems to machines', async () => {
    const plan = await planFile(PLAN_TEXT.replace('setWeight: 5', 'setWieght: 5'));
    const run = await runCli(['lint', plan, '-o', 'json']);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      file: plan,
      valid: false,
      problems: [{ line: 11, suggestion: 'setWeight' }],
    });
  });

  it('accepts the default plan that it prints', async () => {
    const defaults = await runCli(['lint', '--defaults']);
    expect(defaults.code).toBe(0);
    const run = await runCli(['lint', await planFile(defaults.stdout)]);
    expect(run.code).toBe(0);
  });

  it('prints the default plan as JSON with the same content', async () => {
    const run = await runCli(['lint', '--defaults', '-o', 'json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ kind: 'Rollout' });
  });

  it.each([
    [['lint'], 2, 'which plan?'],
    [['lint', 'x.yaml', '--defaults'], 2, 'coalmine lint x.yaml'],
    [['lint', 'no-such-plan.yaml'], 1, 'no-such-plan.yaml does not exist'],
  ])('explains what is wrong with %j', async (args, code, message) => {
    const run = await runCli(args);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});
