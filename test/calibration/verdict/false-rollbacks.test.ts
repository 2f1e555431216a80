import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../src/core/events/verdict.ts';
import { initialJudge } from '../../../src/core/verdict/judge.ts';
import { LATENCY_CELL_COUNT } from '../../../src/core/windows/scales.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import { judgeOne } from '../../support/judging.ts';
import {
  disagreement,
  errorRate,
  latency,
  missing,
  outcome,
  planOf,
  stepOf,
} from '../../support/plans.ts';
import { mulberry32, type Random, sum12 } from '../../support/random.ts';
import { MINUTE_MS, summaryOf } from '../../support/summaries.ts';
import { draw } from '../../support/traffic.ts';

const RATE = 0.1;
const ROLLOUTS = 80;
const WINDOWS = 30;
/** A latency tolerance of exactly four cells. */
const CELLS_TOLERATED = 4;

const PLAN = planOf(
  [
    errorRate({ weight: 0.25, tolerance: { ratio: 1.25, difference: 0 } }),
    latency({
      weight: 0.25,
      maxMs: null,
      critical: true,
      tolerance: { ratio: 1.02 ** CELLS_TOLERATED, difference: 0 },
    }),
    disagreement({ weight: 0.25, max: 0.12, critical: true }),
    missing({ weight: 0.15, max: 1, rollbackAbove: 0.1, critical: true }),
    outcome({ weight: 0.1, tolerance: { ratio: 1.05, difference: 0 } }),
  ],
  { falseRollbackRate: RATE, steps: [stepOf(0), stepOf(0.5)] },
);

/**
 * A canary that is exactly at every tolerance at once, on traffic with a rhythm: the worst that
 * the promise covers. `share` of the requests go to the canary; in shadow all of them do.
 */
function atEveryTolerance(random: Random, at: { window: number; share: number }): WindowSummary {
  const rhythm = 1 + 0.5 * Math.sin(at.window / 8);
  const requests = Math.round(300 * rhythm);
  const errors = 0.04 * rhythm;
  const canaryDue = at.share === 0 ? requests : draw(random, requests, at.share);
  const unmatchedCurrent = draw(random, canaryDue, 0.1);
  const matched = canaryDue - unmatchedCurrent;
  const currentCount = at.share === 0 ? requests : requests - canaryDue;
  const flips = draw(random, matched, 0.12);
  return summaryOf({
    window: at.window,
    counts: { matched, unmatchedCurrent },
    current: {
      predictions: currentCount,
      errors: draw(random, currentCount, errors),
      latencyCells: latencyCells(random, currentCount, 0),
    },
    canary: {
      predictions: matched,
      errors: draw(random, matched, 1.25 * errors),
      latencyCells: latencyCells(random, matched, CELLS_TOLERATED),
    },
    paired: { compared: matched, flipsUp: flips },
    maturedOutcomes: [
      {
        metric: 'label-loss',
        requestWindowStartMs: at.window * 15 * MINUTE_MS,
        requestWindowEndMs: (at.window + 1) * 15 * MINUTE_MS,
        pairs: matched,
        labelled: matched,
        because: 'mature',
        lossCurrentSum: matched * (0.4 + 0.03 * sum12(random)),
        lossCanarySum: matched * (0.42 + 0.03 * sum12(random)),
      },
    ],
  });
}

function latencyCells(random: Random, answers: number, slower: number): readonly number[] {
  const cells = Array.from({ length: LATENCY_CELL_COUNT }, () => 0);
  for (let i = 0; i < answers; i += 1) {
    const cell = 300 + Math.floor(-15 * Math.log(1 - random())) + slower;
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  return cells;
}

function falseRollbacks(share: number, seed: number): number {
  const random = mulberry32(seed);
  const stage: StageRef = { index: share === 0 ? 0 : 1, share, fromMs: 0 };
  let count = 0;
  for (let rollout = 0; rollout < ROLLOUTS; rollout += 1) {
    let state = initialJudge(PLAN);
    for (let window = 0; window < WINDOWS; window += 1) {
      const summary = atEveryTolerance(random, { window, share });
      const next = judgeOne(PLAN, summary, { stage, state });
      state = next.state;
      if (next.verdict.decision !== 'rollback') continue;
      count += 1;
      break;
    }
  }
  return count;
}

describe('a canary exactly at every tolerance, looked at after every window', () => {
  test.each([
    { arms: 'both arms answering everything', share: 0, seed: 11 },
    { arms: 'arms of 50 and 50 %', share: 0.5, seed: 12 },
    { arms: 'arms of 5 and 95 %', share: 0.05, seed: 13 },
  ])('is rolled back no more often than the plan allows, with $arms', ({ share, seed }) => {
    const count = falseRollbacks(share, seed);
    expect(count).toBeLessThanOrEqual(RATE * ROLLOUTS);
  });
});
