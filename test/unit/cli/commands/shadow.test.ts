import { describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

const WHERE = ['--from', 'predictions.current', '--to', 'predictions.canary'];

describe('coalmine shadow', () => {
  it('says in its help what it cannot see', async () => {
    const { code, stdout } = await runCli(['shadow', '--help']);
    expect(code).toBe(0);
    for (const unseen of ['how features are fetched', 'live load', 'state that requests leave'])
      expect(stdout).toContain(unseen);
  });

  it.each([
    [['shadow', ...WHERE], '--call'],
    [['shadow', ...WHERE, '--call', 'canary:8080'], 'is not an address'],
    [['shadow', ...WHERE, '--call', 'http://x', '--rate', '0'], 'a number above 0'],
    [['shadow', ...WHERE, '--call', 'http://x', '--mirror', '2'], 'a share'],
  ])('refuses %j', async (args, said) => {
    const { code, stderr } = await runCli(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  it('needs the config of the service', async () => {
    const args = ['shadow', ...WHERE, '--call', 'http://127.0.0.1:9', '-c', 'none.yaml'];
    const { code, stderr } = await runCli(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining('none.yaml does not exist')]);
  });
});
