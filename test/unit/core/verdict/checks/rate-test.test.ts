import { describe, expect, test } from 'vitest';
import {
  initialRateTest,
  type RateTest,
  updateRateTest,
  viewRateTest,
} from '../../../../../src/core/verdict/checks/rate-test.ts';

const RULE = { limit: 0.1, dispersion: 1, stageFromMs: 0 };
const LINE = Math.log(100);

/** So many windows of 1,000 trials, the given number of them events. */
function after(windows: number, events: number, from = initialRateTest()): RateTest {
  let state = from;
  for (let window = 0; window < windows; window += 1) {
    state = updateRateTest(state, { events, trials: 1_000 }, RULE);
  }
  return state;
}

function view(state: RateTest, over: Partial<typeof RULE> = {}) {
  return viewRateTest(state, { ...RULE, ...over, line: LINE });
}

describe('a test of one rate', () => {
  test('cannot tell before the first trial', () => {
    const empty = updateRateTest(initialRateTest(), { events: 0, trials: 0 }, RULE);
    for (const state of [initialRateTest(), empty]) {
      expect(view(state)).toMatchObject({ crossed: false, gate: 'unknown', rate: null });
      expect(view(state).windowsLeft).toBeNull();
    }
  });

  test('crosses its line above the limit, with a bound between limit and rate', () => {
    const { crossed, gate, rate, bound } = view(after(5, 150));
    expect({ crossed, gate, rate }).toEqual({ crossed: true, gate: 'shut', rate: 0.15 });
    expect(bound).toBeGreaterThan(0.1);
    expect(bound).toBeLessThan(0.15);
  });

  test('never crosses at its limit, where its gate is open', () => {
    const { crossed, gate, logEvidence } = view(after(500, 100));
    expect({ crossed, gate }).toEqual({ crossed: false, gate: 'open' });
    expect(logEvidence).toBeLessThan(1);
  });

  test('says how many windows it needs just above the limit', () => {
    const { crossed, gate, windowsLeft } = view(after(1, 115));
    expect({ crossed, gate }).toEqual({ crossed: false, gate: 'shut' });
    expect(windowsLeft).toBeGreaterThan(1);
    expect(view(after(1, 50)).windowsLeft).toBeNull();
  });

  test('quotes the latest windows when a fault came late', () => {
    const late = view(after(3, 400, after(200, 80)));
    expect(late.crossed).toBe(true);
    expect(late.span).toBe(' of the latest windows');
    expect(late.rate).toBeGreaterThan(0.3);
  });

  test('gathers less evidence from requests that depend on each other', () => {
    const cautious = updateRateTest(
      initialRateTest(),
      { events: 200, trials: 1_000 },
      { ...RULE, dispersion: 4 },
    );
    expect(view(cautious).logEvidence).toBeLessThan(view(after(1, 200)).logEvidence);
  });

  test('stays a number at limits of 0 and 1', () => {
    for (const limit of [0, 1]) {
      const state = updateRateTest(
        initialRateTest(),
        { events: 5, trials: 10 },
        { ...RULE, limit },
      );
      expect(view(state, { limit }).logEvidence).toSatisfy(Number.isFinite);
    }
  });
});
