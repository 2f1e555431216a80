import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

describe('coalmine as a process', () => {
  it('prints its help on stdout and ends with 0', async () => {
    const run = await runCli(['--help']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('Exit codes:');
  });

  it('prints its help on stderr and ends with 2 when no verb is given', async () => {
    const run = await runCli([]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('Usage: coalmine');
  });

  it.each([
    [['versoin'], 'version'],
    [['version', '--outptu', 'json'], '--output'],
  ])('suggests the near miss for %j and ends with 2', async (args, suggestion) => {
    const run = await runCli(args);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Did you mean ${suggestion}?`);
  });

  it('names the valid values of an option', async () => {
    const run = await runCli(['version', '-o', 'xml']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('table, json, yaml');
  });

  it('writes an answer that parses, and nothing beside it', async () => {
    const run = await runCli(['version', '-o', 'json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({ node: process.versions.node });
  });

  it('colours when told to, and NO_COLOR wins', async () => {
    const [forced, plain] = await Promise.all([
      runCli(['version'], { env: { FORCE_COLOR: '1' } }),
      runCli(['version'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
    ]);
    expect(forced.stdout).toContain('\u001b[');
    expect(plain.stdout).not.toContain('\u001b[');
  });

  it('is not disturbed by a reader that has gone', async () => {
    const run = await runCli(['lint', '--defaults'], { closedStdout: true });
    expect(run).toMatchObject({ code: 0, stderr: '' });
  });
});
