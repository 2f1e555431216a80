import type { ErrorRateMetric, Metric, Plan, Tolerance } from '../events/plan.ts';
import type { StageRef } from '../events/verdict.ts';
import { passProbability } from '../stats/planning/pass-probability.ts';
import { canaryRequestsToDecide } from '../stats/planning/samples-to-decide.ts';
import type { Finding, Slip } from './checks/check.ts';
import { logMarginOf } from './checks/tolerance.ts';
import { count, counted, duration, figure, points, probability, stageName } from './sentence.ts';
import {
  isLookDue,
  type StageProgress,
  samplesOf,
  samplesPerWindow,
  wasPassed,
} from './stage-progress.ts';
import { stageCounts } from './tallies.ts';

/** One check of the plan with what it says now. */
export interface Judged {
  readonly metric: Metric;
  readonly finding: Finding;
}

/** What a promotion is decided on. */
export interface PromotionInput {
  readonly plan: Plan;
  readonly stage: StageRef;
  readonly windowEndMs: number;
  readonly progress: StageProgress;
  readonly judged: readonly Judged[];
  /** ln of the evidence that the error rate is within its tolerance; null without such a metric. */
  readonly logProof: number | null;
}

/** Whether the stage is passed, and whether this was one of its looks. */
export interface PromotionAnswer {
  readonly decision: 'promote' | 'hold' | 'rollback';
  readonly reason: string;
  readonly looked: boolean;
}

/** A wrong "it is within the tolerance" under `promoteOn: proof` happens at most so often. */
const FALSE_PROOF_RATE = 0.05;
/** 80 % of runs need at most so many times the average (measured over 72 settings). */
const SAMPLES_FOR_80_PERCENT = 1.35;

/**
 * Decides whether a stage is passed: at the end of its bake, and then each time its samples have
 * grown by half. Nothing fails open: whatever cannot tell holds, unless `onInsufficientData` says
 * otherwise.
 */
export function promotionOf(input: PromotionInput): PromotionAnswer {
  const { plan, stage, windowEndMs } = input;
  const step = plan.steps[stage.index];
  if (step === undefined) return hold('the plan has no such step');
  const holding = input.judged.filter(({ finding }) => finding.asks === 'hold');
  if (holding.length > 0) return hold(sentencesOf(holding));
  const leftMs = stage.fromMs + step.bakeMs - windowEndMs;
  if (leftMs > 0) return hold(`${stageName(stage.share)} bakes for another ${duration(leftMs)}`);
  const few = tooFewSamples(input);
  if (few !== null) return insufficient(input, few);
  return isLookDue(input.progress, stage) ? look(input) : hold(betweenLooks(input));
}

function hold(reason: string, looked = false): PromotionAnswer {
  return { decision: 'hold', reason, looked };
}

/** What a plan does when a step cannot be judged. Holding spends no look: nothing was seen. */
function insufficient(input: PromotionInput, why: string): PromotionAnswer {
  if (input.plan.onInsufficientData === 'hold') return hold(why);
  if (input.plan.onInsufficientData === 'fail') {
    return { decision: 'rollback', reason: `${why}: the plan says fail`, looked: true };
  }
  return isLookDue(input.progress, input.stage) ? look(input) : hold(betweenLooks(input));
}

function look(input: PromotionInput): PromotionAnswer {
  const gating = input.judged.filter(({ metric }) => waitsFor(metric, input));
  const shut = gating.filter(({ finding }) => finding.gate === 'shut');
  if (shut.length > 0) return hold(`not inside the tolerance: ${sentencesOf(shut)}`, true);
  const unknown = gating.filter(({ finding }) => finding.gate === 'unknown');
  if (unknown.length > 0 && input.plan.onInsufficientData !== 'pass') {
    const why = `cannot tell yet: ${sentencesOf(unknown)}`;
    return input.plan.onInsufficientData === 'fail'
      ? { decision: 'rollback', reason: `${why}: the plan says fail`, looked: true }
      : hold(why);
  }
  const unproven = input.plan.promoteOn === 'proof' ? notProven(input) : null;
  if (unproven !== null) return hold(unproven, true);
  return { decision: 'promote', reason: passedSentence(input), looked: true };
}

/** Dry runs and metrics that another step waits for keep nobody waiting here. */
function waitsFor(metric: Metric, input: PromotionInput): boolean {
  if (metric.dryRun || metric.gates === 'none') return false;
  return metric.gates === 'all' || input.stage.index === input.plan.steps.length - 1;
}

function notProven(input: PromotionInput): string | null {
  const line = -Math.log(FALSE_PROOF_RATE);
  if (input.logProof === null) return 'promoteOn: proof needs an errorRate metric';
  if (input.logProof >= line) return null;
  const odds = figure(Math.exp(Math.max(0, input.logProof)));
  return (
    `not proven yet that errors are within their tolerance: ${odds} to 1 for it, ` +
    `${figure(Math.exp(line))} to 1 are needed`
  );
}

