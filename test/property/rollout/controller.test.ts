import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/core/events/verdict.ts';
import { type ControllerInput, step } from '../../../src/core/rollout/controller.ts';
import { initialState, type RolloutRules } from '../../../src/core/rollout/state.ts';
import { checkOf, inputOn, MINUTE_MS, RULES } from '../../support/rollout.ts';

/** What happens to one window; the stage that its verdict is about follows from the state at that time. */
interface Happening {
  readonly kind: 'verdict' | 'again' | 'silent' | 'ended';
  readonly decision: 'promote' | 'hold' | 'rollback';
  readonly check: CheckResult;
  readonly leadWindows: number;
}

const checks = fc
  .record({
    name: fc.constantFrom('error-rate', 'segments'),
    asks: fc.constantFrom('none', 'warn', 'hold'),
    status: fc.constantFrom('pass', 'fail', 'inconclusive'),
  })
  .map(checkOf);

const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom('verdict', 'verdict', 'verdict', 'verdict', 'verdict', 'again', 'silent'),
    decision: fc.constantFrom(
      'promote',
      'promote',
      'promote',
      'promote',
      'hold',
      'hold',
      'rollback',
    ),
    check: checks,
    leadWindows: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 40 },
) satisfies fc.Arbitrary<Happening[]>;

const rollouts = fc
  .record({
    steps: fc.array(
      fc.record({
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        bakeWindows: fc.integer({ min: 0, max: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    watchWindows: fc.integer({ min: 0, max: 6 }),
  })
  .map(
    ({ steps, watchWindows }): RolloutRules => ({
      ...RULES,
      steps: steps
        .map(({ share, bakeWindows }) => ({ share, bakeMs: bakeWindows * MINUTE_MS }))
        .toSorted((a, b) => a.share - b.share),
      watchMs: watchWindows * MINUTE_MS,
    }),
  );

/** Plays the happenings, and notes each input with its result. */
function play(rules: RolloutRules, happened: readonly Happening[]) {
  const inputs: ControllerInput[] = [{ kind: 'began', atMs: 0 }];
  const results = [step(rules, initialState(), { kind: 'began', atMs: 0 })];
  let state = results[0]?.state ?? initialState();
  for (const [window, each] of happened.entries()) {
    const windowEndMs = (window + 1) * MINUTE_MS;
    const judged = { decision: each.decision, checks: [each.check], leadWindows: each.leadWindows };
    const input: ControllerInput =
      each.kind === 'silent'
        ? { kind: 'window_without_verdict', windowEndMs }
        : each.kind === 'ended'
          ? { kind: 'inputs_ended', atMs: windowEndMs }
          : inputOn(state, each.kind === 'again' ? Math.max(0, window - 2) : window, judged);
    const result = step(rules, state, input);
    inputs.push(input);
    results.push(result);
    state = result.state;
  }
  return {
    inputs,
    results,
    state,
    events: results.flatMap(({ events }) => events),
    notifications: results.flatMap(({ notifications }) => notifications),
  };
}

const withEnd = fc
  .tuple(happenings, fc.boolean(), checks)
  .map(([happened, isEnded, check]): readonly Happening[] =>
    isEnded ? [...happened, { kind: 'ended', decision: 'hold', check, leadWindows: 0 }] : happened,
  );

describe('whatever is judged, in any order', () => {
  test('no stage is skipped, and none begins before the one before it is passed', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const kinds = play(rules, happened).events.filter(({ kind }) => kind.startsWith('stage_'));
        for (const [i, event] of kinds.entries()) {
          expect([event.kind, event.stageIndex]).toEqual([
            i % 2 === 0 ? 'stage_began' : 'stage_passed',
            Math.floor(i / 2),
          ]);
        }
      }),
    );
  });

  test('no stage is passed before its bake is over', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { results, inputs } = play(rules, happened);
        for (const [i, { events }] of results.entries()) {
          const passed = events.find(({ kind }) => kind === 'stage_passed');
          const input = inputs[i];
          if (passed === undefined || input?.kind !== 'verdict') continue;
          const stage = results[i - 1]?.state.stages[passed.stageIndex];
          const bakeMs = rules.steps[passed.stageIndex]?.bakeMs ?? Number.NaN;
          expect(input.verdict.decision).toBe('promote');
          expect(input.verdict.windowEndMs - (stage?.fromMs ?? Number.NaN)).toBeGreaterThanOrEqual(
            bakeMs,
          );
        }
      }),
    );
  });

  test('a rollback is the last thing that happens', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { results, events } = play(rules, happened);
        const at = results.findIndex(({ state }) => state.phase === 'rolled_back');
        if (at < 0) return;
        for (const later of results.slice(at + 1)) {
          expect(later).toEqual({
            state: results[at]?.state,
            events: [],
            table: null,
            notifications: [],
          });
        }
        expect(events.at(-1)?.kind).toBe('rolled_back');
        expect(results[at]?.table?.shares.at(-1)?.share).toBe(0);
      }),
    );
  });

  test('a new rollback verdict is obeyed at once in every phase before the end', () => {
    fc.assert(
      fc.property(rollouts, happenings, (rules, happened) => {
        const { inputs, results } = play(rules, happened);
        const phases = inputs.flatMap((input, i) => {
          const before = results[i - 1]?.state;
          if (input.kind !== 'verdict' || input.verdict.decision !== 'rollback') return [];
          const lastSeenMs = before?.lastVerdict?.windowStartMs ?? -1;
          const isNew = input.verdict.windowStartMs > lastSeenMs && before?.phase !== 'promoted';
          return isNew ? [results[i]?.state.phase] : [];
        });
        expect(phases.filter((phase) => phase !== 'rolled_back')).toEqual([]);
      }),
    );
  });

  test('there are exactly as many critical notifications as rollbacks: one or none', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { notifications, events } = play(rules, happened);
        const rollbackCount = events.filter(({ kind }) => kind === 'rolled_back').length;
        expect(notifications.filter(({ severity }) => severity === 'critical')).toHaveLength(
          rollbackCount,
        );
        expect(rollbackCount).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('no notification is told twice, and events are numbered without gaps', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { notifications, events } = play(rules, happened);
        const ids = notifications.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
      }),
    );
  });

  test('the history of shares is in order, grows until a rollback, and every table counts up', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { results } = play(rules, happened);
        const tables = results.flatMap(({ table }) => (table === null ? [] : [table]));
        const sequences = tables.map(({ sequence }) => sequence);
        expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
        for (const { shares } of tables) {
          const ramp = shares.at(-1)?.share === 0 ? shares.slice(0, -1) : shares;
          expect(ramp.map(({ share }) => share)).toEqual(
            ramp.map(({ share }) => share).toSorted((a, b) => a - b),
          );
          expect(shares.map(({ fromMs }) => fromMs)).toEqual(
            shares.map(({ fromMs }) => fromMs).toSorted((a, b) => a - b),
          );
        }
      }),
    );
  });
});

describe('a rollout that is stored and loaded', () => {
  test('goes on as if it had not been: the state of every moment survives JSON', () => {
    fc.assert(
      fc.property(rollouts, withEnd, (rules, happened) => {
        const { inputs, results } = play(rules, happened);
        let stored = JSON.stringify(initialState());
        for (const [i, input] of inputs.entries()) {
          const result = step(rules, JSON.parse(stored), input);
          expect(result).toEqual(results[i]);
          stored = JSON.stringify(result.state);
        }
      }),
    );
  });
});
