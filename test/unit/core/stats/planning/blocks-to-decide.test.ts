import { describe, expect, it } from 'vitest';
import { blocksToDecide } from '../../../../../src/core/stats/planning/blocks-to-decide.ts';
import { blockCountToDecide } from '../../../../../src/core/stats/sequential/symmetric.ts';

describe('blocks until a shift is seen', () => {
  it('grow as the square of the smallness of the shift', () => {
    expect(blocksToDecide(0.5, Math.log(100))).toBe(51);
    expect(blocksToDecide(0.05, Math.log(100))).toBeGreaterThan(5000);
  });

  it('are never fewer than the test can decide in', () => {
    const fewest = blockCountToDecide(Math.log(100));
    expect(blocksToDecide(1, Math.log(100))).toBeGreaterThanOrEqual(fewest);
    expect(blocksToDecide(7, Math.log(100))).toBe(blocksToDecide(1, Math.log(100)));
  });

  it('never come without a shift upwards', () => {
    expect(blocksToDecide(0, 4)).toBeNull();
    expect(blocksToDecide(-0.3, 4)).toBeNull();
    expect(blocksToDecide(Number.NaN, 4)).toBeNull();
  });
});
