import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASCII, type Bar, BLOCKS, evidenceBars } from '../../../src/cli/evidence-bars.ts';

function below(...levels: readonly (number | null)[]): readonly Bar[] {
  return levels.map((level) => ({ level, isCrossed: false }));
}

const CROSSED: Bar = { level: 1.2, isCrossed: true };

describe('evidence as a row of bars', () => {
  it('rises from none to the line, which has a sign of its own', () => {
    const bars = [...below(-1, 0, 1 / 7, 3 / 7, 0.99), CROSSED];
    expect(evidenceBars(bars, 10, BLOCKS)).toBe('▁▁▂▄▇█');
    expect(evidenceBars(bars, 10, ASCII)).toBe('__.~*#');
  });

  it('never looks crossed while it is not', () => {
    expect(evidenceBars(below(1, 5, Infinity), 10, BLOCKS)).toBe('▇▇▇');
  });

  it('leaves a gap where nothing could be told', () => {
    expect(evidenceBars(below(null, 0, null), 10, BLOCKS)).toBe('·▁·');
    expect(evidenceBars(below(null, 0), 10, ASCII)).toBe(' _');
  });

  it('is empty without windows', () => {
    expect(evidenceBars([], 10, BLOCKS)).toBe('');
  });

  it('keeps to its width and hides no crossing, wherever it is', () => {
    const place = fc.record({ count: fc.integer({ min: 1, max: 500 }), at: fc.nat(499) });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 40 }), ({ count, at }, width) => {
        const bars = Array.from({ length: count }, (_, i) =>
          i === at % count ? CROSSED : { level: 0.5, isCrossed: false },
        );
        const row = evidenceBars(bars, width, ASCII);
        expect(row).toHaveLength(Math.min(width, count));
        expect(row.split('#')).toHaveLength(2);
      }),
      { numRuns: 100 },
    );
  });
});
