import { describe, expect, it } from 'vitest';
import { sparkline } from '../../../src/cli/sparkline.ts';

describe('a row of bars', () => {
  it('rises from the least value to the greatest', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([-2, 5, -2])).toBe('▁█▁');
  });

  it('is flat for equal values, and for what rounding leaves of them', () => {
    expect(sparkline([3, 3, 3])).toBe('▁▁▁');
    expect(sparkline([0, 4e-16, -2e-16])).toBe('▁▁▁');
  });

  it('is empty without values', () => {
    expect(sparkline([])).toBe('');
    expect(sparkline([Number.NaN])).toBe('');
  });

  it('keeps to its width, and every peak', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 503 ? 9 : 0));
    const bars = sparkline(values, 10);
    expect(bars).toBe('▁▁▁▁▁█▁▁▁▁');
  });
});
