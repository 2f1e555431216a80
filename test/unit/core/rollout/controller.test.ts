import { describe, expect, test } from 'vitest';
import { decisionOf, step } from '../../../../src/core/rollout/controller.ts';
import { shareAt } from '../../../../src/core/rollout/routing-table.ts';
import { initialState, type RolloutRules } from '../../../../src/core/rollout/state.ts';
import {
  checkOf,
  inputOn,
  MINUTE_MS,
  RULES,
  run,
  tableOf,
  verdictOn,
} from '../../../support/rollout.ts';

type Run = ReturnType<typeof run>;
const kindsOf = ({ steps }: Run) => steps.flatMap(({ events }) => events.map(({ kind }) => kind));
const eventsOf = ({ steps }: Run) => steps.flatMap(({ events }) => events);
const noticesOf = ({ steps }: Run) => steps.flatMap(({ notifications }) => notifications);

/** All decisions that take RULES to the end: each stage baked, then promoted. */
const HEALTHY = ['hold', 'hold', 'promote', 'hold', 'promote', 'hold', 'promote'] as const;

describe('the beginning', () => {
  test('the first stage begins at the given boundary, with share 0 in the table', () => {
    const { steps, state } = run([]);
    expect(state.phase).toBe('shadow');
    expect(steps[0]?.events).toEqual([
      {
        rolloutId: 'fraud-v7.1',
        sequence: 1,
        kind: 'stage_began',
        stageIndex: 0,
        share: 0,
        fromMs: 0,
        verdictId: null,
        reason: 'the rollout begins',
      },
    ]);
    expect(steps[0]?.table).toMatchObject({
      salt: 'fraud/fraud-v7.1',
      shares: [{ fromMs: 0, share: 0 }],
    });
  });

  test('a plan may begin with traffic', () => {
    const rules: RolloutRules = { ...RULES, steps: [{ share: 0.01, bakeMs: MINUTE_MS }] };
    const { steps, state } = run([], rules);
    expect(state.phase).toBe('split');
    expect(steps[0]?.table?.shares).toEqual([{ fromMs: 0, share: 0.01 }]);
  });

  test('a rollout begins once', () => {
    const { state } = run([]);
    expect(() => step(RULES, state, { kind: 'began', atMs: 0 })).toThrow('begins once');
  });

  test('a verdict before the beginning is a broken invariant', () => {
    const verdict = verdictOn(run([]).state, 0);
    const input = { kind: 'verdict', verdict, effectiveFromMs: verdict.windowEndMs } as const;
    expect(() => step(RULES, initialState(), input)).toThrow('missing');
  });
});

