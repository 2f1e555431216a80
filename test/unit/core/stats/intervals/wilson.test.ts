import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../../../../src/core/stats/intervals/wilson.ts';

describe('the Wilson interval', () => {
  it('ends exactly at 0 and at 1 where nothing or everything happened', () => {
    expect(wilsonInterval({ events: 0, trials: 40 }, 0.05)).toMatchObject({ lower: 0 });
    expect(wilsonInterval({ events: 40, trials: 40 }, 0.05)).toMatchObject({ upper: 1 });
  });

  it('cannot tell anything without trials', () => {
    expect(wilsonInterval({ events: 0, trials: 0 }, 0.05)).toEqual({
      state: 'inconclusive',
      reason: 'empty',
    });
  });

  it('refuses more events than trials', () => {
    expect(() => wilsonInterval({ events: 2, trials: 1 }, 0.05)).toThrow('some of the trials');
  });
});
