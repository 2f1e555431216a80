import { z } from 'zod';
import {
  consequence,
  duration,
  name,
  positiveCount,
  positiveDuration,
  rate,
  rateAboveZero,
  text,
  tolerance,
} from './shape-values.ts';

const base = {
  name,
  weight: rate
    .optional()
    .describe(
      'Share of falseRollbackRate that this metric may spend. Weights sum to at most 1. What is left ' +
        'over is split evenly among the metrics without one, except divergence (its own share), ' +
        'sampleRatio (it never rolls back by evidence) and dry runs.',
    ),
  critical: z
    .boolean()
    .default(false)
    .describe('Judged also while a change of share is under way.'),
  dryRun: z.boolean().default(false).describe('Computed and shown, never acted upon.'),
  gates: z
    .enum(['all', 'last', 'none'])
    .optional()
    .describe('Which steps wait for this metric. Default: last for outcomes, else all.'),
  warmup: duration
    .optional()
    .describe('Not judged for so long after a stage begins. Default: 2m for latency, else 0s.'),
};
const onFail = consequence.optional();

const errorRate = z.strictObject({
  ...base,
  type: z.literal('errorRate'),
  tolerance: tolerance.prefault({ ratio: 1.25, difference: 0.001 }),
  onFail: onFail.describe('Default: rollback.'),
});

const latency = z.strictObject({
  ...base,
  type: z.literal('latency'),
  quantile: z.number().gt(0).lt(1).default(0.95),
  max: positiveDuration
    .optional()
    .describe('Absolute limit; rolls back only together with the relative check.'),
  tolerance: z.strictObject({ ratio: z.number().min(1) }).prefault({ ratio: 1.25 }),
  onFail: onFail.describe('Default: rollback.'),
});

const missing = z.strictObject({
  ...base,
  type: z.literal('missing'),
  max: rate
    .default(0.01)
    .describe('Largest share of requests due in the canary without an answer.'),
  onFail: onFail.describe('Default: hold.'),
  rollbackAbove: z
    .union([rateAboveZero, z.literal('never')])
    .optional()
    .describe('Above this share a hold becomes a rollback. Default: 0.1 where onFail is hold.'),
});

const disagreement = z.strictObject({
  ...base,
  type: z.literal('disagreement'),
  of: z
    .enum(['all', 'minority'])
    .optional()
    .describe(
      'minority: among pairs in which either arm chose another decision than the majority. ' +
        'Default: all where max is written, else minority.',
    ),
  max: rateAboveZero
    .optional()
    .describe('Written here, it is a trigger. Default: 0.5 of the minority, which only holds.'),
  onFail: onFail.describe('Default: rollback where max is written, else hold.'),
});

const outcome = z.strictObject({
  ...base,
  type: z.literal('outcome'),
  outcome: text.describe('The `metric` of the outcome events.'),
  attribution: z.enum(['served', 'label']),
  loss: z.enum(['log', 'brier', 'zeroOne', 'squared', 'absolute', 'pinball']).optional(),
  pinballQuantile: z.number().gt(0).lt(1).optional(),
  tolerance: tolerance.optional().describe('Of the loss. Default: ratio 1.05.'),
  floor: z
    .number()
    .optional()
    .describe(
      'Least rate of the outcome, or of the current model’s rate with relativeTo: current.',
    ),
  relativeTo: z.enum(['current']).optional(),
  of: z
    .enum(['events', 'value'])
    .optional()
    .describe(
      'What a served outcome is judged by: how often it happens, or the sum of its values (revenue; ' +
        'needs relativeTo: current). Default: events.',
    ),
  matureShare: rateAboveZero
    .default(0.95)
    .describe('A window is judged once, when so many of its pairs have labels.'),
  outcomeHorizon: positiveDuration.default('24h').describe('… or when so much time has passed.'),
  absent: z
    .literal(['exclude', 0])
    .default('exclude')
    .describe('What a request without an outcome counts as at the horizon.'),
  onFail: onFail.describe('Default: rollback.'),
});

const divergence = z.strictObject({
  ...base,
  type: z.literal('divergence'),
  of: text.default('score').describe('score, label, confidence, feature.<name>, context.<name>.'),
  measure: z.enum(['psi', 'kl', 'js']).default('psi'),
  max: z.number().gt(0).optional().describe('Default: 0.25.'),
  onFail: z
    .union([
      consequence,
      z.strictObject({
        paired: consequence.default('warn'),
        unpaired: consequence.default('hold'),
      }),
    ])
    .optional()
    .describe('Default: { paired: warn, unpaired: hold }.'),
});

const segment = z.strictObject({
  ...base,
  type: z.literal('segment'),
  max: rateAboveZero.optional().describe('Written here, it is a trigger. Default: 0.25, holds.'),
  minPairs: positiveCount.default(200),
  onFail: onFail.describe('Default: rollback where max is written, else hold.'),
});

const scoreShift = z.strictObject({
  ...base,
  type: z.literal('scoreShift'),
  max: z
    .number()
    .gt(0)
    .describe('Largest mean of canary score less current score, in units of the score.'),
  direction: z.enum(['either', 'increase', 'decrease']).default('either'),
  onFail: onFail.describe('Default: rollback: the limit is always yours.'),
});

const skew = z.strictObject({
  ...base,
  type: z.literal('skew'),
  max: rateAboveZero
    .lt(1)
    .optional()
    .describe('Of the pairs, by field. Written here, it is a trigger. Default: 0.01, warns.'),
  minPairs: positiveCount.default(200),
  onFail: onFail.describe('Default: rollback where max is written, else warn.'),
});

const sampleRatio = z.strictObject({
  ...base,
  type: z.literal('sampleRatio'),
  onFail: z
    .enum(['hold', 'warn'])
    .meta({ title: 'hold or warn (its weight is 0: it never rolls back)' })
    .optional()
    .describe('Default: hold.'),
});

/** One entry of `metrics`; `type` decides which keys it takes. */
export const metricShape = z.discriminatedUnion('type', [
  errorRate,
  latency,
  missing,
  disagreement,
  outcome,
  divergence,
  segment,
  skew,
  scoreShift,
  sampleRatio,
]);

export type MetricDocument = z.output<typeof metricShape>;
