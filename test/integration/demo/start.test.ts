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

/** The row of a rollout in the first table (how it ended) or the second (what a plain rule did). */
function rowOf(rollout: string, table: 'ended' | 'rule'): string {
  const rows = run.stdout.split('\n').filter((line) => line.startsWith(`${rollout}  `));
  return rows[table === 'ended' ? 0 : 1] ?? '';
}

/** What is said below the tables about one rollout. */
function whyOf(rollout: string): string {
  return run.stdout.split('\n\n').find((part) => part.startsWith(`${rollout}: `)) ?? '';
}

test('the demo promotes the better canary and rolls the one with old features back in shadow', () => {
  expect(run.stderr).not.toContain('error');
  expect(run.status).toBe(0);
  expect(run.stdout).toMatch(/flights-healthy\.1 .* promoted +step 7 of 7 \(100 %\)/);
  expect(run.stdout).toMatch(/flights-day-old\.1 .* rolled back +step 1 of 7 \(0 %\)/);
  expect(run.stdout).toContain(
    'flights-day-old.1: disagreement: canary answers differ from current',
  );
});

test('a canary that is better but for flights from EWR is rolled back, by airport and direction', () => {
  expect(rowOf('flights-one-airport.1', 'ended')).toMatch(/ rolled back +step 1 of 7 \(0 %\)/);
  expect(whyOf('flights-one-airport.1')).toMatch(
    /segments: canary answers flip downwards in 57\.5 % of 605 pairs where origin is EWR, the worst cell; limit 50 %; .*; canary scores 0\.37 lower there \(mean of 605 pairs of this stage\)/,
  );
  expect(whyOf('flights-one-airport.1')).toContain('0.1295 -> 0.1289 over all flights');
});

test('rounded scores have a PSI of about 4 in an hour, are warned of, and are promoted', () => {
  expect(rowOf('flights-rounded.1', 'ended')).toMatch(/ promoted +step 7 of 7 \(100 %\)/);
  const [, medianPsi, wholeLogPsi] =
    /([\d.]+) +([\d.]+)$/.exec(rowOf('flights-rounded.1', 'rule')) ?? [];
  expect(Number(medianPsi)).toBeCloseTo(4.1, 1);
  expect(Number(wholeLogPsi)).toBeCloseTo(6.2, 1);
  expect(whyOf('flights-rounded.1')).toMatch(
    /\n {2}warning: divergence: PSI of score is 5\.8\d in /,
  );
  expect(whyOf('flights-healthy.1')).not.toContain('warning');
});

test('a plain PSI rule cries wolf by the window, and misses both faults on the whole log', () => {
  for (const name of ['healthy', 'rounded', 'day-old', 'one-airport']) {
    expect(rowOf(`flights-${name}.1`, 'rule')).toMatch(/rolled back after [\d.]+ days \(PSI /);
  }
  expect(rowOf('flights-healthy.1', 'rule')).toContain('promoted after 9.3 days');
  expect(run.stdout).toContain('the rule is wrong about healthy, rounded;');
  expect(run.stdout).toContain('it is wrong about rounded, day-old, one-airport.');
  expect(run.stdout).toContain('coalmine is right about all of them;');
});

test('every query that the demo proposes has an answer', async () => {
  for (const sql of NEXT_QUERIES) {
    expect(run.stdout).toContain(sql);
    const { rows } = await queryViews(join(folder, 'coalmine-demo/one-airport'), sql);
    expect(rows).toHaveLength(5);
  }
});

test('the verdict that the demo proposes to explain is derived again from the stored windows', () => {
  const id = /explain ([0-9a-f]{64})/.exec(run.stdout)?.[1] ?? 'none';
  const out = join(folder, 'coalmine-demo/one-airport');
  const explained = spawnSync(process.execPath, [CLI, 'explain', id, '--out', out], {
    encoding: 'utf8',
  });
  expect(explained.stdout).toContain('identical');
  expect(explained.status).toBe(0);
});
