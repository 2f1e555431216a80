import { z } from 'zod';
import { ITEM_COUNT_MAX } from '../../core/events/parse-prediction.ts';
import { metricShape } from './shape-metrics.ts';
import {
  count,
  duration,
  environmentName,
  name,
  positiveCount,
  positiveDuration,
  rate,
  rateAboveZero,
  text,
  webAddress,
  weightPercent,
} from './shape-values.ts';

const windowShape = z.strictObject({
  length: positiveDuration.default('60s'),
  grace: duration.default('30s').describe('At least skewMax, else a pair could not form.'),
  skewMax: duration.default('30s').describe('Largest difference of the two event times of a pair.'),
  outOfOrderness: duration.default('5s'),
  futureMax: positiveDuration
    .default('60s')
    .describe('A record further ahead of its arrival is a dead letter.'),
  idleTimeout: positiveDuration
    .default('30s')
    .describe('A silent partition stops holding the watermark back after this.'),
  late: z.enum(['drop', 'amend']).default('drop'),
});

const referenceShape = z
  .strictObject({
    file: text.optional().describe('A profile made by `coalmine profile`.'),
    minSamples: positiveCount.optional().describe('Rows to learn from. Default: 10000.'),
    minSpan: duration.optional().describe('Least event time to learn over. Default: 10m.'),
  })
  .describe('Where the frozen cells come from: a file, or the first rows of the current model.');

const decisionShape = z
  .strictObject({
    of: z
      .enum(['score', 'items'])
      .default('score')
      .describe('items: rankings decide, whatever else is logged.'),
    threshold: z.number().optional().describe('The decision is score >= threshold.'),
    tolerance: z.number().min(0).optional().describe('Disagree when scores differ by more.'),
    overlapMin: rateAboveZero
      .optional()
      .describe('Disagree when a smaller share of the first k items is the same. Default: 0.6.'),
    k: z
      .int()
      .min(1)
      .max(ITEM_COUNT_MAX)
      .optional()
      .describe('So many first items of a ranking are compared. Default: 10.'),
  })
  .describe('What "disagree" means where the models log no label, or rank items.');

const sampleCount = z
  .union([positiveCount, z.literal('auto')])
  .describe('Canary predictions served in this stage. auto: what mustCatch needs at this share.');

const stepShape = z
  .strictObject({
    shadow: z
      .strictObject({
        duration: positiveDuration,
        minPairs: positiveCount.default(1000),
      })
      .optional()
      .describe('No traffic: both models answer, only the current one is served.'),
    setWeight: weightPercent.optional(),
    bake: positiveDuration
      .optional()
      .describe('Least event time of this stage. Default: spec.bake.'),
    minSamples: sampleCount.optional().describe('Default: 500.'),
    minPairs: positiveCount
      .optional()
      .describe('Pairs needed besides; needs `mirror` below 100 %.'),
  })
  .describe('Either shadow or setWeight.');

const notificationShape = z
  .strictObject({
    log: z.strictObject({}).nullable().optional(),
    webhook: z
      .strictObject({
        url: webAddress.optional(),
        urlFrom: environmentName.optional(),
        secretFrom: environmentName.optional().describe('Signs the body (HMAC).'),
      })
      .optional(),
    slack: z
      .strictObject({ url: webAddress.optional(), urlFrom: environmentName.optional() })
      .optional()
      .describe('An incoming webhook; it shows the text of the notification.'),
  })
  .describe('Exactly one of log, webhook, slack.');

const routingShape = z
  .strictObject({
    memory: z.strictObject({}).nullable().optional(),
    file: z.strictObject({ path: text }).optional(),
  })
  .describe('Exactly one of memory, file.');

const specShape = z.strictObject({
  model: text,
  current: text.describe('Version in production.'),
  canary: text.describe('Version to be judged.'),
  window: windowShape.prefault({}),
  reference: referenceShape.prefault({}),
  decision: decisionShape.prefault({}),
  mirror: z
    .strictObject({ current: rate.default(0), canary: rate.default(0) })
    .optional()
    .describe('Which share of requests the other arm also answers, in shadow, in split stages.'),
  steps: z.array(stepShape).min(1).max(50).optional(),
  stepWeights: z.array(weightPercent).min(1).max(50).optional().describe('Short form of steps.'),
  bake: positiveDuration.default('30m').describe('For every step that does not say.'),
  metrics: z
    .array(metricShape)
    .min(1)
    .max(100)
    .optional()
    .describe('Default: those of default-plan.yaml.'),
  falseRollbackRate: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.01)
    .describe('For the whole rollout: all metrics, windows and stages.'),
  falseHoldRate: z.number().gt(0).max(0.5).default(0.05),
  promoteOn: z.enum(['noHarm', 'proof']).default('noHarm'),
  mustCatch: z
    .strictObject({
      errors: z
        .strictObject({
          ratio: z.number().min(1).default(2),
          difference: rate.default(0.005),
        })
        .prefault({}),
      latencyP95: z.number().gt(1).default(1.5),
    })
    .prefault({})
    .describe('The harms that enough samples must be able to show.'),
  onInsufficientData: z.enum(['hold', 'pass', 'fail']).default('hold'),
  sessionAffinity: z
    .strictObject({
      key: z.enum(['unit_id', 'request_id']).default('unit_id'),
      boundary: z.enum(['request', 'session']).default('request'),
      maxAge: positiveDuration.default('24h'),
    })
    .prefault({}),
  keepPairs: z
    .strictObject({
      mode: z.enum(['all', 'sampled', 'disagreements', 'none']).default('disagreements'),
      share: rate.default(0.01),
      perWindowMax: positiveCount.default(1000),
      retention: positiveDuration.default('7d'),
    })
    .prefault({}),
  watch: z
    .strictObject({
      featuresMax: count.max(2000).default(200),
      categoriesMax: positiveCount.max(10_000).default(256),
      skewTolerance: z.number().min(0).lt(1).default(0.000001),
    })
    .prefault({}),
  limits: z
    .strictObject({
      openKeyCountMax: positiveCount.default(1_000_000),
      recordSizeMaxBytes: positiveCount.default(262_144),
      requestIdLengthMax: positiveCount.default(512),
      deadLetterCountMax: count.default(10_000),
      awaitingCountMax: positiveCount.default(2_000_000),
    })
    .prefault({}),
  notifications: z
    .array(notificationShape)
    .max(20)
    .default([{ log: {} }]),
  routing: z
    .array(routingShape)
    .max(20)
    .default([{ memory: {} }]),
});

/** The YAML that a user writes, with every scalar default filled in. */
export const planShape = z.strictObject({
  apiVersion: z.literal('coalmine.dev/v1'),
  kind: z.literal('Rollout'),
  metadata: z.strictObject({ name }),
  spec: specShape,
});

export type PlanDocument = z.output<typeof planShape>;
export type PlanSpec = PlanDocument['spec'];
export type StepDocument = z.output<typeof stepShape>;
export type NotificationDocument = z.output<typeof notificationShape>;
export type RoutingDocument = z.output<typeof routingShape>;
