import { type EvidenceState, logEvidence, logPlain } from '../../stats/sequential/evidence.ts';

/** Below 10 to 1 there is nothing to attribute to anything. */
const WORTH_SAYING = Math.log(10);
/** ln E - ln(plain half) when the restart half is e times the plain one: ln((1 + e) / 2). */
const RESTART_LEADS = Math.log((1 + Math.E) / 2);

/**
 * Whether the evidence comes from the latest windows rather than from the whole rollout: then the
 * sentence must quote those, or it would show a harmless average beside an alarm.
 *
 * @example latestDominates(initialEvidence()) // false
 */
export function latestDominates(state: EvidenceState): boolean {
  const logE = logEvidence(state);
  return logE >= WORTH_SAYING && logE - logPlain(state) >= RESTART_LEADS;
}
