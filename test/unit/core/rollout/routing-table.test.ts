import { describe, expect, test } from 'vitest';
import {
  sameTable,
  shareAt,
  succession,
  withShare,
} from '../../../../src/core/rollout/routing-table.ts';
import { tableOf } from '../../../support/rollout.ts';

describe('the share history', () => {
  const grown = withShare(withShare(tableOf(), { fromMs: 100, share: 0.01 }), {
    fromMs: 200,
    share: 0.05,
  });

  test('tells the share at any event time', () => {
    expect([-1, 0, 99, 100, 199, 200, 1e15].map((ms) => shareAt(grown, ms))).toEqual([
      0, 0, 0, 0.01, 0.01, 0.05, 0.05,
    ]);
  });

  test('is 0 where there is no history', () => {
    expect(shareAt({ shares: [] }, 5)).toBe(0);
  });

  test('counts its changes', () => {
    expect(grown.sequence).toBe(3);
  });

  test('takes back what was announced for that time or later', () => {
    expect(withShare(grown, { fromMs: 150, share: 0 }).shares).toEqual([
      { fromMs: 0, share: 0 },
      { fromMs: 100, share: 0.01 },
      { fromMs: 150, share: 0 },
    ]);
  });

  test('does not repeat a share that is in force', () => {
    const same = withShare(grown, { fromMs: 300, share: 0.05 });
    expect(same.shares).toEqual(grown.shares);
    expect(same.sequence).toBe(4);
  });

  test.each([-0.1, 1.1, Number.NaN])('a share of %d is a broken invariant', (share) => {
    expect(() => withShare(grown, { fromMs: 300, share })).toThrow('in [0, 1]');
  });

  test('a change before the start is a broken invariant', () => {
    expect(() => withShare(grown, { fromMs: -1, share: 0 })).toThrow('after the start');
  });
});

describe('which table may follow which', () => {
  const inForce = tableOf({ sequence: 3 });

  test.each([
    ['the first', null, inForce, 'apply'],
    ['a higher sequence', inForce, tableOf({ sequence: 4 }), 'apply'],
    ['the same table', inForce, tableOf({ sequence: 3 }), 'same'],
    ['a lower sequence', inForce, tableOf({ sequence: 2 }), 'refused'],
    [
      'another table of the same sequence',
      inForce,
      tableOf({ sequence: 3, canaryVersion: 'v8' }),
      'refused',
    ],
    [
      'another rollout of the model',
      inForce,
      tableOf({ sequence: 1, rolloutId: 'fraud-v7.2' }),
      'apply',
    ],
    ["another model's table", inForce, tableOf({ sequence: 9, model: 'clicks' }), 'refused'],
  ])('%s', (...[, before, next, kind]) => {
    expect(succession(before, next).kind).toBe(kind);
  });

  test('tables with other shares are not the same', () => {
    expect(sameTable(inForce, { ...inForce, shares: [{ fromMs: 0, share: 0.1 }] })).toBe(false);
    expect(sameTable(inForce, { ...inForce, endMs: 0 })).toBe(false);
  });
});
