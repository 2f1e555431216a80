import { describe, expect, test } from 'vitest';
import { logEvidence } from '../../../../../src/core/stats/sequential/evidence.ts';
import {
  addSegments,
  noSegments,
  type SegmentCells,
  sameCells,
  worstSegment,
} from '../../../../../src/core/verdict/checks/segment-cells.ts';
import { featureOf, fieldOf } from '../../../../support/summaries.ts';

const RULE = { limit: 0.25, trialCountMin: 200, dispersion: 1 };
const CELLS = ['ORD', 'EWR'];

/** 1,000 pairs in each of two cells, with so many flips down in the second. */
function origin(flipsDown: number, pairs = 1_000) {
  return featureOf('origin', {
    cells: CELLS,
    pairs: [pairs, pairs],
    flipsDown: [0, flipsDown],
  });
}

function after(windows: number, flipsDown: number, pairs = 1_000): SegmentCells {
  const fields = [origin(flipsDown, pairs)];
  let cells = noSegments(fields);
  for (let window = 0; window < windows; window += 1) cells = addSegments(cells, fields, RULE);
  return cells;
}

describe('all cells as one test', () => {
  test('begin without evidence, for fields whose pairs are counted by cell', () => {
    const cells = noSegments([fieldOf('score', [1, 2], [1, 2]), origin(0)]);
    expect(cells.fields.map(({ name }) => name)).toEqual(['feature.origin']);
    expect(logEvidence(cells.rates.evidence)).toBe(0);
    expect(addSegments(noSegments([]), [], RULE)).toEqual(noSegments([]));
  });

  test('judge a cell from the window after it has its least number of pairs', () => {
    expect(logEvidence(after(1, 900).rates.evidence)).toBeCloseTo(0);
    expect(logEvidence(after(2, 900).rates.evidence)).toBeGreaterThan(10);
    expect(logEvidence(after(4, 50, 50).rates.evidence)).toBeCloseTo(0);
  });

  test('stay silent at the limit', () => {
    expect(logEvidence(after(200, 250).rates.evidence)).toBeLessThan(1);
  });

  test('pay for looking at many: the same fault weighs less among more cells', () => {
    const alone = after(3, 330);
    const many = [
      origin(330),
      ...Array.from({ length: 20 }, (_, i) => ({
        ...origin(0),
        field: { ...origin(0).field, name: `feature.f${i}` },
      })),
    ];
    let among = noSegments(many);
    for (let window = 0; window < 3; window += 1) among = addSegments(among, many, RULE);
    const paid = logEvidence(alone.rates.evidence) - logEvidence(among.rates.evidence);
    expect(paid).toBeCloseTo(Math.log(21), 1);
  });

  test('name the worst cell and its direction, and none before one is tested', () => {
    expect(worstSegment(after(1, 900, 50), 200)).toBeNull();
    expect(worstSegment(after(3, 900), 200)).toMatchObject({
      field: 'feature.origin',
      cell: 1,
      direction: 'down',
      rate: { trials: 3_000, events: 2_700, isLate: false },
    });
  });

  test('are the same only with the same fields and as many cells', () => {
    const cells = after(1, 0);
    expect(sameCells(cells, [origin(5)])).toBe(true);
    expect(sameCells(cells, [])).toBe(false);
    const more = featureOf('origin', { cells: [...CELLS, 'ATL'], pairs: [1, 1, 1] });
    expect(sameCells(cells, [more])).toBe(false);
  });
});
