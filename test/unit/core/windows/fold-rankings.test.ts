import { describe, expect, test } from 'vitest';
import type { Prediction } from '../../../../src/core/events/prediction.ts';
import { summarise } from '../../../../src/core/windows/summarise.ts';
import type { PairedNumbers } from '../../../../src/core/windows/summary.ts';
import { join } from '../../../support/joining.ts';
import { canary, current } from '../../../support/predictions.ts';

type Answer = Partial<Pick<Prediction, 'items' | 'score' | 'label' | 'error'>>;

const HEAD = {
  rolloutId: 'r.1',
  windowStartMs: 0,
  windowEndMs: 60_000,
  revision: 0,
  profileHash: null,
  missingPartitions: [],
  maturedOutcomes: [],
  servedOutcomes: [],
};

/** What pairs of answers show when the first four items decide, by an overlap of 0.5. */
async function pairedOf(
  ...answers: readonly (readonly [Answer, Answer])[]
): Promise<PairedNumbers> {
  const predictions = answers.flatMap(([from, to], i) => [
    current(`r${i}`, 0, { score: null, ...from }),
    canary(`r${i}`, 0, { score: null, ...to }),
  ]);
  const ranking = { itemCount: 4, overlapMin: 0.5 };
  return firstPaired({ predictions, decision: { threshold: null, tolerance: null, ranking } });
}

/** The pairs of the first window. */
async function firstPaired(options: Parameters<typeof join>[0]): Promise<PairedNumbers> {
  const partial = (await join(options)).partials.get(0);
  if (partial === undefined) throw new Error('there is a window');
  return summarise(partial, HEAD).paired;
}

const list = (letters: string): Answer => ({ items: letters.split('') });

describe('pairs of rankings', () => {
  test('differ when the first items overlap too little, whichever way, and never up', async () => {
    const paired = await pairedOf(
      [list('abcd'), list('dcba')],
      [list('abcd'), list('abxy')],
      [list('abcd'), list('xyza')],
    );
    expect(paired).toMatchObject({ compared: 3, flipsUp: 0, flipsDown: 1 });
    expect(paired.rankings).toMatchObject({
      compared: 3,
      firstItemChanged: 2,
      overlapSum: 1 + 0.5 + 0.25,
    });
    expect(paired.rankings?.overlapCells).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1]);
  });

  test('are read as deep as the plan says, and no deeper', async () => {
    const paired = await pairedOf([list('abcdefgh'), list('abcdwxyz')]);
    expect(paired).toMatchObject({ flipsDown: 0, rankings: { overlapSum: 1 } });
  });

  test('may be shorter, and are then compared by the longer one', async () => {
    const paired = await pairedOf([list('ab'), list('ab')], [list('a'), list('abc')]);
    expect(paired.rankings?.overlapSum).toBeCloseTo(1 + 1 / 3, 5);
    expect(paired.flipsDown).toBe(1);
  });

  test('hold an item that comes again once, at its first place', async () => {
    const paired = await pairedOf([list('aabb'), list('ab')]);
    expect(paired).toMatchObject({ flipsDown: 0, rankings: { overlapSum: 1 } });
  });

  test('differ where one model ranks nothing and answers otherwise', async () => {
    const paired = await pairedOf([list('abcd'), { score: 0.5 }], [{ score: 0.5 }, list('abcd')]);
    expect(paired).toMatchObject({ compared: 2, flipsDown: 2 });
    expect(paired.rankings).toMatchObject({
      firstItemChanged: 2,
      overlapSum: 0,
      rankBiasedOverlapSum: 0,
    });
  });

  test('are not compared where neither ranks anything, or one fails', async () => {
    const paired = await pairedOf(
      [{ score: 0.1 }, { score: 0.9 }],
      [list('abcd'), { error: 'timeout' }],
    );
    expect(paired).toMatchObject({ compared: 0, errorsCanaryOnly: 1, rankings: null });
  });

  test('decide also where labels and scores are logged beside them', async () => {
    const paired = await pairedOf([
      { ...list('abcd'), label: 'a', score: 0.1 },
      { ...list('abcd'), label: 'b', score: 0.9 },
    ]);
    expect(paired).toMatchObject({ compared: 1, flipsUp: 0, flipsDown: 0, differenceCount: 1 });
  });
});

test('rankings that nothing asks for are not looked at', async () => {
  const predictions = [
    current('r', 0, { items: ['a'], score: 0.1 }),
    canary('r', 0, { items: ['b'], score: 0.1 }),
  ];
  expect(await firstPaired({ predictions })).toMatchObject({ flipsDown: 0, rankings: null });
});
