import type { CheckResult, Driver, Verdict } from '../core/events/verdict.ts';

/** A verdict for machines: every number, in the names of the command line. */
export function verdictValue(verdict: Verdict) {
  return {
    verdict_id: verdict.id,
    rollout_id: verdict.rolloutId,
    model: verdict.model,
    current_version: verdict.currentVersion,
    canary_version: verdict.canaryVersion,
    stage: {
      index: verdict.stage.index,
      share: verdict.stage.share,
      from_ms: verdict.stage.fromMs,
    },
    window_start_ms: verdict.windowStartMs,
    window_end_ms: verdict.windowEndMs,
    revision: verdict.revision,
    policy_digest: verdict.policyDigest,
    decision: verdict.decision,
    reason: verdict.reason,
    log_evidence: verdict.logEvidence,
    log_evidence_limit: verdict.logEvidenceLimit,
    checks: verdict.checks.map(checkValue),
    drivers: verdict.drivers.map(driverValue),
  };
}

/** A check for machines. */
export function checkValue(check: CheckResult) {
  return {
    name: check.name,
    type: check.type,
    nature: check.nature,
    status: check.status,
    asks: check.asks,
    reason: check.reason,
    sentence: check.sentence,
    n_current: check.currentCount,
    n_canary: check.canaryCount,
    n_of: check.countOf,
    effect: check.effect,
    effect_of: check.effectOf,
    bound: check.bound,
    threshold: check.threshold,
    log_evidence: check.logEvidence,
    weight: check.weight,
    decidable_in_windows: check.decidableInWindowCount,
  };
}

/** A driver for machines. */
export function driverValue(driver: Driver) {
  return {
    field: driver.field,
    strength: driver.strength,
    measure: driver.measure,
    share_explained: driver.shareExplained,
    cell: driver.cell,
    cell_pairs: driver.cellPairCount,
    cell_disagreement_rate: driver.cellDisagreementRate,
    lift: driver.lift,
    direction: driver.direction,
  };
}
