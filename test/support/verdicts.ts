import type { Verdict } from '../../src/core/events/verdict.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 20, 10);

/** A verdict with one check and one driver, on the minute that begins at `windowStartMs`. */
export function aVerdict(over: Partial<Verdict> = {}): Verdict {
  const windowStartMs = over.windowStartMs ?? START_MS;
  return {
    id: `verdict-${windowStartMs}-${over.revision ?? 0}`,
    rolloutId: 'fraud-v7.1',
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    stage: { index: 1, share: 0.05, fromMs: START_MS },
    windowStartMs,
    windowEndMs: windowStartMs + MINUTE_MS,
    revision: 0,
    policyDigest: 'digest-1',
    decision: 'hold',
    reason: 'not enough evidence yet',
    checks: [
      {
        name: 'error-rate',
        type: 'errorRate',
        nature: 'harm',
        status: 'inconclusive',
        asks: 'none',
        reason: 'too_few_samples',
        sentence: '12 of 500 samples',
        currentCount: 1000,
        canaryCount: 12,
        countOf: 'predictions',
        effect: 1.02,
        effectOf: 'rate ratio',
        bound: null,
        threshold: 1.25,
        logEvidence: -0.5,
        weight: 0.3,
        decidableInWindowCount: 40,
      },
    ],
    drivers: [
      {
        field: 'feature.country',
        strength: 0.12,
        measure: 'mutual_information',
        shareExplained: 0.4,
        cell: 'DE',
        cellPairCount: 112,
        cellDisagreementRate: 0.9,
        lift: 2.5,
        direction: -0.31,
      },
    ],
    logEvidence: 0.25,
    logEvidenceLimit: 4.6,
    ...over,
  };
}
