import { describe, expect, it } from 'vitest';
import { logEvidence, logPlain } from '../../../../../src/core/stats/sequential/evidence.ts';
import {
  blockCountToDecide,
  initialSymmetric,
  type SymmetricState,
  updateSymmetric,
} from '../../../../../src/core/stats/sequential/symmetric.ts';

function fold(differences: readonly number[]): SymmetricState {
  return differences.reduce(updateSymmetric, initialSymmetric());
}

describe('the block symmetric test', () => {
  it('cannot decide in fewer blocks than it says, and can in so many', () => {
    expect([20, 100, 1000].map((x) => blockCountToDecide(Math.log(x)))).toEqual([7, 9, 13]);
    const line = Math.log(100);
    const blocks = Array.from({ length: blockCountToDecide(line) }, () => 0.045);
    expect(logEvidence(fold(blocks))).toBeGreaterThanOrEqual(line);
    expect(logEvidence(fold(blocks.slice(1)))).toBeLessThan(line);
  });

  it('at most doubles in one block, however wild', () => {
    const before = fold([0.1, -0.1, 0.2]);
    const after = updateSymmetric(before, 1e300);
    expect(logPlain(after) - logPlain(before)).toBeLessThanOrEqual(Math.LN2);
    expect(logPlain(after)).toBeGreaterThan(logPlain(before));
  });

  it('does not depend on the unit of the loss', () => {
    const blocks = [0.3, -0.1, 0.25, 0.4, -0.05, 0.3];
    const scaled = logEvidence(fold(blocks.map((d) => d * 1024)));
    expect(scaled).toBeCloseTo(logEvidence(fold(blocks)), 12);
  });

  it('falls when the canary is better', () => {
    const better = fold(Array.from({ length: 50 }, () => -1));
    expect(logPlain(better)).toBeLessThan(-2);
    expect(Number.isFinite(logEvidence(better))).toBe(true);
  });

  it('takes a difference too small to be squared for none', () => {
    expect(fold([5e-324, -1e-200])).toEqual(fold([0, 0]));
  });

  it('learns nothing from equal losses, but counts the window', () => {
    const state = fold([0, 0, 0]);
    expect(logEvidence(state)).toBeCloseTo(0, 14);
    expect(state).toMatchObject({ windowCount: 3, blockCount: 0, squareSum: 0 });
  });

  it('comes back from JSON bit for bit', () => {
    const state = fold([0.3, -0.1, 0.25]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('sees a fault that starts after quiet days', () => {
    const noise = Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const late = [...noise, ...Array.from({ length: 24 }, () => 3)];
    expect(logEvidence(fold(late))).toBeGreaterThan(Math.log(100));
  });
});
