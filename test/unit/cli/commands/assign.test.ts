import { describe, expect, it } from 'vitest';
import { PLAN_TEXT, planFile } from '../plan-text.ts';
import { runCli } from '../run-cli.ts';

interface Assigned {
  readonly salt: string;
  readonly bucket: number;
  readonly steps: readonly {
    readonly share: number;
    readonly arm: string;
    readonly version: string;
  }[];
}

async function assigned(args: readonly string[]): Promise<Assigned> {
  const run = await runCli(['assign', '--plan', await planFile(), '-o', 'json', ...args]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(run.stdout) as Assigned;
}

describe('coalmine assign', () => {
  it('says for each step which version a unit gets', async () => {
    const { salt, steps } = await assigned(['u1']);
    expect(salt).toBe('fraud/fraud-v7.1');
    expect(steps.map(({ share, arm, version }) => [share, arm, version])).toEqual([
      [0, 'current', 'v6'],
      [0.05, 'current', 'v6'],
      [1, 'canary', 'v7'],
    ]);
  });

  it('takes a share as a fraction or in percent', async () => {
    const [fraction, percent] = await Promise.all([
      assigned(['Zoë', '--share', '0.5']),
      assigned(['Zoë', '--share', '50%']),
    ]);
    expect(fraction).toEqual(percent);
    expect(fraction.steps).toHaveLength(1);
  });

  it('gives a retry of the rollout another bucket', async () => {
    const [first, second] = await Promise.all([
      assigned(['u1']),
      assigned(['u1', '--rollout', '2']),
    ]);
    expect(second.salt).toBe('fraud/fraud-v7.2');
    expect(second.bucket).not.toBe(first.bucket);
  });

  it('shows a person the bucket and why', async () => {
    const run = await runCli(['assign', 'u1', '--plan', await planFile(), '--share', '1']);
    expect(run.stdout).toContain('bucket:  8537 of 10000');
    expect(run.stdout).toContain('bucket 8537 of 10000 is below 10000');
  });

  it('refuses a plan that lint refuses, with the same lines', async () => {
    const plan = await planFile(PLAN_TEXT.replace('model: fraud', 'modell: fraud'));
    const run = await runCli(['assign', 'u1', '--plan', plan]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('did you mean model?');
    expect(run.stderr).toContain('(plan_invalid)');
  });

  it.each([
    [['assign', 'u1'], '--plan'],
    [['assign', '--plan', 'p.yaml'], 'unit-id'],
    [['assign', 'u1', '--plan', 'p.yaml', '--share', '7'], 'from 0 to 1'],
    [['assign', 'u1', '--plan', 'p.yaml', '--rollout', '0'], 'at least 1'],
  ])('explains what is wrong with %j', async (args, message) => {
    const run = await runCli(args);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});
