import { describe, expect, test } from 'vitest';
import {
  DIFFERENCE_CELL_COUNT,
  DIFFERENCE_EDGES,
  LATENCY_CELL_COUNT,
  LATENCY_FIRST_EDGE_MS,
  latencyCell,
  latencyEdgeMs,
} from '../../../../src/core/windows/scales.ts';

/** The next double below a positive one. */
function justBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) - 1n);
  return view.getFloat64(0);
}

describe('latency cells', () => {
  test('are exact at every edge: an edge opens its cell, the double below it closes the one before', () => {
    for (let cell = 1; cell < LATENCY_CELL_COUNT; cell += 1) {
      expect(latencyCell(latencyEdgeMs(cell))).toBe(cell);
      expect(latencyCell(justBelow(latencyEdgeMs(cell)))).toBe(cell - 1);
    }
  });

  test('are open at both ends', () => {
    expect(latencyCell(0)).toBe(0);
    expect(latencyCell(Number.MIN_VALUE)).toBe(0);
    expect(latencyCell(1e300)).toBe(LATENCY_CELL_COUNT - 1);
    expect(latencyEdgeMs(0)).toBe(0);
    expect(latencyEdgeMs(1)).toBe(LATENCY_FIRST_EDGE_MS);
  });

  test('are 2 % wide', () => {
    for (const ms of [0.02, 1, 250, 10_000]) {
      const cell = latencyCell(ms);
      expect(latencyEdgeMs(cell + 1) / latencyEdgeMs(cell)).toBeCloseTo(1.02, 12);
    }
  });
});

describe('difference cells', () => {
  test('are symmetric around zero, which has an edge on either side', () => {
    expect(DIFFERENCE_EDGES.toReversed().map((edge) => -edge)).toEqual(DIFFERENCE_EDGES);
    expect(DIFFERENCE_EDGES.filter((edge) => edge < 0)).toHaveLength(DIFFERENCE_EDGES.length / 2);
    expect(DIFFERENCE_CELL_COUNT).toBe(DIFFERENCE_EDGES.length + 1);
    expect(DIFFERENCE_EDGES).toEqual(DIFFERENCE_EDGES.toSorted((left, right) => left - right));
  });
});
