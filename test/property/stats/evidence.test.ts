import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EvidenceState,
  initialEvidence,
  logEvidence,
  logPlain,
} from '../../../src/core/stats/sequential/evidence.ts';
import {
  initialSymmetric,
  type SymmetricState,
  updateSymmetric,
} from '../../../src/core/stats/sequential/symmetric.ts';
import {
  TILT_GRID,
  type TiltCounts,
  tiltLogFactor,
  updateTilt,
} from '../../../src/core/stats/sequential/tilt.ts';

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const logMargin = fc.constantFrom(0, Math.log(0.97), Math.log(1.1), Math.log(1.25), Math.log(3));
const direction = fc.constantFrom<1 | -1>(1, -1);

const windowOf = (trialsMax: number): fc.Arbitrary<TiltCounts> =>
  fc
    .tuple(fc.nat(trialsMax), fc.double({ min: 0, max: 1, noNaN: true }), share, logMargin)
    .map(([trials, part, rho, margin]) => ({
      events: Math.round(part * trials),
      trials,
      share: rho,
      logMargin: margin,
    }));

function fold(windows: readonly TiltCounts[], way: 1 | -1): EvidenceState {
  const options = { direction: way, dispersion: 1 };
  return windows.reduce((state, counts) => updateTilt(state, counts, options), initialEvidence());
}

/** Probabilities of 0..n events of Binomial(n, p), by the recurrence of Pascal's triangle. */
function binomialLaw(n: number, p: number): readonly number[] {
  let law = [1];
  for (let i = 0; i < n; i++) {
    law = Array.from(
      { length: law.length + 1 },
      (_, k) => (law[k] ?? 0) * (1 - p) + (law[k - 1] ?? 0) * p,
    );
  }
  return law;
}

/** Mean of exp(factor) over both arms' events, every outcome enumerated. */
function exactMean(
  arms: { readonly n: number; readonly p: number }[],
  logFactor: (canaryEvents: number, currentEvents: number) => number,
): number {
  const [canary, current] = arms.map(({ n, p }) => binomialLaw(n, p));
  let mean = 0;
  for (const [k, pk] of (canary ?? []).entries()) {
    for (const [j, pj] of (current ?? []).entries()) mean += pk * pj * Math.exp(logFactor(k, j));
  }
  return mean;
}

