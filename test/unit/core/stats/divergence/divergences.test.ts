import { describe, expect, it } from 'vitest';
import { divergencesOf } from '../../../../../src/core/stats/divergence/divergences.ts';

describe('all divergences of a field', () => {
  it('name the direction of KL by the arms', () => {
    const got = divergencesOf({ current: [900, 100], canary: [850, 150] }, 'additive');
    expect(got).toMatchObject({ state: 'measured' });
    if (got.state !== 'measured') return;
    expect(got.klCurrentCanary).toBeCloseTo(0.010_848_453_577_572_4, 14);
    expect(got.klCanaryCurrent).toBeCloseTo(0.012_175_078_363_980_7, 14);
    expect(got.psi).toBeCloseTo(got.klCurrentCanary + got.klCanaryCurrent, 14);
  });

  it('cannot tell anything of an arm without predictions', () => {
    const empty = { state: 'inconclusive', reason: 'empty' };
    expect(divergencesOf({ current: [0, 0], canary: [1, 2] }, 'additive')).toEqual(empty);
    expect(divergencesOf({ current: [1, 2], canary: [0, 0] }, 'none')).toEqual(empty);
    expect(divergencesOf({ current: [], canary: [] }, 'floor')).toEqual(empty);
  });

  it('are infinite only unsmoothed, where a cell is empty on one side', () => {
    const counts = { current: [5, 5], canary: [10, 0] };
    expect(divergencesOf(counts, 'none')).toMatchObject({ psi: Infinity });
    expect(divergencesOf(counts, 'none')).toMatchObject({ klCurrentCanary: Infinity });
    const smoothed = divergencesOf(counts, 'floor');
    expect(Object.values(smoothed).every((x) => typeof x === 'string' || Number.isFinite(x))).toBe(
      true,
    );
  });
});
