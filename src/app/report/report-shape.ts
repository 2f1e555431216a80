import { z } from 'zod';

const eventTime = z.int().meta({ description: 'event time in ms since 1970' });
const lengthMs = z.int().nonnegative();
const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const evidence = z.number().meta({ description: 'ln of the e-value' });
const decision = z.enum(['promote', 'hold', 'rollback']);
const statuses = ['pass', 'fail', 'inconclusive', 'error'] as const;

const place = {
  windowStartMs: eventTime,
  windowEndMs: eventTime,
  stageIndex: count,
  budgetIndex: count.meta({
    description: 'which span of the budget: evidence begins anew in each',
  }),
};

const crossing = z.strictObject({ ...place, verdictId: z.string(), sentence: z.string() });

const decided = z.strictObject({
  outcome: z.enum(['running', 'held', 'promoted', 'rolled_back']),
  atMs: eventTime.nullable(),
  reason: z.string().meta({ description: 'the sentence that decided' }),
  verdictId: z.string().nullable(),
  latest: z
    .strictObject({
      verdictId: z.string(),
      windowStartMs: eventTime,
      windowEndMs: eventTime,
      decision,
      reason: z.string(),
    })
    .nullable(),
});

const stage = z.strictObject({
  index: count,
  share,
  decidedAtMs: eventTime,
  fromMs: eventTime,
  untilMs: eventTime.nullable(),
  bakeMs: lengthMs.nullable(),
  bakedMs: lengthMs,
  windowCount: count,
  sampleCount: count,
  sampleOf: z.enum(['pairs', 'canary_answers']),
  sampleCountMin: count.nullable(),
  passed: z
    .strictObject({ atMs: eventTime, verdictId: z.string().nullable(), reason: z.string() })
    .nullable(),
});

const budget = z.strictObject({
  spentCount: count,
  falseRollbackRateSum: share,
  spans: z.array(
    z.strictObject({
      policyDigest: z.string(),
      fromMs: eventTime,
      untilMs: eventTime,
      windowCount: count,
      falseRollbackRate: share.nullable(),
      falseHoldRate: share.nullable(),
      logEvidenceLimit: evidence,
      logEvidenceMax: evidence,
    }),
  ),
});

const average = z.strictObject({
  logEvidence: evidence.nullable(),
  logEvidenceLimit: evidence.nullable(),
  firstCrossed: crossing.nullable(),
  contributions: z.array(
    z.strictObject({ name: z.string(), weight: share, logEvidence: evidence, share }),
  ),
  cash: z.strictObject({ weight: share, share }).nullable(),
  series: z.array(
    z.strictObject({ ...place, decision, logEvidence: evidence, logEvidenceLimit: evidence }),
  ),
});

const check = z.strictObject({
  name: z.string(),
  type: z.string().meta({ description: 'a metric type of the plan' }),
  nature: z.enum(['harm', 'difference', 'health']),
  weight: share,
  countOf: z.enum(['predictions', 'pairs', 'labels', 'blocks']),
  effectOf: z.string(),
  isAveraged: z.boolean(),
  logEvidenceLimit: evidence.nullable(),
  logEvidenceMax: evidence.nullable(),
  firstCrossed: crossing.nullable(),
  statusCounts: z.strictObject({ pass: count, fail: count, inconclusive: count, error: count }),
  sentence: z.string(),
  series: z.array(
    z.strictObject({
      ...place,
      status: z.enum(statuses),
      asks: z.enum(['rollback', 'hold', 'warn', 'none']),
      reason: z.string(),
      effect: z.number().nullable().meta({ description: "the value, in the metric's own unit" }),
      bound: z.number().nullable(),
      threshold: z.number().nullable(),
      logEvidence: evidence.nullable(),
      currentCount: count,
      canaryCount: count,
      isCrossed: z.boolean(),
    }),
  ),
});

const driver = z.strictObject({
  field: z.string(),
  strength: z.number(),
  measure: z.enum(['mutual_information', 'eta_squared']),
  shareExplained: z.number(),
  cell: z.string(),
  cellPairCount: count,
  cellDisagreementRate: share,
  lift: z.number(),
  direction: z.number().nullable(),
  firstNamedMs: eventTime,
  namedWindowCount: count,
});

const counts = {
  matched: count,
  unmatchedCurrent: count,
  unmatchedCanary: count,
  notAskedCurrent: count,
  notAskedCanary: count,
  duplicate: count,
  conflict: count,
};
const arm = z.strictObject({ predictions: count, served: count, errors: count });

/** A report, as `schemas/report.schema.json` has it. */
export const reportShape = z.strictObject({
  apiVersion: z.literal('coalmine.dev/v1'),
  kind: z.literal('RolloutReport'),
  rolloutId: z.string(),
  model: z.string(),
  currentVersion: z.string(),
  canaryVersion: z.string(),
  policyDigest: z.string(),
  windowLengthMs: lengthMs,
  fromMs: eventTime.nullable(),
  untilMs: eventTime.nullable(),
  decision: decided,
  stages: z.array(stage),
  budget,
  average,
  checks: z.array(check),
  culprits: z.array(
    z.strictObject({
      name: z.string(),
      sentence: z.string(),
      logEvidence: evidence.nullable(),
      firstCrossedMs: eventTime.nullable(),
    }),
  ),
  drivers: z.array(driver),
  account: z.strictObject({
    windowCount: count,
    incompleteWindowCount: count,
    amendedWindowCount: count,
    ...counts,
    current: arm,
    canary: arm,
  }),
  windows: z.array(
    z.strictObject({
      windowStartMs: eventTime,
      windowEndMs: eventTime,
      revision: count,
      profileHash: z.string().nullable(),
      missingPartitions: z.array(count),
      counts: z.strictObject(counts),
      current: arm,
      canary: arm,
      verdictId: z.string().nullable(),
    }),
  ),
  gaps: z.array(z.strictObject({ fromMs: eventTime, untilMs: eventTime, windowCount: count })),
  notJudged: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(['inconclusive', 'error']),
      reason: z.string(),
      windowCount: count,
      firstWindowStartMs: eventTime,
      lastWindowStartMs: eventTime,
      sentence: z.string(),
    }),
  ),
});

/** The JSON schema of a report; `schemas/report.schema.json` is this. */
export function reportJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://coalmine.dev/schemas/report.schema.json',
    title: 'the report of a rollout',
    ...z.toJSONSchema(reportShape),
  };
}
