import { describe, expect, it } from 'vitest';
import { psiAgainstNull } from '../../../../../src/core/stats/divergence/psi-null.ts';

describe('PSI beside its null', () => {
  it('takes the same value for noise in a small sample and for a shift in a large one', () => {
    const small = psiAgainstNull({ current: [10, 10], canary: [8, 12] }, 0.99);
    const large = psiAgainstNull({ current: [10_000, 10_000], canary: [8_000, 12_000] }, 0.99);
    if (small.state !== 'measured' || large.state !== 'measured') throw new Error('inconclusive');
    expect(small.psi).toBeLessThan(small.noiseLine);
    expect(large.psi).toBeGreaterThan(large.noiseLine);
    expect(small.pValue).toBeGreaterThan(0.1);
    expect(large.pValue).toBeLessThan(1e-10);
  });

  it('cannot tell anything of an empty arm or of one cell', () => {
    const empty = { state: 'inconclusive', reason: 'empty' };
    expect(psiAgainstNull({ current: [0, 0], canary: [1, 2] }, 0.99)).toEqual(empty);
    expect(psiAgainstNull({ current: [1, 2], canary: [0, 0] }, 0.99)).toEqual(empty);
    expect(psiAgainstNull({ current: [5], canary: [5] }, 0.99)).toEqual({
      state: 'inconclusive',
      reason: 'one_cell',
    });
  });
});
