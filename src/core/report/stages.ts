import type { Step } from '../events/plan.ts';
import type { RolloutEvent } from '../events/routing.ts';
import { defined } from '../foundation/assert.ts';
import type { PlacedVerdict } from './budget-spans.ts';
import type { ReportInput, ReportStage, WindowRecord } from './rollout-report.ts';

/**
 * The stages that began, in their order: when each was decided, began and ended, and how many windows
 * and samples it was judged by. Samples are those of revision 0, which were judged.
 */
export function stagesOf(
  input: ReportInput,
  verdicts: readonly PlacedVerdict[],
): readonly ReportStage[] {
  const { events } = input;
  const ended = events.find(({ kind }) => kind === 'promoted' || kind === 'rolled_back');
  const begun = events.filter(
    (event) => event.kind === 'stage_began' && !isForestalled(event, ended),
  );
  const records = new Map(
    input.windows
      .filter(({ revision }) => revision === 0)
      .map((record) => [record.windowStartMs, record]),
  );
  const { steps } = defined(input.plans.at(-1), 'the plan in force').plan;
  return begun.map((event, i) => {
    const judged = verdicts.filter(({ verdict }) => verdict.stage.fromMs === event.fromMs);
    const windows = judged.flatMap(({ place }) => records.get(place.windowStartMs) ?? []);
    const step = steps[event.stageIndex];
    const lastEndMs = judged.at(-1)?.place.windowEndMs ?? event.fromMs;
    return {
      index: event.stageIndex,
      share: event.share,
      decidedAtMs: decidedAtMs(event, verdicts),
      fromMs: event.fromMs,
      untilMs: begun[i + 1]?.fromMs ?? ended?.fromMs ?? null,
      bakeMs: step?.bakeMs ?? null,
      bakedMs: Math.max(0, lastEndMs - event.fromMs),
      windowCount: judged.length,
      ...samplesOf(event.share, windows),
      sampleCountMin: samplesWanted(event.share, step),
      passed: passingOf(event, input.events),
    };
  });
}

/** A stage that was announced for the rollback's time or later never begins. */
function isForestalled(event: RolloutEvent, ended: RolloutEvent | undefined): boolean {
  return ended?.kind === 'rolled_back' && event.stageIndex > 0 && event.fromMs >= ended.fromMs;
}

function decidedAtMs(event: RolloutEvent, verdicts: readonly PlacedVerdict[]): number {
  if (event.verdictId === null) return event.fromMs;
  const cause = verdicts.find(({ verdict }) => verdict.id === event.verdictId);
  return cause?.place.windowEndMs ?? event.fromMs;
}

function samplesOf(
  share: number,
  windows: readonly WindowRecord[],
): Pick<ReportStage, 'sampleCount' | 'sampleOf'> {
  const count = (record: WindowRecord) =>
    share === 0 ? record.counts.matched : record.canary.served;
  return {
    sampleCount: windows.reduce((sum, record) => sum + count(record), 0),
    sampleOf: share === 0 ? 'pairs' : 'canary_answers',
  };
}

function samplesWanted(share: number, step: Step | undefined): number | null {
  if (step === undefined) return null;
  return share === 0 ? step.minPairCount : step.minSampleCount;
}

function passingOf(began: RolloutEvent, events: readonly RolloutEvent[]): ReportStage['passed'] {
  const passed = events.find(
    ({ kind, stageIndex, sequence }) =>
      kind === 'stage_passed' && stageIndex === began.stageIndex && sequence > began.sequence,
  );
  if (passed === undefined) return null;
  return { atMs: passed.fromMs, verdictId: passed.verdictId, reason: passed.reason };
}
