import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readProfile } from '../../../../src/app/profile-file.ts';
import { logRows, writeLogLines } from '../../../support/replay-log.ts';
import { runCli } from '../run-cli.ts';

let folder = '';
let file = '';
let canaryFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-profile-'));
  const { current, canary, outcomes } = logRows({ requestCount: 80 });
  const holed = current.map((row, i) => (i < 20 ? { ...row, context: {} } : row));
  const log = await writeLogLines(folder, { current: holed, canary, outcomes });
  file = log.current[0] ?? '';
  canaryFile = log.canary[0] ?? '';
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

function args(...more: readonly string[]): readonly string[] {
  return ['profile', file, '--model', 'fraud', '--version', 'v6', ...more];
}

describe('coalmine profile', () => {
  it('writes the profile to stdout, as a plan can name it', async () => {
    const { code, stdout, stderr } = await runCli(args('--samples', '40'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const profile = readProfile(stdout, 'stdout');
    expect(profile).toMatchObject({ model: 'fraud', currentVersion: 'v6', sampleCount: 40 });
  });

  it('shows a person the fields, with their cells and nulls', async () => {
    const { stdout } = await runCli(args('--samples', '80', '-o', 'table'));
    expect(stdout).toContain('learned from: 80 of 80 answers');
    expect(stdout).toMatch(/^score +number +10 +0 +0 % +0$/m);
    expect(stdout).toMatch(/^context\.channel +category +2 +20 +25 % +0$/m);
  });

  it('writes a file and shows the table', async () => {
    const out = join(folder, 'profile.json');
    const { code, stdout } = await runCli(args('--out', out));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^FIELD +KIND +CELLS +NULLS +SHARE OF NULL +NOT FINITE$/m);
    const again = await runCli(args('-o', 'yaml'));
    expect(readProfile(await readFile(out, 'utf8'), out)).toEqual(parse(again.stdout));
  });

  it('says on stderr that there is little to learn from', async () => {
    const { stderr } = await runCli(args());
    expect(stderr).toBe('warning: only 80 answers to learn from\n');
  });

  it('takes the only version in the files, and asks which when there are two', async () => {
    const alone = await runCli(['profile', file]);
    expect(alone.stdout).toBe((await runCli(args())).stdout);
    const two = await runCli(['profile', file, canaryFile]);
    expect(two.code).toBe(2);
    expect(two.stderr).toContain('which model and version?');
    expect(two.stderr).toContain('--model fraud --version v7');
  });

  it('names the versions that the files do hold', async () => {
    const { code, stderr } = await runCli(['profile', file, '--model', 'fraud', '--version', 'v9']);
    expect(code).toBe(1);
    expect(stderr).toContain('version v6 (80 records)');
  });

  it('says that a file cannot be written', async () => {
    const { code, stderr } = await runCli(args('--out', join(folder, 'no/such/profile.json')));
    expect(code).toBe(1);
    expect(stderr).toContain('(output_unwritable)');
  });

  it.each([
    [['profile', '--model', 'm', '--version', 'v'], 'file'],
    [['profile', 'x', '--model', 'm', '--version', 'v', '--samples', '0'], 'at least 1'],
  ])('explains what is wrong with %j', async (given, message) => {
    const { code, stderr } = await runCli(given);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
