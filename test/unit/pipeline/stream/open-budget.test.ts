import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenBudget } from '../../../../src/pipeline/stream/open-budget.ts';

const BYTES_MAX = 1_000;
const HOLDER_COUNT = 4;

const asks = fc.array(
  fc.record({
    holder: fc.nat({ max: HOLDER_COUNT - 1 }),
    bytes: fc.integer({ min: 1, max: 400 }),
    isGivenBack: fc.boolean(),
  }),
  { maxLength: 60 },
);

function budgetOf(holders: readonly { openBytes: number }[]): OpenBudget {
  const budget = new OpenBudget(BYTES_MAX);
  budget.divide(holders);
  return budget;
}

describe('bytes of open requests that a process has', () => {
  it('are never exceeded by partitions that ask, and each may always have its even part of a half', () => {
    fc.assert(
      fc.property(asks, (steps) => {
        const holders = Array.from({ length: HOLDER_COUNT }, () => ({ openBytes: 0 }));
        const budget = budgetOf(holders);
        const refused: number[] = [];
        for (const { holder: at, bytes, isGivenBack } of steps) {
          const holder = holders[at] ?? { openBytes: 0 };
          if (isGivenBack) holder.openBytes = Math.max(0, holder.openBytes - bytes);
          else if (budget.mayTake(holder, bytes)) holder.openBytes += bytes;
          else refused.push(holder.openBytes + bytes);
          budget.look(holder);
          const taken = holders.reduce((sum, { openBytes }) => sum + openBytes, 0);
          expect(taken).toBeLessThanOrEqual(BYTES_MAX);
        }
        expect(Math.min(Infinity, ...refused)).toBeGreaterThan(BYTES_MAX / 2 / HOLDER_COUNT);
      }),
    );
  });

  it('go to one partition as far as its even part and the other half reach', () => {
    const holders = [{ openBytes: 0 }, { openBytes: 0 }];
    const [hog = { openBytes: 0 }] = holders;
    const budget = budgetOf(holders);
    expect([750, 751].map((bytes) => budget.mayTake(hog, bytes))).toEqual([true, false]);
  });

  it('are free again when partitions that held them are gone', () => {
    const holders = [{ openBytes: 700 }, { openBytes: 100 }];
    const budget = budgetOf(holders);
    const [, stays = { openBytes: 0 }] = holders;
    expect(budget.mayTake(stays, 600)).toBe(false);
    budget.divide([stays]);
    expect(budget.mayTake(stays, 600)).toBe(true);
  });
});
