import type { CheckResult, Verdict } from '../events/verdict.ts';
import { checkNotice, toldKey } from './notices.ts';
import { emit, notify, type StepResult } from './result.ts';
import { bakeEndMs } from './stages.ts';
import type { RolloutRules } from './state.ts';

/**
 * Records a hold of the present stage, once for as long as it is about the same checks for the
 * same reasons. Waiting for the bake or, when every step is passed, for the watch is no hold, unless
 * a check asks for one.
 *
 * @example noteHold(rules, result, verdict).events[0]?.kind // 'held'
 */
export function noteHold(rules: RolloutRules, result: StepResult, verdict: Verdict): StepResult {
  const { state } = result;
  const isWaiting = state.allPassed || verdict.windowEndMs < bakeEndMs(rules, state);
  const isAsked = verdict.checks.some((check) => check.asks === 'hold');
  const isHeld = verdict.decision === 'hold' && (!isWaiting || isAsked);
  const holdKey = isHeld ? holdKeyOf(verdict) : null;
  const noted = { ...result, state: { ...state, holdKey } };
  if (holdKey === null || holdKey === state.holdKey) return noted;
  return emit(rules, noted, {
    kind: 'held',
    fromMs: verdict.windowEndMs,
    verdictId: verdict.id,
    reason: verdict.reason,
  });
}

/** Codes only: the sentences carry numbers that change with every window. */
function holdKeyOf(verdict: Verdict): string {
  return verdict.checks
    .filter((check) => check.asks === 'hold' || isUndecided(check))
    .map((check) => `${check.name} ${check.status} ${check.reason}`)
    .join('; ');
}

function isUndecided(check: CheckResult): boolean {
  return check.status === 'inconclusive' || check.status === 'error';
}

/**
 * Tells a person of every check that asks for a hold, once per stage, and of every one that
 * warns, once per rollout.
 *
 * @example tellOfChecks(rules, result, { ...verdict, checks: [] }).notifications.length // 0
 */
export function tellOfChecks(
  rules: RolloutRules,
  result: StepResult,
  verdict: Verdict,
): StepResult {
  let told = result;
  for (const check of verdict.checks) {
    if (check.asks !== 'hold' && check.asks !== 'warn') continue;
    const key = toldKey(verdict, check);
    if (told.state.toldOf.includes(key)) continue;
    const state = { ...told.state, toldOf: [...told.state.toldOf, key] };
    told = notify({ ...told, state }, checkNotice(rules, verdict, check));
  }
  return told;
}
