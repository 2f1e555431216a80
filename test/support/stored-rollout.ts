import { openDuckDbStore } from '../../src/adapters/duckdb/store.ts';
import { changedPlanMeta } from '../../src/app/stored-plan.ts';
import { encodeStoredPartial } from '../../src/app/wire.ts';
import { countOffset, layoutOf, type ScalarCount } from '../../src/core/windows/layout.ts';
import { emptyPartial, type WindowPartial } from '../../src/core/windows/partial.ts';
import { summarise } from '../../src/core/windows/summarise.ts';
import type { WindowSummary } from '../../src/core/windows/summary.ts';
import { judgedWindows, type PlanWindows, ROLLOUT_ID } from './judged-rollout.ts';
import { MINUTE_MS } from './summaries.ts';

/** A window of a minute from its exact counts; while no cells are known these are all it has. */
export interface CountedWindow {
  readonly window: number;
  readonly counts: Partial<Record<ScalarCount, number>>;
}

function partialOf({ counts }: CountedWindow): WindowPartial {
  const partial = emptyPartial(layoutOf(null));
  for (const name of Object.keys(counts) as ScalarCount[])
    partial.counts[countOffset(name)] = counts[name] ?? 0;
  return partial;
}

export function summaryOfCounts(window: CountedWindow): WindowSummary {
  const windowStartMs = window.window * MINUTE_MS;
  return summarise(partialOf(window), {
    rolloutId: ROLLOUT_ID,
    windowStartMs,
    windowEndMs: windowStartMs + MINUTE_MS,
    revision: 0,
    profileHash: null,
    missingPartitions: [],
    maturedOutcomes: [],
    servedOutcomes: [],
  });
}

/** Windows that one plan judged, by their counts. */
export interface CountedPart extends Omit<PlanWindows, 'summaries'> {
  readonly windows: readonly CountedWindow[];
}

/** Leaves a rollout in a folder as the service does: one commit per window, each plan as it came. */
export async function storeRollout(folder: string, parts: readonly CountedPart[]): Promise<void> {
  const judged = judgedWindows(
    parts.map(({ windows, ...rest }) => ({ ...rest, summaries: windows.map(summaryOfCounts) })),
  );
  const store = await openDuckDbStore({ folder });
  for (const { plan } of parts)
    await store.writeMeta(changedPlanMeta(plan, await store.readMeta()));
  const windows = parts.flatMap((part) => part.windows);
  for (const [i, { summary, stageIndex, verdict, events }] of judged.entries()) {
    const partial = partialOf(windows[i] ?? { window: 0, counts: {} });
    await store.commit({
      windows: [
        {
          summary,
          stageIndex,
          effectiveFromMs: summary.windowEndMs,
          partial: encodeStoredPartial(partial, summary),
          positions: [],
        },
      ],
      verdicts: verdict === null ? [] : [verdict],
      events,
      notifications: [],
      deadLetters: [],
      profile: null,
      state: JSON.stringify({ i }),
    });
  }
  await store.close();
}
