import type { Verdict } from '../events/verdict.ts';
import { assert, defined } from '../foundation/assert.ts';
import { noteHold, tellOfChecks } from './holds.ts';
import { promotedNotice, rollbackNotice, silenceNotice } from './notices.ts';
import { emit, notify, type StepResult, unchanged } from './result.ts';
import { firstTable, withEnd, withShare } from './routing-table.ts';
import { bakeEndMs, phaseOfShare, presentStage, stageName, watchEndMs } from './stages.ts';
import type { ControllerState, RolloutRules, StageBegun } from './state.ts';

/** What the controller can be told. Event times in ms. */
export type ControllerInput =
  /** The rollout begins, on a window boundary. */
  | { readonly kind: 'began'; readonly atMs: number }
  /** `effectiveFromMs`: the boundary at which a change that this verdict causes takes effect. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly effectiveFromMs: number }
  /** A window closed and nobody judged it. */
  | { readonly kind: 'window_without_verdict'; readonly windowEndMs: number }
  | { readonly kind: 'inputs_ended'; readonly atMs: number };

/** How a rollout ended, or stands when the inputs are over. */
export type RolloutDecision = 'promoted' | 'held' | 'rolled_back';

/**
 * One step of a rollout: pure, so that the same inputs give the same state, events, tables and
 * notifications, wherever the state was stored in between. Rollback wins in every phase but the
 * last two and after them nothing happens. A promote counts when it is about the present stage
 * and its bake is over; verdicts of windows already seen are ignored. Inputs that end before the
 * rollout began leave it held, without an event. Asserts that it begins once, before any verdict.
 *
 * @example step(rules, initialState(), { kind: 'began', atMs: 0 }).events[0]?.kind // 'stage_began'
 */
export function step(
  rules: RolloutRules,
  state: ControllerState,
  input: ControllerInput,
): StepResult {
  if (state.isEnded || isOver(state)) return unchanged(state);
  switch (input.kind) {
    case 'began':
      return begin(rules, state, input.atMs);
    case 'verdict':
      return onVerdict(rules, state, input);
    case 'window_without_verdict':
      return onSilentWindow(rules, state, input.windowEndMs);
    case 'inputs_ended':
      return onInputsEnded(rules, state, input.atMs);
  }
}

/**
 * What the rollout came to: `held` for as long as it is neither promoted nor rolled back.
 *
 * @example decisionOf(initialState()) // 'held'
 */
export function decisionOf(state: ControllerState): RolloutDecision {
  if (state.phase === 'promoted' || state.phase === 'rolled_back') return state.phase;
  return 'held';
}

function isOver(state: ControllerState): boolean {
  return state.phase === 'promoted' || state.phase === 'rolled_back';
}

function begin(rules: RolloutRules, state: ControllerState, atMs: number): StepResult {
  assert(state.stages.length === 0, 'a rollout begins once');
  const before = unchanged({ ...state, table: firstTable(rules, atMs) });
  const stage = { index: 0, fromMs: atMs, decidedAtMs: atMs };
  return beginStage(rules, before, {
    stage,
    verdictId: null,
    reason: 'the rollout begins',
  });
}

/** A stage that begins, with what caused it. */
interface Beginning {
  readonly stage: Omit<StageBegun, 'share'>;
  readonly verdictId: string | null;
  readonly reason: string;
}

function beginStage(rules: RolloutRules, before: StepResult, beginning: Beginning): StepResult {
  const { index, fromMs } = beginning.stage;
  const { share } = defined(rules.steps[index], `step ${index}`);
  const table = withShare(defined(before.state.table, 'the routing table'), { fromMs, share });
  const state: ControllerState = {
    ...before.state,
    phase: phaseOfShare(share),
    stages: [...before.state.stages, { ...beginning.stage, share }],
    table,
  };
  const { verdictId, reason } = beginning;
  const begun = emit(
    rules,
    { ...before, state },
    { kind: 'stage_began', fromMs, verdictId, reason },
  );
  return { ...begun, table };
}

type Verdicted = Extract<ControllerInput, { kind: 'verdict' }>;

function onVerdict(rules: RolloutRules, state: ControllerState, input: Verdicted): StepResult {
  const { verdict } = input;
  assert(input.effectiveFromMs >= verdict.windowEndMs, 'a change never reaches back into a window');
  if (isStale(state, verdict)) return unchanged(state);
  const seen = noteVerdict(rules, state, verdict);
  // Evidence of a rollback is of the whole rollout: it counts in the windows between two stages too.
  if (verdict.decision === 'rollback') return rollBack(rules, seen, input);
  const present = presentStage(state);
  if (verdict.stage.index !== present.index || verdict.windowStartMs < present.fromMs) return seen;
  const noted = noteHold(rules, tellOfChecks(rules, seen, verdict), verdict);
  const isBaked = verdict.windowEndMs >= bakeEndMs(rules, state);
  if (verdict.decision === 'promote' && isBaked && !state.allPassed) {
    return promote(rules, noted, input);
  }
  return finishWatch(rules, noted, input);
}

function isStale(state: ControllerState, verdict: Verdict): boolean {
  return (
    verdict.revision > 0 ||
    (state.lastVerdict !== null && verdict.windowStartMs <= state.lastVerdict.windowStartMs)
  );
}