describe('the tilt, for any counts', () => {
  it('never has a factor with mean above 1 while the canary is within its margin', () => {
    const setting = fc.record({
      canaryN: fc.integer({ min: 1, max: 12 }),
      currentN: fc.integer({ min: 1, max: 12 }),
      rate: fc.double({ min: 0, max: 0.3, noNaN: true }),
      ratio: fc.double({ min: 0, max: 1, noNaN: true }),
      tolerated: fc.constantFrom(1, 1.1, 1.25, 3),
      tilt: fc.constantFrom(...TILT_GRID),
    });
    fc.assert(
      fc.property(setting, ({ canaryN, currentN, rate, ratio, tolerated, tilt }) => {
        const rho = canaryN / (canaryN + currentN);
        // Any rate of the canary up to the tolerated multiple of the current model's.
        const arms = [
          { n: canaryN, p: ratio * tolerated * rate },
          { n: currentN, p: rate },
        ];
        const mean = exactMean(arms, (k, j) =>
          tiltLogFactor(
            { events: k, trials: k + j, share: rho, logMargin: Math.log(tolerated) },
            tilt,
          ),
        );
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it('has a factor with mean exactly 1 when labels are drawn at the null share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), share, direction, (trials, rho, way) => {
        for (const g of TILT_GRID.filter((_, j) => j % 6 === 0)) {
          const mean = binomialLaw(trials, rho).reduce(
            (sum, p, events) =>
              sum +
              p * Math.exp(tiltLogFactor({ events, trials, share: rho, logMargin: 0 }, way * g)),
            0,
          );
          expect(mean).toBeCloseTo(1, 8);
        }
      }),
    );
  });

  it('keeps the plain half whatever the order of the windows', () => {
    fc.assert(
      fc.property(fc.array(windowOf(1000), { maxLength: 20 }), direction, (windows, way) => {
        const there = fold(windows, way).plain;
        const back = fold(windows.toReversed(), way).plain;
        for (const [j, sum] of there.entries()) {
          const scale = 1 + windows.reduce((total, { trials }) => total + trials, 0);
          expect(Math.abs(sum - (back[j] ?? Number.NaN))).toBeLessThan(1e-13 * scale * 10);
        }
      }),
    );
  });

  it('merges plain halves of separate windows by addition', () => {
    fc.assert(
      fc.property(windowOf(1000), windowOf(1000), direction, (one, two, way) => {
        const both = fold([one, two], way).plain;
        const sums = fold([one], way).plain.map((sum, j) => sum + (fold([two], way).plain[j] ?? 0));
        for (const [j, sum] of both.entries()) expect(sum).toBeCloseTo(sums[j] ?? Number.NaN, 8);
      }),
    );
  });

  it('is never NaN or infinite, with ten million events in a window', () => {
    fc.assert(
      fc.property(fc.array(windowOf(10_000_000), { maxLength: 6 }), direction, (windows, way) => {
        const state = fold(windows, way);
        const numbers = [...state.plain, ...state.restart, state.logCash];
        expect(numbers.every(Number.isFinite)).toBe(true);
        expect(Number.isFinite(logEvidence(state))).toBe(true);
      }),
    );
  });

  it('gains with every event of the canary, and loses with a wider margin', () => {
    fc.assert(
      fc.property(windowOf(2000), (counts) => {
        fc.pre(counts.events < counts.trials);
        const more = { ...counts, events: counts.events + 1 };
        const before = fold([counts], 1);
        const after = fold([more], 1);
        expect(logPlain(after)).toBeGreaterThan(logPlain(before));
        // Far below 1 only the cash is left of E, and it does not feel one event.
        expect(logEvidence(after)).toBeGreaterThanOrEqual(logEvidence(before));
        const wider = { ...counts, logMargin: counts.logMargin + 0.1 };
        expect(logEvidence(fold([wider], 1))).toBeLessThanOrEqual(logEvidence(fold([counts], 1)));
      }),
    );
  });

  it('is within the bounds that its two halves set', () => {
    fc.assert(
      fc.property(fc.array(windowOf(500), { minLength: 1, maxLength: 12 }), (windows) => {
        const state = fold(windows, 1);
        const logE = logEvidence(state);
        // Half of E is the plain half, and the cash is never lost.
        expect(logE).toBeGreaterThanOrEqual(logPlain(state) - Math.LN2 - 1e-9);
        expect(logE).toBeGreaterThanOrEqual(state.logCash - Math.LN2 - 1e-9);
      }),
    );
  });

  it('goes on from JSON bit for bit', () => {
    fc.assert(
      fc.property(fc.array(windowOf(500), { maxLength: 5 }), windowOf(500), (windows, next) => {
        const state = fold(windows, 1);
        const copy: EvidenceState = JSON.parse(JSON.stringify(state));
        const options = { direction: 1, dispersion: 1 } as const;
        expect(updateTilt(copy, next, options)).toEqual(updateTilt(state, next, options));
      }),
    );
  });
});

describe('the block symmetric test, for any differences', () => {
  const difference = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const fill = (blocks: readonly number[]): SymmetricState =>
    blocks.reduce(updateSymmetric, initialSymmetric());

  it('has factors of d and -d that add to 2: mean exactly 1 under symmetry', () => {
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 10 }), difference, (past, d) => {
        const before = fill(past);
        const up = updateSymmetric(before, d).plain;
        const down = updateSymmetric(before, -d).plain;
        for (const [j, sum] of before.plain.entries()) {
          const factors = Math.exp((up[j] ?? 0) - sum) + Math.exp((down[j] ?? 0) - sum);
          expect(factors).toBeCloseTo(2, 9);
        }
      }),
    );
  });

  it('gains from a larger difference, so that a smaller one is no evidence', () => {
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 10 }), difference, difference, (past, a, b) => {
        const before = fill(past);
        const small = updateSymmetric(before, Math.min(a, b)).plain;
        const large = updateSymmetric(before, Math.max(a, b)).plain;
        for (const [j, sum] of small.entries()) {
          expect(large[j]).toBeGreaterThanOrEqual(sum - 1e-9);
        }
      }),
    );
  });

  it('is never NaN or infinite', () => {
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 30 }), (blocks) => {
        expect(Number.isFinite(logEvidence(fill(blocks)))).toBe(true);
      }),
    );
  });
});
