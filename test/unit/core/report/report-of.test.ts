import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reportOf } from '../../../../src/core/report/report-of.ts';
import type { ReportCheck, RolloutReport } from '../../../../src/core/report/rollout-report.ts';
import { reportInput, reportInputOf } from '../../../support/judged-rollout.ts';
import { SMALL_PLAN, shadowWindow, smallRollout, splitWindow } from '../../../support/reported.ts';
import { MINUTE_MS } from '../../../support/summaries.ts';

/** Written anew: the JSON of the report below, after a look at every line that changes. */
const GOLDEN = new URL('./small-rollout.json', import.meta.url);

const SMALL = reportOf(reportInputOf(SMALL_PLAN, smallRollout()));

function checkOf(report: RolloutReport, name: string): ReportCheck {
  const check = report.checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check;
}

/** A window in shadow in which the canary answers nearly everything otherwise. */
function opposite(window: number) {
  return shadowWindow(window, { paired: { compared: 400, flipsUp: 10, flipsDown: 380 } });
}

describe('the report of a rollout', () => {
  it('is the one that was looked at line by line', () => {
    expect(SMALL).toEqual(JSON.parse(readFileSync(GOLDEN, 'utf8')));
  });

  it('has the same bytes for the same input', () => {
    const again = reportOf(reportInputOf(SMALL_PLAN, smallRollout()));
    expect(JSON.stringify(again)).toBe(JSON.stringify(SMALL));
  });

  it('names the sentence that decided, the culprit and the window in which it crossed its line', () => {
    const { decision, culprits } = SMALL;
    expect(decision).toMatchObject({ outcome: 'rolled_back', latest: { decision: 'rollback' } });
    expect(decision.reason).toBe(decision.latest?.reason);
    expect(decision.verdictId).toBe(decision.latest?.verdictId);
    expect(culprits.map(({ name }) => name)).toEqual(['error-rate']);
    const crossed = checkOf(SMALL, 'error-rate').firstCrossed;
    expect(crossed).toMatchObject({ windowStartMs: culprits[0]?.firstCrossedMs, stageIndex: 1 });
    expect(decision.reason).toContain(crossed?.sentence);
  });

  it('finds no crossing before the window that it names', () => {
    const { series, firstCrossed, logEvidenceLimit } = checkOf(SMALL, 'error-rate');
    const before = series.filter((one) => one.windowStartMs < (firstCrossed?.windowStartMs ?? 0));
    expect(before.length).toBeGreaterThan(3);
    for (const { isCrossed, logEvidence } of before) {
      expect(isCrossed).toBe(false);
      expect(logEvidence).toBeLessThan(logEvidenceLimit ?? -Infinity);
    }
  });

  it('tells the stages apart: when each began, and its samples', () => {
    expect(SMALL.stages.map(({ share, fromMs, untilMs }) => [share, fromMs, untilMs])).toEqual([
      [0, 0, 3 * MINUTE_MS],
      [0.05, 3 * MINUTE_MS, SMALL.decision.atMs],
    ]);
    expect(SMALL.stages.map(({ sampleCount, sampleOf }) => [sampleCount, sampleOf])).toEqual([
      [1200, 'pairs'],
      [20 * (SMALL.windows.length - 3), 'canary_answers'],
    ]);
    expect(SMALL.stages[0]?.passed?.reason).toContain('shadow is passed');
    expect(SMALL.stages[1]?.passed).toBeNull();
  });

  it('knows since when a driver was named', () => {
    expect(SMALL.drivers).toMatchObject([
      { field: 'country', cell: 'FR', firstNamedMs: 0, namedWindowCount: SMALL.windows.length },
    ]);
  });

  it('sums up what was not judged, by check and reason', () => {
    expect(SMALL.notJudged.length).toBeGreaterThan(0);
    for (const { name, reason, windowCount } of SMALL.notJudged) {
      const { series } = checkOf(SMALL, name);
      const same = series.filter((one) => one.status === 'inconclusive' && one.reason === reason);
      expect(windowCount).toBe(same.length);
    }
  });

  it('spends one budget for one plan', () => {
    expect(SMALL.budget).toMatchObject({ spentCount: 1, falseRollbackRateSum: 0.01 });
  });
});

