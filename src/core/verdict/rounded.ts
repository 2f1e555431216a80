import type { CheckResult, Driver } from '../events/verdict.ts';
import type { VerdictBody } from './judge.ts';

/** More than any reader needs, and fewer than the digits in which mathematical functions differ. */
const DIGITS = 12;
/** What is left of a difference that should be 0. */
const RESIDUE = 1e-15;

/**
 * A number to 12 significant digits. Logarithms and powers may differ in the last bit between
 * versions of the JavaScript engine: what is published under one id must not.
 *
 * @example rounded(0.1 + 0.2) // 0.3
 */
export function rounded(value: number): number {
  return Math.abs(value) < RESIDUE ? 0 : Number(value.toPrecision(DIGITS));
}

/**
 * Evidence (ln E) to nine decimals: it is a sum of terms that cancel, so that its error is absolute.
 *
 * @example roundedEvidence(1e-12) // 0
 */
export function roundedEvidence(logEvidence: number): number {
  return Math.round(logEvidence * 1e9) / 1e9 + 0;
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}

/** Evidence that fades counts parts of a prediction; a reader is told whole ones. */
function roundedCheck(check: CheckResult): CheckResult {
  return {
    ...check,
    currentCount: Math.round(check.currentCount),
    canaryCount: Math.round(check.canaryCount),
    effect: roundedOrNull(check.effect),
    bound: roundedOrNull(check.bound),
    threshold: roundedOrNull(check.threshold),
    logEvidence: check.logEvidence === null ? null : roundedEvidence(check.logEvidence),
    weight: rounded(check.weight),
  };
}

function roundedDriver(driver: Driver): Driver {
  return {
    ...driver,
    strength: rounded(driver.strength),
    shareExplained: rounded(driver.shareExplained),
    cellPairCount: Math.round(driver.cellPairCount),
    cellDisagreementRate: rounded(driver.cellDisagreementRate),
    lift: rounded(driver.lift),
    direction: roundedOrNull(driver.direction),
  };
}

/**
 * A verdict as it is published: the same body on every supported version of Node. What was decided
 * rests on the unrounded numbers, which go on in the judge's state.
 *
 * @example roundedVerdict({ ...body, logEvidence: 1 / 3 }).logEvidence // 0.333333333
 */
export function roundedVerdict(body: VerdictBody): VerdictBody {
  return {
    ...body,
    checks: body.checks.map(roundedCheck),
    drivers: body.drivers.map(roundedDriver),
    logEvidence: roundedEvidence(body.logEvidence),
    logEvidenceLimit: roundedEvidence(body.logEvidenceLimit),
  };
}
