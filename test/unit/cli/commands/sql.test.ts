import { spawnSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../../contract/fixtures/folder.ts';
import { rolledBackFolder } from '../output-folder.ts';
import { runCli } from '../run-cli.ts';

describe('coalmine sql', () => {
  it('answers as a table, as JSON and as YAML', async () => {
    const out = await rolledBackFolder();
    const sql = 'select decision, count(*) as n from verdicts group by all order by n';
    const [table, json, yaml] = await Promise.all([
      runCli(['sql', '--out', out, sql]),
      runCli(['sql', '--out', out, sql, '-o', 'json']),
      runCli(['sql', '--out', out, sql, '-o', 'yaml']),
    ]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toBe('DECISION  N\nrollback  2\nhold      5\n(2 rows)\n');
    expect(JSON.parse(json.stdout)).toEqual([
      { decision: 'rollback', n: 2 },
      { decision: 'hold', n: 5 },
    ]);
    expect(yaml.stdout).toBe('- decision: rollback\n  n: 2\n- decision: hold\n  n: 5\n');
  });

  it('keeps two columns of one name apart', async () => {
    const out = await rolledBackFolder();
    const run = await runCli(['sql', '--out', out, 'select 1 as a, 2 as a', '-o', 'json']);
    expect(JSON.parse(run.stdout)).toEqual([{ a: 1, a_1: 2 }]);
  });

  it('reads the statement from a file', async () => {
    const out = await rolledBackFolder();
    const file = join(out, 'count.sql');
    await writeFile(file, '-- how many windows\nselect count(*) as n from windows;\n');
    const run = await runCli(['sql', '--out', out, '--file', file, '-o', 'json']);
    expect(JSON.parse(run.stdout)).toEqual([{ n: 7 }]);
  });

  it('shows what is wrong with the SQL, and which views there are', async () => {
    const run = await runCli(['sql', '--out', await rolledBackFolder(), 'select * from verdict']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('verdict does not exist');
    expect(run.stderr).toContain('views: windows');
  });

  it('says so when nothing is published in the folder', async () => {
    const run = await runCli(['sql', '--out', await testFolder(), 'from verdicts']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('(not_found)');
  });

  it.each([
    [['sql', '--out', 'x'], 2],
    [['sql', '--out', 'x', 'select 1', '--file', 'y.sql'], 2],
    [['sql', 'select 1'], 2],
    [['sql', '--out', 'x', '--file', 'no-such.sql'], 1],
  ])('refuses %j', async (args, code) => {
    expect(await runCli(args)).toMatchObject({ code, stdout: '' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends a long query with 130 on %s', async (signal) => {
    const out = await rolledBackFolder();
    const pipe = join(out, 'statement.sql');
    spawnSync('mkfifo', [pipe]);
    let kill: ((name: NodeJS.Signals) => void) | undefined;
    const running = runCli(['sql', '--out', out, '--file', pipe], {
      started: (send) => {
        kill = send;
      },
    });
    // Opens only when the verb has opened the other end: from then on it is at work.
    const writer = await open(pipe, 'w');
    await writer.writeFile('select count(*) from range(100000000000) t(i) where i % 7 = 3');
    await writer.close();
    kill?.(signal);
    expect(await running).toEqual({ code: 130, stdout: '', stderr: 'interrupted\n' });
  });
});