describe('promotion', () => {
  test('every step is passed in order, each from the boundary that its verdict made effective', () => {
    const whole = run(HEALTHY);
    expect(
      eventsOf(whole).map(({ kind, stageIndex, share, fromMs }) => [
        kind,
        stageIndex,
        share,
        fromMs / MINUTE_MS,
      ]),
    ).toEqual([
      ['stage_began', 0, 0, 0],
      ['stage_passed', 0, 0, 3],
      ['stage_began', 1, 0.05, 3],
      ['stage_passed', 1, 0.05, 5],
      ['stage_began', 2, 1, 5],
      ['stage_passed', 2, 1, 7],
      ['promoted', 2, 1, 7],
    ]);
    expect(whole.state.phase).toBe('promoted');
    expect(decisionOf(whole.state)).toBe('promoted');
    expect(eventsOf(whole).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('a promotion is told once, as information', () => {
    expect(noticesOf(run(HEALTHY))).toMatchObject([
      { id: 'fraud-v7.1.promoted', severity: 'info', title: 'fraud-v7.1: fraud v7 promoted' },
    ]);
  });

  test('the table carries the history of the shares and counts its changes', () => {
    const tables = run(HEALTHY).steps.flatMap(({ table }) => (table === null ? [] : [table]));
    expect(tables.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5]);
    expect(tables.at(-1)?.shares).toEqual([
      { fromMs: 0, share: 0 },
      { fromMs: 3 * MINUTE_MS, share: 0.05 },
      { fromMs: 5 * MINUTE_MS, share: 1 },
    ]);
  });

  test('the end of the rollout is in the table: from then on the share is for every session', () => {
    const { steps } = run(HEALTHY);
    expect(steps.at(-1)?.table?.endMs).toBe(7 * MINUTE_MS);
    expect(steps.at(-2)?.state.table?.endMs).toBeNull();
  });

  test('a promote before the bake is over is ignored', () => {
    const early = run(['promote', 'promote']);
    expect(kindsOf(early)).toEqual(['stage_began']);
    expect(early.state.stages).toHaveLength(1);
  });

  test('the bake is over in the window that ends with it', () => {
    expect(run(['hold', 'hold', 'promote']).state.stages.at(-1)?.index).toBe(1);
  });

  test('the bake of a stage that was announced ahead counts from when it begins', () => {
    const ahead = run([
      'hold',
      'hold',
      { decision: 'promote', leadWindows: 2 },
      'promote',
      'promote',
      'promote',
    ]);
    expect(ahead.state.stages.at(-1)).toMatchObject({ index: 1, fromMs: 5 * MINUTE_MS });
    expect(kindsOf(ahead)).toEqual(['stage_began', 'stage_passed', 'stage_began']);
    const next = step(RULES, ahead.state, inputOn(ahead.state, 6, { decision: 'promote' }));
    expect(next.state.stages.at(-1)?.index).toBe(2);
  });

  test('a promote about another stage than the present one is ignored', () => {
    const { state } = run(['hold', 'hold', 'promote', 'hold']);
    const verdict = verdictOn(state, 4, {
      decision: 'promote',
      stage: { index: 0, share: 0, fromMs: 0 },
    });
    const result = step(RULES, state, {
      kind: 'verdict',
      verdict,
      effectiveFromMs: verdict.windowEndMs,
    });
    expect(result.events).toEqual([]);
    expect(result.state.stages).toEqual(state.stages);
  });

  test('a verdict about a window already seen changes nothing, nor does a revision of one', () => {
    const { state } = run(['hold', 'hold', 'hold']);
    for (const again of [
      verdictOn(state, 2, { decision: 'rollback' }),
      verdictOn(state, 1, { decision: 'rollback' }),
      verdictOn(state, 3, { decision: 'rollback', revision: 1 }),
    ]) {
      const result = step(RULES, state, {
        kind: 'verdict',
        verdict: again,
        effectiveFromMs: 9 * MINUTE_MS,
      });
      expect(result).toEqual({ state, events: [], table: null, notifications: [] });
    }
  });

  test('a change that reaches back into its own window is a broken invariant', () => {
    const { state } = run([]);
    const verdict = verdictOn(state, 0);
    expect(() => step(RULES, state, { kind: 'verdict', verdict, effectiveFromMs: 0 })).toThrow(
      'never reaches back',
    );
  });
});

describe('the watch after the last step', () => {
  const WATCHED: RolloutRules = { ...RULES, watchMs: 4 * MINUTE_MS };

  test('at 100 % a rollout is watching, not yet promoted', () => {
    expect(run(HEALTHY.slice(0, 5)).state.phase).toBe('watching');
  });

  test('the last step is passed at its bake, the rollout promoted when the horizon is over too', () => {
    const passed = run(HEALTHY, WATCHED);
    expect(passed.state).toMatchObject({ phase: 'watching', allPassed: true });
    expect(decisionOf(passed.state)).toBe('held');
    const watched = run([...HEALTHY, 'hold', 'hold'], WATCHED);
    expect(watched.state.phase).toBe('promoted');
    expect(kindsOf(watched).filter((kind) => kind === 'stage_passed')).toHaveLength(3);
  });

  test('a rollback is possible until the watch is over', () => {
    const late = run([...HEALTHY, 'rollback'], WATCHED);
    expect(late.state.phase).toBe('rolled_back');
    expect(shareAt(late.state.table ?? tableOf(), 8 * MINUTE_MS)).toBe(0);
  });

  test('a check that asks for a hold keeps the rollout watching beyond the horizon', () => {
    const checks = [
      checkOf({ name: 'segments', status: 'fail', asks: 'hold', reason: 'limit_crossed' }),
    ];
    const held = run([...HEALTHY, 'hold', { decision: 'hold', checks }], WATCHED);
    expect(held.state.phase).toBe('watching');
    const cleared = step(WATCHED, held.state, inputOn(held.state, 9, { decision: 'promote' }));
    expect(cleared.state.phase).toBe('promoted');
  });

  test('a plan that ends below 100 % keeps its last share when it is promoted', () => {
    const rules: RolloutRules = { ...RULES, steps: RULES.steps.slice(0, 2) };
    const { state } = run(HEALTHY.slice(0, 5), rules);
    expect(state.phase).toBe('promoted');
    expect(state.table?.shares.at(-1)?.share).toBe(0.05);
  });
});

describe('rollback', () => {
  const FAILED = checkOf({
    status: 'fail',
    asks: 'rollback',
    reason: 'bound_crossed',
    sentence: 'errors doubled',
  });

  test('takes the canary to share 0 from the next boundary, before any bake is over', () => {
    const bad = run(['hold', 'hold', 'promote', { decision: 'rollback', leadWindows: 1 }]);
    expect(bad.state.phase).toBe('rolled_back');
    expect(decisionOf(bad.state)).toBe('rolled_back');
    expect(bad.steps.at(-1)?.table?.shares.at(-1)).toEqual({ fromMs: 5 * MINUTE_MS, share: 0 });
    expect(bad.steps.at(-1)?.table?.endMs).toBe(5 * MINUTE_MS);
    expect(bad.steps.at(-1)?.events).toMatchObject([
      { kind: 'rolled_back', stageIndex: 1, share: 0, fromMs: 5 * MINUTE_MS, verdictId: 'v3' },
    ]);
  });

  test('calls a person, once, with the sentences that decided and what to run next', () => {
    const bad = run([{ decision: 'rollback', checks: [FAILED, checkOf()] }, 'rollback']);
    expect(noticesOf(bad)).toHaveLength(1);
    expect(noticesOf(bad)[0]).toMatchObject({
      id: 'fraud-v7.1.rolled_back',
      severity: 'critical',
      verdictId: 'v0',
    });
    expect(noticesOf(bad)[0]?.text).toContain('error-rate: errors doubled');
    expect(noticesOf(bad)[0]?.text).toContain('coalmine explain v0');
    expect(noticesOf(bad)[0]?.text).not.toContain('1.02');
  });

  test('in shadow there is no share to take back, but the rollout is over', () => {
    const bad = run(['rollback']);
    expect(bad.state.phase).toBe('rolled_back');
    expect(bad.state.table?.shares).toEqual([{ fromMs: 0, share: 0 }]);
  });

  test('in the windows between two stages it takes the announced share back', () => {
    const between = run(['hold', 'hold', { decision: 'promote', leadWindows: 2 }, 'rollback']);
    expect(between.state.phase).toBe('rolled_back');
    expect(between.state.stages.map(({ index }) => index)).toEqual([0]);
    expect(shareAt(between.state.table ?? tableOf(), 6 * MINUTE_MS)).toBe(0);
  });

  test('after it nothing happens any more', () => {
    const { state } = run(['rollback']);
    const end = step(RULES, state, { kind: 'inputs_ended', atMs: 9 * MINUTE_MS });
    expect(end).toEqual({ state, events: [], table: null, notifications: [] });
    expect(step(RULES, state, inputOn(state, 5, { decision: 'promote' })).state).toEqual(state);
  });
});

describe('hold', () => {
  const FEW = checkOf({ status: 'inconclusive', reason: 'too_few_samples' });
  const SEGMENT = checkOf({
    name: 'segments',
    status: 'fail',
    asks: 'hold',
    reason: 'limit_crossed',
  });
  const DIVERGENCE = checkOf({
    name: 'divergence',
    status: 'fail',
    asks: 'warn',
    reason: 'over_null_line',
  });

  test('waiting for the bake is no hold', () => {
    expect(kindsOf(run(['hold', 'hold']))).toEqual(['stage_began']);
  });

  test('after the bake it is recorded once for as long as its reasons stay the same', () => {
    const few = { decision: 'hold', checks: [FEW] } as const;
    const held = run(['hold', 'hold', few, few, few]);
    expect(kindsOf(held)).toEqual(['stage_began', 'held']);
    const other = step(
      RULES,
      held.state,
      inputOn(held.state, 5, { decision: 'hold', checks: [FEW, SEGMENT] }),
    );
    expect(other.events).toMatchObject([{ kind: 'held', verdictId: 'v5' }]);
  });

  test('a check that asks for a hold is recorded before the bake is over', () => {
    expect(kindsOf(run([{ decision: 'hold', checks: [SEGMENT] }]))).toEqual([
      'stage_began',
      'held',
    ]);
  });

  test('a check that asks for a hold warns a person once per stage', () => {
    const segment = { decision: 'hold', checks: [SEGMENT] } as const;
    const twice = run([segment, segment, 'promote', segment, segment]);
    expect(noticesOf(twice).map(({ id, severity }) => [id, severity])).toEqual([
      ['fraud-v7.1.hold.0.segments', 'warning'],
      ['fraud-v7.1.hold.1.segments', 'warning'],
    ]);
  });

  test('a window before the present stage speaks for no check of it, whatever stage it names', () => {
    const { state } = run(['hold', 'hold', { decision: 'promote', leadWindows: 2 }]);
    const stage = { index: 1, share: 0.05, fromMs: 5 * MINUTE_MS };
    const verdict = verdictOn(state, 3, { stage, checks: [SEGMENT] });
    const input = { kind: 'verdict', verdict, effectiveFromMs: 5 * MINUTE_MS } as const;
    expect(step(RULES, state, input)).toMatchObject({ events: [], notifications: [] });
  });

  test('a check that only warns does so once per rollout', () => {
    const warns = (decision: 'hold' | 'promote') => ({ decision, checks: [DIVERGENCE] });
    const warned = run([warns('hold'), warns('hold'), warns('promote'), warns('hold')]);
    expect(noticesOf(warned).map(({ id }) => id)).toEqual(['fraud-v7.1.warn.divergence']);
    expect(warned.state.stages).toHaveLength(2);
  });
});

describe('windows without a verdict', () => {
  const silent = (windowEndMs: number) =>
    ({ kind: 'window_without_verdict', windowEndMs }) as const;

  test('three in a row raise one alarm, and a verdict starts the count anew', () => {
    let { state } = run([]);
    const alarms: string[] = [];
    for (let window = 1; window <= 5; window += 1) {
      const result = step(RULES, state, silent(window * MINUTE_MS));
      alarms.push(...result.notifications.map(({ title }) => title));
      state = result.state;
    }
    expect(alarms).toEqual(['fraud-v7.1: no verdict in 3 windows']);
    state = step(RULES, state, inputOn(state, 5, { decision: 'hold' })).state;
    expect(state.silentWindowCount).toBe(0);
  });
});

describe('a changed policy', () => {
  test('has an evidence budget of its own and is an event', () => {
    const { state } = run(['hold']);
    expect(state.budgetCount).toBe(1);
    const verdict = verdictOn(state, 1, { policyDigest: 'p2' });
    const changed = step(RULES, state, {
      kind: 'verdict',
      verdict,
      effectiveFromMs: verdict.windowEndMs,
    });
    expect(changed.state.budgetCount).toBe(2);
    expect(changed.events).toMatchObject([
      { kind: 'plan_changed', verdictId: 'v1', fromMs: MINUTE_MS },
    ]);
  });
});

describe('the end of the inputs', () => {
  test('before the first window leaves the rollout held, with nothing to record', () => {
    const end = step(RULES, initialState(), { kind: 'inputs_ended', atMs: 0 });
    expect(end.events).toEqual([]);
    expect(decisionOf(end.state)).toBe('held');
  });

  test('holds a rollout whose stage was not passed, and says how far its bake was', () => {
    const { state } = run(['hold', 'hold', 'promote', 'hold']);
    const end = step(RULES, state, { kind: 'inputs_ended', atMs: 4 * MINUTE_MS });
    expect(decisionOf(end.state)).toBe('held');
    expect(end.events).toMatchObject([
      {
        kind: 'held',
        reason: 'the inputs ended in step 2 of 3 (5 %), 1 min before its bake was over',
      },
    ]);
    const after = step(RULES, end.state, inputOn(end.state, 4, { decision: 'rollback' }));
    expect(after.state).toEqual(end.state);
  });

  test('promotes a rollout that passed every step, and says what of the watch is missing', () => {
    const watched: RolloutRules = { ...RULES, watchMs: 122 * MINUTE_MS };
    const { state } = run(HEALTHY, watched);
    const end = step(watched, state, { kind: 'inputs_ended', atMs: 7 * MINUTE_MS });
    expect(decisionOf(end.state)).toBe('promoted');
    expect(end.notifications[0]?.text).toBe(
      'every step was passed; the inputs ended, 2 h before its watch was over',
    );
  });
});
