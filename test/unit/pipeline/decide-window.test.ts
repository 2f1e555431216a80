import { describe, expect, it } from 'vitest';
import { step } from '../../../src/core/rollout/controller.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import {
  type DecisionState,
  decideRules,
  decideWindow,
  effectiveFromMsOf,
  undecided,
} from '../../../src/pipeline/decide-window.ts';
import { disagreement, planOf } from '../../support/plans.ts';
import { MINUTE_MS, summaryOf } from '../../support/summaries.ts';

const plan = planOf([disagreement()]);
const rules = decideRules({
  plan,
  policyDigest: 'p1',
  rolloutId: 'fraud-v7.1',
  digest: (text) => `id of ${text}`,
});

function begun(): DecisionState {
  const { judge, controller } = undecided(plan);
  const began = step(rules.rules, controller, { kind: 'began', atMs: 0 });
  return { judge, controller: began.state };
}

function decided(summary: WindowSummary) {
  return { summary, effectiveFromMs: null };
}

/** A window in which so many of 1,000 pairs differ. */
function windowOf(window: number, flipsUp: number) {
  const bothPositive = 1_000 - flipsUp;
  return summaryOf({
    window,
    counts: { matched: 1_000 },
    paired: { compared: 1_000, flipsUp, bothPositive },
  });
}

describe('deciding a window', () => {
  it('gives a verdict of the stage in force, with an id of what it is about', () => {
    const { verdict, stage, stepped } = decideWindow(rules, begun(), decided(windowOf(0, 20)));
    expect(stage).toEqual({ index: 0, share: 0, fromMs: 0 });
    expect(verdict).toMatchObject({ decision: 'hold', stage, windowStartMs: 0 });
    expect(verdict?.id).toMatch(/^id of \["fraud-v7\.1",0,/);
    expect(stepped?.state.lastVerdict?.id).toBe(verdict?.id);
  });

  it('judges nothing more once the rollout is over', () => {
    const over = decideWindow(rules, begun(), decided(windowOf(0, 600)));
    expect(over.verdict?.decision).toBe('rollback');
    expect(over.state.controller.phase).toBe('rolled_back');
    const after = decideWindow(rules, over.state, decided(windowOf(1, 600)));
    expect(after).toMatchObject({ verdict: null, stepped: null });
    expect(after.state).toBe(over.state);
  });

  it('gives the same verdicts from a state that went through JSON', () => {
    const first = decideWindow(rules, begun(), decided(windowOf(0, 20)));
    const restored = JSON.parse(JSON.stringify(first.state)) as DecisionState;
    const next = windowOf(1, 30);
    expect(decideWindow(rules, restored, decided(next))).toEqual(
      decideWindow(rules, first.state, decided(next)),
    );
  });
});

describe('the boundary at which a verdict takes effect', () => {
  it('is the first one after every partition has closed the window', () => {
    expect(effectiveFromMsOf(0, plan.window)).toBe(3 * MINUTE_MS);
    const still = { ...plan.window, graceMs: 0, outOfOrdernessMs: 0, idleTimeoutMs: 0 };
    expect(effectiveFromMsOf(4, still)).toBe(5 * MINUTE_MS);
  });
});
