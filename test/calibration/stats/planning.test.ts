import { describe, expect, it } from 'vitest';
import { blocksToDecide } from '../../../src/core/stats/planning/blocks-to-decide.ts';
import {
  canaryRequestsToDecide,
  trialsToDecide,
} from '../../../src/core/stats/planning/samples-to-decide.ts';
import { initialEvidence, logEvidence } from '../../../src/core/stats/sequential/evidence.ts';
import { initialSymmetric, updateSymmetric } from '../../../src/core/stats/sequential/symmetric.ts';
import { updateTilt } from '../../../src/core/stats/sequential/tilt.ts';
import { binomialDraw, mulberry32, type Random, sum12 } from '../../support/random.ts';

const LINE = Math.log(100);
const RUNS = 150;
const UP = { direction: 1, dispersion: 1 } as const;

/** Mean of so many simulated runs over what the plan says. */
function meanOverPlan(plan: number | null, run: (random: Random) => number): number {
  const random = mulberry32(5);
  let sum = 0;
  for (let i = 0; i < RUNS; i++) sum += run(random);
  return sum / RUNS / (plan ?? Number.NaN);
}

/**
 * "How long until it could tell" is an approximation: simulated means lay between 0.77 (blocks) and
 * 1.21 (few trials) of it in these settings. The spread of single runs is about half their mean, so
 * a mean of 150 runs is known to 4 %, and a factor of 1.35 either way is far enough from both.
 */
const LOG_MISS_MAX = Math.log(1.35);

/** How far a ratio is from 1, the same way up and down. */
function logMiss(ratio: number): number {
  return Math.abs(Math.log(ratio));
}

describe('the planned sample sizes against simulated ones', () => {
  it.each([
    { share: 0.05, currentRate: 0.01, ratio: 2, ratioTolerated: 1.1 },
    { share: 0.1, currentRate: 0.05, ratio: 1.5, ratioTolerated: 1 },
    { share: 0.5, currentRate: 0.01, ratio: 3, ratioTolerated: 1.25 },
  ])('errors of %j', (plan) => {
    const canaryN = 50;
    const currentN = Math.round((canaryN * (1 - plan.share)) / plan.share);
    const { currentRate, ratio } = plan;
    const run = (random: Random): number => {
      let state = initialEvidence();
      while (logEvidence(state) < LINE) {
        const events = binomialDraw(random, canaryN, ratio * currentRate);
        const trials = events + binomialDraw(random, currentN, currentRate);
        const counts = { events, trials, share: plan.share };
        const logMargin = Math.log(plan.ratioTolerated);
        state = updateTilt(state, { ...counts, logMargin }, UP);
      }
      return state.windowCount * canaryN;
    };
    expect(logMiss(meanOverPlan(canaryRequestsToDecide(plan, LINE), run))).toBeLessThan(
      LOG_MISS_MAX,
    );
  });

  it.each([
    { rate: 0.05, limit: 0.02 },
    { rate: 0.17, limit: 0.1 },
  ])('disagreement of %j', (rates) => {
    const run = (random: Random): number => {
      let state = initialEvidence();
      while (logEvidence(state) < LINE) {
        const events = binomialDraw(random, 50, rates.rate);
        const counts = { events, trials: 50, share: rates.limit, logMargin: 0 };
        state = updateTilt(state, counts, UP);
      }
      return state.windowCount * 50;
    };
    expect(logMiss(meanOverPlan(trialsToDecide(rates, LINE), run))).toBeLessThan(LOG_MISS_MAX);
  });

  it.each([0.5, 1])('blocks whose losses shift by %f of their spread', (shift) => {
    const run = (random: Random): number => {
      let state = initialSymmetric();
      while (logEvidence(state) < LINE) state = updateSymmetric(state, shift + sum12(random));
      return state.blockCount;
    };
    const plan = blocksToDecide(shift / Math.sqrt(1 + shift * shift), LINE);
    expect(logMiss(meanOverPlan(plan, run))).toBeLessThan(LOG_MISS_MAX);
  });
});
