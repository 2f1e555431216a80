import type {
  Metric,
  NotificationTarget,
  Plan,
  RankingRule,
  ReferenceSettings,
  Step,
  WindowSettings,
} from '../../core/events/plan.ts';
import { durationMs } from './duration.ts';
import type { PlanDocument, PlanSpec, StepDocument } from './shape.ts';
import { fillRouting } from './targets.ts';

const MIN_SAMPLE_COUNT = 500;
const REFERENCE_SAMPLE_COUNT = 10_000;
const REFERENCE_SPAN = '10m';
const RANKED_ITEM_COUNT = 10;
const OVERLAP_MIN = 0.6;

/** A plan as the rest of coalmine reads it, from a document without problems. */
export function fillPlan(
  document: PlanDocument,
  metrics: readonly Metric[],
  notifications: readonly NotificationTarget[],
): Plan {
  const { spec } = document;
  return {
    name: document.metadata.name,
    model: spec.model,
    currentVersion: spec.current,
    canaryVersion: spec.canary,
    window: fillWindow(spec.window),
    reference: fillReference(spec.reference),
    decision: {
      threshold: spec.decision.threshold ?? null,
      tolerance: spec.decision.tolerance ?? null,
      ranking: fillRanking(spec.decision),
    },
    mirror: spec.mirror ?? null,
    steps: fillSteps(spec),
    metrics,
    falseRollbackRate: spec.falseRollbackRate,
    falseHoldRate: spec.falseHoldRate,
    promoteOn: spec.promoteOn,
    mustCatch: { errors: spec.mustCatch.errors, latencyRatio: spec.mustCatch.latencyP95 },
    onInsufficientData: spec.onInsufficientData,
    sessionAffinity: {
      key: spec.sessionAffinity.key,
      boundary: spec.sessionAffinity.boundary,
      maxAgeMs: durationMs(spec.sessionAffinity.maxAge),
    },
    keepPairs: {
      mode: spec.keepPairs.mode,
      share: spec.keepPairs.share,
      perWindowMax: spec.keepPairs.perWindowMax,
      retentionMs: durationMs(spec.keepPairs.retention),
    },
    watch: spec.watch,
    notifications,
    routing: fillRouting(spec.routing),
    limits: spec.limits,
  };
}

function fillWindow(window: PlanSpec['window']): WindowSettings {
  return {
    lengthMs: durationMs(window.length),
    graceMs: durationMs(window.grace),
    skewMaxMs: durationMs(window.skewMax),
    outOfOrdernessMs: durationMs(window.outOfOrderness),
    futureMaxMs: durationMs(window.futureMax),
    idleTimeoutMs: durationMs(window.idleTimeout),
    late: window.late,
  };
}

function fillRanking({ of, k, overlapMin }: PlanSpec['decision']): RankingRule | null {
  if (of === 'score') return null;
  return { itemCount: k ?? RANKED_ITEM_COUNT, overlapMin: overlapMin ?? OVERLAP_MIN };
}

function fillReference(reference: PlanSpec['reference']): ReferenceSettings {
  return {
    file: reference.file ?? null,
    minSampleCount: reference.minSamples ?? REFERENCE_SAMPLE_COUNT,
    minSpanMs: durationMs(reference.minSpan ?? REFERENCE_SPAN),
  };
}

/** The steps, or what `stepWeights` is short for. */
function fillSteps(spec: PlanSpec): readonly Step[] {
  const steps: readonly StepDocument[] =
    spec.steps ?? spec.stepWeights?.map((setWeight) => ({ setWeight })) ?? [];
  return steps.map((step) => fillStep(step, spec.bake));
}

function fillStep(step: StepDocument, bake: string): Step {
  if (step.shadow !== undefined) {
    return {
      share: 0,
      bakeMs: durationMs(step.shadow.duration),
      minSampleCount: 0,
      minPairCount: step.shadow.minPairs,
    };
  }
  return {
    share: shareOfPercent(step.setWeight ?? 0),
    bakeMs: durationMs(step.bake ?? bake),
    minSampleCount: step.minSamples === 'auto' ? null : (step.minSamples ?? MIN_SAMPLE_COUNT),
    minPairCount: step.minPairs ?? 0,
  };
}

/** Rounded to whole buckets of 0.01 %, so that 0.07 % is 0.0007 and not 0.0007000000000000001. */
function shareOfPercent(percent: number): number {
  return Math.round(percent * 100) / 10_000;
}
