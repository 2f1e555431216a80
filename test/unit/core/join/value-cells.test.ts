import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addValue,
  mergeValueCells,
  VALUE_CELL_COUNT,
  type ValueCell,
  valueCell,
  valueEdge,
  valueUnit,
} from '../../../../src/core/join/value-cells.ts';

function cellsOf(values: readonly number[], arm: 'current' | 'canary' = 'canary'): ValueCell[] {
  const cells: ValueCell[] = [];
  for (const value of values) addValue(cells, arm, value);
  return cells;
}

describe('the cells of values', () => {
  test('have exact edges, two in each power of two', () => {
    const one = valueCell(1);
    expect([valueEdge(one), valueEdge(one + 1), valueEdge(one + 2)]).toEqual([1, 1.5, 2]);
    expect(valueEdge(0)).toBe(0);
    expect(valueEdge(1)).toBe(2 ** -20);
    expect(valueEdge(VALUE_CELL_COUNT)).toBe(2 ** 40);
  });

  test('hold every value, and its sum within 2^-20 of it', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -20, max: 2 ** 40 - 1, noNaN: true }), (value) => {
        const [cell] = cellsOf([value]);
        if (cell === undefined) throw new Error('no cell');
        expect(valueEdge(cell.cell)).toBeLessThanOrEqual(value);
        expect(valueEdge(cell.cell + 1)).toBeGreaterThan(value);
        const sum = cell.canaryUnits * valueUnit(cell.cell);
        expect(Math.abs(sum - value)).toBeLessThanOrEqual(value * 2 ** -20);
      }),
    );
  });

  test('take nothing of a value that is not above zero, and cut one beyond the last', () => {
    expect(cellsOf([0, -5, Number.NaN])).toEqual([]);
    expect(cellsOf([1e300])).toEqual(cellsOf([2 ** 40]));
    expect(cellsOf([Number.MIN_VALUE])).toMatchObject([{ cell: 0, canaryCount: 1 }]);
  });

  test('add up to the same whatever the order and the number of lists', () => {
    const value = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value), fc.array(value), fc.nat(), (left, right, at) => {
        const whole = mergeValueCells([cellsOf([...left, ...right]), cellsOf(left, 'current')]);
        const parts = [
          cellsOf(right),
          cellsOf(left.slice(at % (left.length + 1)), 'current'),
          cellsOf(left),
          cellsOf(left.slice(0, at % (left.length + 1)), 'current'),
        ];
        expect(mergeValueCells(parts)).toEqual(whole);
      }),
    );
  });

  test('are added up without changing what they were added from', () => {
    const cells = cellsOf([3, 3]);
    mergeValueCells([cells, cells]);
    expect(cells).toMatchObject([{ canaryCount: 2 }]);
  });
});
