import { expect, test } from 'vitest';
import { addCounts, noTallies, stageCounts } from '../../../../src/core/verdict/tallies.ts';

const NONE = noTallies({ events: 0 });

test('counts run over the rollout, the stage, the recent and the latest windows', () => {
  const two = addCounts(addCounts(NONE, { events: 10 }, 0), { events: 20 }, 0);
  expect(two.total).toEqual({ events: 30, windows: 2 });
  expect(two.stage).toEqual({ events: 30, windows: 2 });
  expect(two.recent.events).toBeCloseTo(29);
  expect(two.recent.windows).toBeCloseTo(1.9);
  expect(two.latest).toEqual({ events: 25, windows: 1.5 });
});

test('the counts of a stage begin anew with the next one', () => {
  const first = addCounts(NONE, { events: 10 }, 0);
  expect(stageCounts(first, 60_000)).toEqual({ events: 0, windows: 0 });
  const second = addCounts(first, { events: 7 }, 60_000);
  expect(stageCounts(second, 60_000)).toEqual({ events: 7, windows: 1 });
  expect(second.total.events).toBe(17);
});

test('a window between two stages counts for neither', () => {
  const first = addCounts(NONE, { events: 10 }, 0);
  const between = addCounts(first, { events: 5 }, null);
  expect(stageCounts(between, 0).events).toBe(10);
  expect(between.total.events).toBe(15);
});
