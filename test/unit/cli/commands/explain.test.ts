import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logRows } from '../../../support/replay-log.ts';
import { replayPlanText } from '../../../support/replay-plan.ts';
import { type Replayed, replayed } from '../../../support/replayed.ts';
import { planFile } from '../plan-text.ts';
import { runCli } from '../run-cli.ts';

/** The profile is learned before the canary is rolled back. */
const PLAN_TEXT = replayPlanText().replace(
  /reference: .*/,
  'reference: { minSamples: 60, minSpan: 1h }',
);

let folder = '';
let run: Replayed;
let id = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-explain-'));
  run = await replayed(folder, logRows({ flipRate: 0.25, requestCount: 900 }), PLAN_TEXT);
  id = run.report.latest?.id ?? '';
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Explained {
  readonly verdict: { readonly verdict_id: string; readonly decision: string };
  readonly derived: { readonly windows: number; readonly identical: boolean };
  readonly last_window: { readonly counts: Readonly<Record<string, number>> };
  readonly series: {
    readonly average: readonly { readonly log_evidence: number }[];
    readonly checks: Readonly<Record<string, readonly { readonly effect: number | null }[]>>;
  };
}

describe('coalmine explain', () => {
  it('shows a person the verdict, the way of its evidence, and that it is the stored one', async () => {
    const { code, stdout, stderr } = await runCli(['explain', id.slice(0, 16), '--out', run.out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^rollback: disagreement: /);
    expect(stdout).toMatch(/^disagreement {2}[▁-█]+ {2}ln E from \S+ to \S+$/m);
    expect(stdout).toMatch(/^weighted average {2}[▁-█]+ /m);
    expect(stdout).toMatch(/^WINDOW +DECISION +LN E +LINE +TO GO$/m);
    expect(stdout).toMatch(/^LAST WINDOW +PREDICTIONS +SERVED +ERRORS +UNMATCHED +NOT ASKED$/m);
    const count = run.report.verdictCount;
    expect(stdout).toMatch(new RegExp(`derived again from ${count} stored windows: identical\n$`));
  });

  it('shows the last twelve windows of a check at most', async () => {
    const { stdout } = await runCli(['explain', id, '--out', run.out]);
    const [, section = ''] = /^disagreement {2}[▁-█]+.*\n([\s\S]*?)\n\n/m.exec(stdout) ?? [];
    expect(section.split('\n').length - 1).toBe(Math.min(12, run.report.verdictCount));
  });

  it('gives machines every window of every check', async () => {
    const { stdout } = await runCli(['explain', id, '--out', run.out, '-o', 'json']);
    const { verdict, derived, last_window, series } = JSON.parse(stdout) as Explained;
    expect(verdict).toMatchObject({ verdict_id: id, decision: 'rollback' });
    expect(derived).toEqual({ windows: run.report.verdictCount, identical: true });
    expect(last_window.counts['matched']).toBeGreaterThan(0);
    expect(series.average).toHaveLength(derived.windows);
    for (const points of Object.values(series.checks)) expect(points).toHaveLength(derived.windows);
    expect(series.checks['disagreement']?.at(-1)?.effect).toBeGreaterThan(0.12);
  });

  it('names the nearest ids for one that is not stored', async () => {
    const { code, stdout, stderr } = await runCli(['explain', `${id}0`, '--out', run.out]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(id);
    expect(stderr).toContain('(not_found)');
  });

  it('refuses a plan that the verdict was not made by', async () => {
    const plan = await planFile();
    const { code, stderr } = await runCli(['explain', id, '--out', run.out, '--plan', plan]);
    expect(code).toBe(1);
    expect(stderr).toContain('(store_mismatch)');
  });

  it('says that a folder holds no run', async () => {
    const { code, stderr } = await runCli(['explain', id, '--out', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain('holds no coalmine.duckdb');
  });

  it.each([
    [['explain', '--out', 'x'], 'verdict-id'],
    [['explain', 'x'], '--out'],
  ])('explains what is wrong with %j', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
