import { describe, expect, it } from 'vitest';
import { rounded, roundedEvidence, roundedVerdict } from '../../../../src/core/verdict/rounded.ts';
import { aVerdict } from '../../../support/verdicts.ts';

describe('numbers of a published verdict', () => {
  it('do not show the last bits of a logarithm', () => {
    const value = Math.log(3);
    const neighbour = value + 2 ** -52;
    expect(neighbour).not.toBe(value);
    expect(rounded(neighbour)).toBe(rounded(value));
  });

  it('keep twelve significant digits at any size', () => {
    expect(rounded(123_456_789_012.345)).toBe(123_456_789_012);
    expect(rounded(1.234_567_890_123_45e-9)).toBe(1.234_567_890_12e-9);
    expect(rounded(0)).toBe(0);
  });

  it('call what is left of a cancelled difference 0', () => {
    expect(rounded(0.3 - (0.1 + 0.2))).toBe(0);
  });

  it('give evidence to nine decimals, and never -0', () => {
    expect(roundedEvidence(15.600_000_000_4)).toBe(15.6);
    expect(Object.is(roundedEvidence(-1e-12), 0)).toBe(true);
  });

  it('count whole predictions and pairs, although evidence that fades counts parts of them', () => {
    const { id: _id, ...body } = aVerdict();
    const parts = roundedVerdict({
      ...body,
      checks: body.checks.map((check) => ({ ...check, currentCount: 1881.7, canaryCount: 12.4 })),
      drivers: body.drivers.map((driver) => ({ ...driver, cellPairCount: 111.5 })),
    });
    expect(parts.checks[0]).toMatchObject({ currentCount: 1882, canaryCount: 12 });
    expect(parts.drivers[0]).toMatchObject({ cellPairCount: 112 });
  });
});