/** A verdict under another policy than the last one has an evidence budget of its own, and says so. */
function noteVerdict(rules: RolloutRules, state: ControllerState, verdict: Verdict): StepResult {
  const isNewPolicy = verdict.policyDigest !== state.policyDigest;
  const result = unchanged({
    ...state,
    lastVerdict: { id: verdict.id, windowStartMs: verdict.windowStartMs },
    silentWindowCount: 0,
    policyDigest: verdict.policyDigest,
    budgetCount: state.budgetCount + (isNewPolicy ? 1 : 0),
  });
  if (!isNewPolicy || state.policyDigest === null) return result;
  return emit(rules, result, {
    kind: 'plan_changed',
    fromMs: verdict.windowStartMs,
    verdictId: verdict.id,
    reason: `the evidence begins anew under policy ${verdict.policyDigest}: budget ${result.state.budgetCount}`,
  });
}

function rollBack(rules: RolloutRules, before: StepResult, input: Verdicted): StepResult {
  const { verdict, effectiveFromMs } = input;
  const table = withEnd(defined(before.state.table, 'the routing table'), {
    fromMs: effectiveFromMs,
    share: 0,
  });
  const state: ControllerState = {
    ...before.state,
    phase: 'rolled_back',
    // A stage that was announced for that time or later never begins.
    stages: before.state.stages.filter(
      ({ index, fromMs }) => index === 0 || fromMs < effectiveFromMs,
    ),
    table,
  };
  const rolledBack = emit(
    rules,
    { ...before, state },
    {
      kind: 'rolled_back',
      share: 0,
      fromMs: effectiveFromMs,
      verdictId: verdict.id,
      reason: verdict.reason,
    },
  );
  return { ...notify(rolledBack, rollbackNotice(rules, verdict)), table };
}

function promote(rules: RolloutRules, before: StepResult, input: Verdicted): StepResult {
  const { verdict, effectiveFromMs } = input;
  const cause = { verdictId: verdict.id, reason: verdict.reason };
  const passed = emit(rules, before, { kind: 'stage_passed', fromMs: effectiveFromMs, ...cause });
  const index = presentStage(before.state).index + 1;
  if (index === rules.steps.length) {
    const state: ControllerState = { ...passed.state, allPassed: true, phase: 'watching' };
    return finishWatch(rules, { ...passed, state }, input);
  }
  const stage = { index, fromMs: effectiveFromMs, decidedAtMs: verdict.windowEndMs };
  return beginStage(rules, passed, { stage, ...cause });
}

/** Ends the rollout when all that the plan asks for is over and nothing asks to wait. */
function finishWatch(rules: RolloutRules, before: StepResult, input: Verdicted): StepResult {
  const { verdict, effectiveFromMs } = input;
  const isWatched = verdict.windowEndMs >= watchEndMs(rules, before.state);
  if (!before.state.allPassed || !isWatched || before.state.holdKey !== null) return before;
  const reason = `every step was passed (${rules.steps.length}) and the watch is over`;
  return end(rules, before, { atMs: effectiveFromMs, verdictId: verdict.id, reason });
}

/** When and why a rollout is promoted. */
interface Ending {
  readonly atMs: number;
  readonly verdictId: string | null;
  readonly reason: string;
}

function end(rules: RolloutRules, before: StepResult, ending: Ending): StepResult {
  const { atMs: fromMs, verdictId, reason } = ending;
  const { share } = presentStage(before.state);
  const table = withEnd(defined(before.state.table, 'the routing table'), { fromMs, share });
  const state: ControllerState = { ...before.state, phase: 'promoted', table };
  const promoted = emit(
    rules,
    { ...before, state },
    { kind: 'promoted', fromMs, verdictId, reason },
  );
  return { ...notify(promoted, promotedNotice(rules, ending)), table };
}

function onSilentWindow(
  rules: RolloutRules,
  state: ControllerState,
  windowEndMs: number,
): StepResult {
  const windowCount = state.silentWindowCount + 1;
  const counted = unchanged({ ...state, silentWindowCount: windowCount });
  if (windowCount !== rules.silentWindowMax) return counted;
  return notify(counted, silenceNotice(rules, { windowEndMs, windowCount }));
}

function onInputsEnded(rules: RolloutRules, state: ControllerState, atMs: number): StepResult {
  const ended = unchanged({ ...state, isEnded: true });
  if (state.stages.length === 0) return ended;
  const verdictId = state.lastVerdict?.id ?? null;
  if (state.allPassed && state.holdKey === null) {
    const reason = `every step was passed; the inputs ended${timeLeft(watchEndMs(rules, state) - atMs, 'watch')}`;
    return end(rules, ended, { atMs, verdictId, reason });
  }
  const left = timeLeft(bakeEndMs(rules, state) - atMs, 'bake');
  const reason = `the inputs ended in ${stageName(rules, presentStage(state))}${left}`;
  return emit(rules, ended, { kind: 'held', fromMs: atMs, verdictId, reason });
}

function timeLeft(leftMs: number, what: string): string {
  return leftMs > 0 ? `, ${durationText(leftMs)} before its ${what} was over` : '';
}

function durationText(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 1) return `${Number(hours.toFixed(1))} h`;
  return ms >= 60_000 ? `${Number((ms / 60_000).toFixed(1))} min` : `${Math.ceil(ms / 1000)} s`;
}