function tooFewSamples(input: PromotionInput): string | null {
  const { stage, progress } = input;
  const step = input.plan.steps[stage.index];
  const samples = samplesOf(progress, stage);
  const needed = stage.share === 0 ? (step?.minPairCount ?? 0) : samplesNeeded(input);
  if (samples >= needed) return null;
  const noun = stage.share === 0 ? 'pairs' : 'canary answers';
  const have = `${count(samples)} ${noun} of the ${figureOrNever(needed)} that this step needs`;
  const perWindow = samplesPerWindow(progress, stage);
  if (perWindow <= 0 || !Number.isFinite(needed)) return have;
  const windows = Math.ceil((needed - samples) / perWindow);
  return `${have}: about ${counted(windows, 'window')} more at this traffic`;
}

function figureOrNever(needed: number): string {
  return Number.isFinite(needed) ? count(needed) : 'infinitely many';
}

/** Canary answers that a split step needs: written, or what shows the harm that must be caught. */
function samplesNeeded(input: PromotionInput): number {
  const { plan, stage, progress } = input;
  const written = plan.steps[stage.index]?.minSampleCount ?? null;
  if (written !== null) return written;
  const counts = stageCounts(progress.tallies, stage.fromMs);
  // At 100 % without a current answer there is nothing to compare with: the bake decides.
  if (counts.currentCount === 0) return stage.share === 1 ? 0 : Infinity;
  if (counts.canaryCount === 0) return Infinity;
  const metric = errorMetricOf(plan);
  const { rate, ratio } = mustCatchOf(input);
  const alpha = plan.falseRollbackRate * (metric?.weight ?? 1);
  const average = canaryRequestsToDecide(
    {
      share: counts.canaryCount / (counts.canaryCount + counts.currentCount),
      currentRate: rate,
      ratio,
      ratioTolerated: Math.exp(logMarginOf(metric?.tolerance ?? NO_TOLERANCE, rate) ?? 0),
    },
    -Math.log(alpha),
  );
  return average === null ? Infinity : Math.ceil(average * SAMPLES_FOR_80_PERCENT);
}

const NO_TOLERANCE: Tolerance = { ratio: 1, difference: 0 };

function errorMetricOf(plan: Plan): ErrorRateMetric | undefined {
  return plan.metrics.find((metric) => metric.type === 'errorRate');
}

/** The harm that must be caught: a rate above the current one by ratio and by difference. */
function mustCatchOf(input: PromotionInput): { rate: number; harmRate: number; ratio: number } {
  const { errors } = input.plan.mustCatch;
  const counts = stageCounts(input.progress.tallies, input.stage.fromMs);
  const rate = (counts.currentErrors + 0.5) / (counts.currentCount + 1);
  const harmRate = Math.min(1, Math.max(rate * errors.ratio, rate + errors.difference));
  return { rate, harmRate, ratio: harmRate / rate };
}

/** Between two looks: what a look would say, which does not count, and when the next one is. */
function betweenLooks(input: PromotionInput): string {
  const now = look(input);
  if (now.decision === 'promote' && wasPassed(input.progress, input.stage)) {
    return `${stageName(input.stage.share)} was passed, and nothing asks to wait`;
  }
  const why = now.decision === 'promote' ? 'inside the tolerance by now' : now.reason;
  const next = input.progress.nextLookAt ?? 0;
  const samples = samplesOf(input.progress, input.stage);
  const noun = input.stage.share === 0 ? 'pairs' : 'canary answers';
  return `${why}; this step is judged again at ${count(next)} ${noun} (${count(samples)} so far)`;
}

function passedSentence(input: PromotionInput): string {
  const { stage, progress } = input;
  const noun = stage.share === 0 ? 'pair' : 'canary answer';
  const passed = `${stageName(stage.share)} is passed with ${counted(samplesOf(progress, stage), noun)}`;
  return `${passed}: no bound is crossed and every gate is open; ${powerSentence(input)}`;
}

/** What passing is worth: the chance that the harm which must be caught would have passed as well. */
function powerSentence(input: PromotionInput): string {
  const found = input.judged.flatMap(({ finding }) => finding.slip ?? []);
  const errors = errorSlip(input);
  const slips = errors === null ? found : [errors, ...found];
  if (slips.length === 0) return 'errors could not be compared here';
  const chances = slips.map(
    (slip) =>
      `a canary ${slip.canary} would have passed here with probability ${probability(slip.probability)}`,
  );
  return chances.join(', ');
}

function errorSlip(input: PromotionInput): Slip | null {
  const { errors } = input.plan.mustCatch;
  const counts = stageCounts(input.progress.tallies, input.stage.fromMs);
  if (counts.currentCount === 0 || counts.canaryCount === 0) return null;
  const { rate, harmRate } = mustCatchOf(input);
  const tolerance = errorMetricOf(input.plan)?.tolerance ?? NO_TOLERANCE;
  const passes = passProbability({
    samples: counts.canaryCount,
    rate: harmRate,
    rateMax: Math.max(rate * tolerance.ratio, rate + tolerance.difference),
  });
  return { canary: `with ${harmText(errors, rate)}`, probability: passes };
}

/** The harm by whichever part of it is larger: twice of almost no error is no harm. */
function harmText(errors: Tolerance, rate: number): string {
  if (rate * errors.ratio < rate + errors.difference) {
    return `${points(errors.difference)} more errors`;
  }
  return errors.ratio === 2 ? 'twice the errors' : `${figure(errors.ratio)} times the errors`;
}

function sentencesOf(judged: readonly Judged[]): string {
  return judged.map(({ metric, finding }) => `${metric.name}: ${finding.sentence}`).join('; ');
}
