import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queryViews } from '../../../src/app/inspect.ts';
import { NEXT_QUERIES } from '../../../src/demo/demo-text.ts';

const DEMO = fileURLToPath(new URL('../../../src/demo/main.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

let folder: string;
let run: ReturnType<typeof demo>;

function demo(cwd: string) {
  return spawnSync(process.execPath, [DEMO], { cwd, encoding: 'utf8' });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coalmine-demo-'));
  run = demo(folder);
}, 300_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the demo promotes the better canary and rolls the one with old features back in shadow', () => {
  expect(run.stderr).not.toContain('error');
  expect(run.status).toBe(0);
  expect(run.stdout).toMatch(/flights-healthy\.1 .* promoted +step 7 of 7 \(100 %\)/);
  expect(run.stdout).toMatch(/flights-day-old\.1 .* rolled back +step 1 of 7 \(0 %\)/);
  expect(run.stdout).toContain(
    'flights-day-old.1: disagreement: canary answers differ from current',
  );
});

test('every query that the demo proposes has an answer', async () => {
  for (const sql of NEXT_QUERIES) {
    expect(run.stdout).toContain(sql);
    const { rows } = await queryViews(join(folder, 'coalmine-demo/day-old'), sql);
    expect(rows).toHaveLength(5);
  }
});

test('the verdict that the demo proposes to explain is derived again from the stored windows', () => {
  const id = /explain ([0-9a-f]{64})/.exec(run.stdout)?.[1] ?? 'none';
  const out = join(folder, 'coalmine-demo/day-old');
  const explained = spawnSync(process.execPath, [CLI, 'explain', id, '--out', out], {
    encoding: 'utf8',
  });
  expect(explained.stdout).toContain('identical');
  expect(explained.status).toBe(0);
});