describe('the report of a rollout that was hardly begun', () => {
  it('says that nothing was judged', () => {
    const report = reportOf(reportInputOf(SMALL_PLAN, []));
    expect(report.decision).toEqual({
      outcome: 'running',
      atMs: null,
      reason: 'no window was judged yet',
      verdictId: null,
      latest: null,
    });
    expect(report).toMatchObject({ fromMs: null, untilMs: null, checks: [], stages: [] });
    expect(report.average).toMatchObject({ logEvidence: null, cash: null, series: [] });
    expect(report.budget).toEqual({ spentCount: 0, falseRollbackRateSum: 0, spans: [] });
  });

  it('runs after one window, and says what that was waiting for', () => {
    const report = reportOf(reportInputOf(SMALL_PLAN, [shadowWindow(0)]));
    expect(report.decision).toMatchObject({ outcome: 'running', atMs: null });
    expect(report.decision.reason).toContain('bakes for another 2 min');
    for (const { series } of report.checks) expect(series).toHaveLength(1);
    expect(report.stages).toMatchObject([{ untilMs: null, bakedMs: MINUTE_MS, windowCount: 1 }]);
  });

  it('is rolled back in the first window', () => {
    const report = reportOf(reportInputOf(SMALL_PLAN, [opposite(0), opposite(1)]));
    expect(report.decision).toMatchObject({ outcome: 'rolled_back', atMs: MINUTE_MS });
    expect(report.windows).toHaveLength(1);
    expect(report.culprits).toMatchObject([{ name: 'disagreement', firstCrossedMs: 0 }]);
    expect(report.average.firstCrossed).toMatchObject({ windowStartMs: 0, stageIndex: 0 });
    expect(report.average.contributions[0]).toMatchObject({ name: 'disagreement' });
  });
});

describe('the windows of a report', () => {
  it('may be missing, incomplete or amended, and it says which', () => {
    const incomplete = { ...shadowWindow(3), missingPartitions: [2] };
    const late = shadowWindow(1, { revision: 1, counts: { matched: 410 } });
    const summaries = [shadowWindow(0), shadowWindow(1), incomplete, shadowWindow(6)];
    const input = reportInput([{ plan: SMALL_PLAN, policyDigest: 'p1', summaries }], [late]);
    const report = reportOf(input);
    expect(report.gaps).toEqual([
      { fromMs: 2 * MINUTE_MS, untilMs: 3 * MINUTE_MS, windowCount: 1 },
      { fromMs: 4 * MINUTE_MS, untilMs: 6 * MINUTE_MS, windowCount: 2 },
    ]);
    expect(report.account).toMatchObject({
      windowCount: 4,
      incompleteWindowCount: 1,
      amendedWindowCount: 1,
      matched: 1610,
    });
    expect(report.windows.map(({ revision, verdictId }) => [revision, verdictId !== null])).toEqual(
      [
        [0, true],
        [1, true],
        [0, true],
        [0, true],
      ],
    );
  });

  it('gain no evidence by an amendment', () => {
    const [first, second] = [shadowWindow(0), shadowWindow(1)];
    const summaries = [first, second];
    const counts = { ...first.counts, unmatchedCanary: 0 };
    const late = { ...opposite(0), revision: 1, counts };
    const parts = { plan: SMALL_PLAN, policyDigest: 'p1', summaries };
    const [plain, amended] = [
      reportOf(reportInput([parts])),
      reportOf(reportInput([parts], [late])),
    ];
    expect(amended.checks).toEqual(plain.checks);
    expect(amended.average).toEqual(plain.average);
    // Samples of a stage are those that were judged.
    expect(amended.stages).toEqual(plain.stages);
    expect(amended.account.unmatchedCanary).toBeLessThan(plain.account.unmatchedCanary);
  });
});

describe('the report of a rollout whose plan was changed', () => {
  const changed = {
    ...SMALL_PLAN,
    falseRollbackRate: 0.02,
    metrics: SMALL_PLAN.metrics.slice(0, 2),
  };
  const before = [0, 1].map((window) => shadowWindow(window));
  const after = [2, 3].map((window) => splitWindow(window, 4));
  const report = reportOf(
    reportInput([
      { plan: SMALL_PLAN, policyDigest: 'p1', summaries: before },
      { plan: changed, policyDigest: 'p2', summaries: after },
    ]),
  );

  it('counts two budgets, and bounds a wrong rollback by their sum', () => {
    expect(report.budget).toMatchObject({ spentCount: 2, falseRollbackRateSum: 0.03 });
    expect(
      report.budget.spans.map(({ policyDigest, windowCount }) => [policyDigest, windowCount]),
    ).toEqual([
      ['p1', 2],
      ['p2', 2],
    ]);
    expect(report.policyDigest).toBe('p2');
  });

  it('says of each point which evidence it is of', () => {
    const { series } = checkOf(report, 'error-rate');
    expect(series.map(({ budgetIndex }) => budgetIndex)).toEqual([0, 0, 1, 1]);
    expect(report.average.series.map(({ logEvidenceLimit }) => logEvidenceLimit)).toEqual([
      4.605170186, 4.605170186, 3.912023005, 3.912023005,
    ]);
  });

  it('keeps a check of the earlier plan, last and only as long as it was judged', () => {
    expect(report.checks.map(({ name }) => name)).toEqual([
      'error-rate',
      'disagreement',
      'divergence',
    ]);
    expect(checkOf(report, 'divergence').series).toHaveLength(2);
  });

  it('goes on with the stages', () => {
    expect(report.stages.map(({ index }) => index)).toEqual([0, 1]);
  });
});
