import type { StageRef } from '../events/verdict.ts';
import type { WindowSummary } from '../windows/summary.ts';
import { addCounts, type Counts, noTallies, stageCounts, type Tallies } from './tallies.ts';

type StageCounts = 'pairs' | 'canaryServed' | 'canaryCount' | 'currentCount' | 'currentErrors';

/** How far the present stage has come, apart from what its checks say. */
export interface StageProgress {
  readonly tallies: Tallies<StageCounts>;
  /** Samples from which the stage is judged again; null until it was judged once. */
  readonly nextLookAt: number | null;
  /** The stage that `nextLookAt` is about. */
  readonly lookStageFromMs: number | null;
  /** Whether that stage was passed: the next one may begin only some windows later. */
  readonly isPassed: boolean;
}

const NOTHING: Counts<StageCounts> = {
  pairs: 0,
  canaryServed: 0,
  canaryCount: 0,
  currentCount: 0,
  currentErrors: 0,
};
const GROWTH_BETWEEN_LOOKS = 1.5;

/** Progress before the first window. */
export function noProgress(): StageProgress {
  return { tallies: noTallies(NOTHING), nextLookAt: null, lookStageFromMs: null, isPassed: false };
}

/** Adds one window, which counts for its stage unless it lies between two. */
export function addProgress(
  progress: StageProgress,
  summary: WindowSummary,
  stageFromMs: number | null,
): StageProgress {
  const { current, canary } = summary.arms;
  const counts = {
    pairs: summary.counts.matched,
    canaryServed: canary.served,
    canaryCount: canary.predictions,
    currentCount: current.predictions,
    currentErrors: current.errors,
  };
  return { ...progress, tallies: addCounts(progress.tallies, counts, stageFromMs) };
}

/** Samples of the stage so far: pairs in shadow, else answers that the canary served. */
export function samplesOf(progress: StageProgress, stage: StageRef): number {
  const counts = stageCounts(progress.tallies, stage.fromMs);
  return stage.share === 0 ? counts.pairs : counts.canaryServed;
}

/** Samples per window of late, for "how long until". */
export function samplesPerWindow(progress: StageProgress, stage: StageRef): number {
  const { recent } = progress.tallies;
  return (stage.share === 0 ? recent.pairs : recent.canaryServed) / Math.max(1, recent.windows);
}

/** Whether the samples have grown enough since the stage was last judged. */
export function isLookDue(progress: StageProgress, stage: StageRef): boolean {
  const { nextLookAt, lookStageFromMs } = progress;
  if (nextLookAt === null || lookStageFromMs !== stage.fromMs) return true;
  return samplesOf(progress, stage) >= nextLookAt;
}

/** Whether this stage was passed at an earlier look. */
export function wasPassed(progress: StageProgress, stage: StageRef): boolean {
  return progress.isPassed && progress.lookStageFromMs === stage.fromMs;
}

/** Notes that the stage was judged: the next time is when its samples have grown by half. */
export function afterLook(
  progress: StageProgress,
  stage: StageRef,
  isPassed: boolean,
): StageProgress {
  const samples = samplesOf(progress, stage);
  return {
    ...progress,
    nextLookAt: Math.max(samples + 1, Math.ceil(samples * GROWTH_BETWEEN_LOOKS)),
    lookStageFromMs: stage.fromMs,
    isPassed,
  };
}
