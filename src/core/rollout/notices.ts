import type { Notification } from '../events/routing.ts';
import type { CheckResult, Verdict } from '../events/verdict.ts';
import { stageName } from './stages.ts';
import type { RolloutRules } from './state.ts';

/**
 * The call to a person after a rollback: why, and what to run next. One per rollout, so its id
 * names the rollout alone.
 *
 * @example rollbackNotice(rules, verdict).severity // 'critical'
 */
export function rollbackNotice(rules: RolloutRules, verdict: Verdict): Notification {
  const sentences = verdict.checks
    .filter((check) => check.asks === 'rollback')
    .map((check) => `${check.name}: ${check.sentence}`)
    // With one culprit the reason is its sentence.
    .filter((sentence) => !verdict.reason.includes(sentence));
  return {
    id: `${rules.rolloutId}.rolled_back`,
    severity: 'critical',
    rolloutId: rules.rolloutId,
    title: `${rules.rolloutId}: ${rules.model} ${rules.canaryVersion} rolled back`,
    text: [
      `All traffic goes to ${rules.currentVersion}. ${verdict.reason}`,
      ...sentences,
      `In ${stageName(rules, verdict.stage)}. To see every number: coalmine explain ${verdict.id} --out DIR`,
    ].join('\n'),
    eventTimeMs: verdict.windowEndMs,
    verdictId: verdict.id,
  };
}

/**
 * The news that the canary passed every step and the watch.
 *
 * @example promotedNotice(rules, { atMs, verdictId, reason }).severity // 'info'
 */
export function promotedNotice(
  rules: RolloutRules,
  cause: { readonly atMs: number; readonly verdictId: string | null; readonly reason: string },
): Notification {
  return {
    id: `${rules.rolloutId}.promoted`,
    severity: 'info',
    rolloutId: rules.rolloutId,
    title: `${rules.rolloutId}: ${rules.model} ${rules.canaryVersion} promoted`,
    text: cause.reason,
    eventTimeMs: cause.atMs,
    verdictId: cause.verdictId,
  };
}

/**
 * What a person must look at because a check asks for a hold or warns.
 *
 * @example checkNotice(rules, verdict, check).title // 'fraud-v7.1: disagreement asks for a hold'
 */
export function checkNotice(
  rules: RolloutRules,
  verdict: Verdict,
  check: CheckResult,
): Notification {
  const asks = check.asks === 'hold' ? 'asks for a hold' : 'warns';
  return {
    id: `${rules.rolloutId}.${toldKey(verdict, check)}`,
    severity: 'warning',
    rolloutId: rules.rolloutId,
    title: `${rules.rolloutId}: ${check.name} ${asks}`,
    text: `${check.sentence}\nIn ${stageName(rules, verdict.stage)}. To see every number: coalmine explain ${verdict.id} --out DIR`,
    eventTimeMs: verdict.windowEndMs,
    verdictId: verdict.id,
  };
}

/** What has been told about a check: a hold is news in every stage, a warning once. */
export function toldKey(verdict: Verdict, check: CheckResult): string {
  return check.asks === 'hold' ? `hold.${verdict.stage.index}.${check.name}` : `warn.${check.name}`;
}

/**
 * The alarm that windows close but none is judged.
 *
 * @example silenceNotice(rules, { windowEndMs, windowCount: 3 }).severity // 'warning'
 */
export function silenceNotice(
  rules: RolloutRules,
  silence: { readonly windowEndMs: number; readonly windowCount: number },
): Notification {
  return {
    id: `${rules.rolloutId}.silent.${silence.windowEndMs}`,
    severity: 'warning',
    rolloutId: rules.rolloutId,
    title: `${rules.rolloutId}: no verdict in ${silence.windowCount} windows`,
    text: `The last ${silence.windowCount} windows closed without a verdict. Traffic stays as it is; nobody is judging the canary.`,
    eventTimeMs: silence.windowEndMs,
    verdictId: null,
  };
}

/**
 * The news that a rollout was deleted while it ran: `atMs` is the event time from which on the current
 * version serves everybody.
 *
 * @example withdrawnNotice(rules, 0).severity // 'warning'
 */
export function withdrawnNotice(rules: RolloutRules, atMs: number): Notification {
  return {
    id: `${rules.rolloutId}.withdrawn`,
    severity: 'warning',
    rolloutId: rules.rolloutId,
    title: `${rules.rolloutId}: deleted`,
    text: `The rollout was deleted before it was over. All traffic goes to ${rules.currentVersion}.`,
    eventTimeMs: atMs,
    verdictId: null,
  };
}
