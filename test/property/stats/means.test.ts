import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BET_GRID } from '../../../src/core/stats/sequential/bet-grid.ts';
import { logEvidence } from '../../../src/core/stats/sequential/evidence.ts';
import {
  initialMeanSequence,
  type Moments,
  updateArmMeans,
  updatePairedMean,
} from '../../../src/core/stats/sequential/mean-sequence.ts';
import {
  type ValueGroup,
  valueTiltIncrements,
} from '../../../src/core/stats/sequential/value-tilt.ts';

const direction = fc.constantFrom<1 | -1>(1, -1);
const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });

/** Two values with probabilities that give a mean of at most 0; both in [-1, 1]. */
const nullLaw = fc
  .tuple(
    fc.double({ min: -1, max: 0, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([low, high, slack]) => {
    const highest = high === low ? 0.5 : -low / (high - low);
    return { low, high, chanceHigh: slack * highest };
  });

describe('the factor of pairs', () => {
  it('has a mean of at most 1 whenever the mean is at most the limit: every outcome of 6 pairs', () => {
    fc.assert(
      fc.property(nullLaw, direction, fc.constantFrom(0, 0.02, 0.5), (law, way, limit) => {
        const n = 6;
        // The law is moved so that its mean lies at most at the limit, inside [-1, 1].
        const shift = Math.min(limit, 1 - law.high);
        const rule = { direction: way, ratio: 1, difference: limit, dispersion: 1 };
        let mean = 0;
        let ways = 1;
        for (let k = 0; k <= n; k++) {
          const values = [law.high + shift, law.low + shift].map((value) => way * value);
          const [high = 0, low = 0] = values;
          const pairs = {
            count: n,
            sum: k * high + (n - k) * low,
            squareSum: k * high * high + (n - k) * low * low,
            bound: 1,
          };
          const state = updatePairedMean(initialMeanSequence(), pairs, rule);
          const p = law.chanceHigh;
          mean += ways * p ** k * (1 - p) ** (n - k) * Math.exp(logEvidence(state));
          ways = (ways * (n - k)) / (k + 1);
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the factor of values', () => {
  it('has a mean of at most 1 whenever the canary brings in enough: every outcome of small arms', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    const floor = fc.constantFrom(1, 0.97, 0.5);
    fc.assert(
      fc.property(chance, chance, floor, (often, dear, ratio) => {
        // Current: value 8 or nothing. Canary: another value, as often as its mean asks for.
        const value = 1 + 7 * dear;
        const rate = Math.min(1, ratio * often * (8 / value));
        const currentRate = (rate * value) / (8 * ratio);
        const [canaryN, currentN] = [3, 5];
        const means = BET_GRID.map(() => 0);
        for (let k = 0; k <= canaryN; k++) {
          for (let j = 0; j <= currentN; j++) {
            const groups: ValueGroup[] = [
              { ...NO_VALUES, low: 1, high: 8, canaryCount: k, canarySum: k * value },
              { ...NO_VALUES, low: 8, high: 12, currentCount: j, currentSum: 8 * j },
            ];
            const logs = valueTiltIncrements([{ groups, share: canaryN / (canaryN + currentN) }], {
              logMargin: Math.log(ratio),
              cap: 8,
              dispersion: 1,
            });
            const odds = binomial(canaryN, k, rate) * binomial(currentN, j, currentRate);
            logs.forEach((log, bet) => {
              means[bet] = (means[bet] ?? 0) + odds * Math.exp(log);
            });
          }
        }
        expect(Math.max(...means)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('is a finite number for any counts, sums and shares', () => {
    const sums = fc.double({ min: 0, max: 1e12, noNaN: true });
    const edges = [0, 2 ** -20, 1, 1024, 1536, 2 ** 40];
    const group = fc.record({
      at: fc.nat(edges.length - 2),
      canaryCount: fc.nat(1e6),
      canarySum: sums,
      currentCount: fc.nat(1e6),
      currentSum: sums,
    });
    const caps = fc.constantFrom(...edges.slice(1));
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), share, caps, (drawn, rho, cap) => {
        const groups = drawn.map(({ at, ...counts }) => ({
          ...counts,
          low: edges[at] ?? 0,
          high: edges[at + 1] ?? 0,
        }));
        const rule = { logMargin: Math.log(0.97), cap, dispersion: 4 };
        const got = valueTiltIncrements([{ groups, share: rho }], rule);
        expect(got.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('evidence about means', () => {
  const wild: fc.Arbitrary<Moments> = fc
    .tuple(
      fc.nat(1e6),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map(([count, mean, spread]) => ({
      count,
      sum: count * mean,
      squareSum: count * (mean * mean + spread * spread),
    }));

  it('is a finite number for any windows, pairs or arms, in any order', () => {
    const rule = fc.record({
      direction,
      ratio: fc.constantFrom(1, 1.25),
      difference: fc.constantFrom(0, 0.02),
      dispersion: fc.constantFrom(1, 4),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(wild, wild, fc.boolean())), rule, (windows, rules) => {
        let state = initialMeanSequence();
        for (const [current, canary, isPaired] of windows) {
          state = isPaired
            ? updatePairedMean(state, { ...canary, bound: 1 }, rules)
            : updateArmMeans(state, { current, canary }, rules);
          expect(Number.isFinite(logEvidence(state))).toBe(true);
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { numRuns: 100 },
    );
  });
});

const NO_VALUES = { canaryCount: 0, canarySum: 0, currentCount: 0, currentSum: 0 };

function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let i = 0; i < k; i++) ways = (ways * (n - i)) / (i + 1);
  return ways * p ** k * (1 - p) ** (n - k);
}
