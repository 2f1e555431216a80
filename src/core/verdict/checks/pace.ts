import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { windowsFor } from './check.ts';

/**
 * Windows until ln E could reach its line at the pace of the rollout so far, by the alternative that has
 * fitted best; null when none grows.
 *
 * @example windowsAtPace(initialEvidence(), 4.6) // null
 */
export function windowsAtPace(evidence: EvidenceState, missing: number): number | null {
  const best = Math.max(...evidence.plain);
  return best > 0 ? windowsFor(missing / best, 1 / evidence.windowCount) : null;
}
