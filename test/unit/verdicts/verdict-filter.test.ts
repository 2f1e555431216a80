import { describe, expect, it } from 'vitest';
import {
  createVerdictFilter,
  type LeftOut,
  WINDOW_COUNT_MAX,
} from '../../../src/verdicts/verdict-filter.ts';
import { aVerdict } from '../../support/verdicts.ts';

type Step = readonly [window: number, revision: number, epoch: number, over?: object];

function eventOf([window, revision, epoch, over = {}]: Step) {
  return { verdict: aVerdict({ windowStartMs: window * 60_000, revision, ...over }), epoch };
}

/** What becomes of each verdict, one after the other. */
function pass(steps: readonly Step[]): (LeftOut | null)[] {
  const filter = createVerdictFilter();
  return steps.map((step) => {
    const event = eventOf(step);
    const why = filter.leftOut(event);
    filter.note(event);
    return why;
  });
}

describe('the rule of dedupe', () => {
  it('hands out each window, and each higher revision of it, once', () => {
    const steps = [
      [0, 0, 1],
      [1, 0, 1],
      [0, 0, 1],
      [0, 1, 1],
      [0, 1, 1],
      [0, 0, 1],
    ] as const;
    expect(pass(steps)).toEqual([null, null, 'seen', null, 'seen', 'lower_revision']);
  });

  it('drops what a replaced judge still sends, and keeps what the new one sends again', () => {
    const steps = [
      [0, 0, 3],
      [1, 0, 5],
      [0, 0, 5],
      [2, 0, 3],
      [2, 0, 5],
    ] as const;
    expect(pass(steps)).toEqual([null, null, 'seen', 'lower_epoch', null]);
  });

  it('learns an epoch from a repeat, and forgets none by an older repeat', () => {
    const steps = [
      [0, 0, 3],
      [0, 0, 5],
      [0, 0, 3],
      [1, 0, 3],
      [1, 0, 5],
    ] as const;
    expect(pass(steps)).toEqual([null, 'seen', 'seen', 'lower_epoch', null]);
  });

  it('tells rollouts, stages and plans apart', () => {
    const steps: Step[] = [
      [0, 1, 9],
      [0, 0, 1, { id: 'a', rolloutId: 'other.1' }],
      [0, 0, 9, { id: 'b', policyDigest: 'digest-2' }],
      [0, 0, 9, { id: 'c', stage: { index: 2, share: 0.1, fromMs: 0 } }],
    ];
    expect(pass(steps)).toEqual([null, null, null, null]);
  });

  it('changes nothing by asking: a verdict whose handler failed comes again', () => {
    const filter = createVerdictFilter();
    const event = eventOf([0, 0, 1]);
    expect([filter.leftOut(event), filter.leftOut(event)]).toEqual([null, null]);
  });

  it('forgets the oldest windows at its limit', () => {
    const filter = createVerdictFilter();
    for (let window = 0; window <= WINDOW_COUNT_MAX; window += 1) {
      filter.note(eventOf([window, 0, 1]));
    }
    expect(filter.leftOut(eventOf([0, 0, 1]))).toBeNull();
    expect(filter.leftOut(eventOf([1, 0, 1]))).toBe('seen');
  });
});
