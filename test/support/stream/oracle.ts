import { partitionOfKey } from '../../../src/adapters/memory/broker/partition-of-key.ts';
import type { Plan } from '../../../src/core/events/plan.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { type PlainRecord, plainJoin } from '../../../src/core/join/plain-join.ts';
import { type JoinCounters, sumCounters } from '../../../src/core/join/sink.ts';
import {
  countOffset,
  layoutOf,
  type PartialLayout,
  SCALAR_COUNTS,
} from '../../../src/core/windows/layout.ts';
import { addPartial, emptyPartial, type WindowPartial } from '../../../src/core/windows/partial.ts';
import { plainFold } from '../../../src/core/windows/plain-fold.ts';

/** A log joined in batch, partition by partition in the order of arrival, by the plain join. */
export function joinInBatch(
  log: readonly Prediction[],
  plan: Plan,
  partitionCount: number,
  layoutOfWindow: (window: number) => PartialLayout = () => layoutOf(null),
): { readonly counters: JoinCounters; readonly windows: ReadonlyMap<number, WindowPartial> } {
  const windows = new Map<number, WindowPartial>();
  const counters: JoinCounters[] = [];
  for (const records of partitionsOf(log, plan, partitionCount)) {
    const joined = plainJoin(records, plan.window, {
      served: (prediction) => prediction.served !== false,
      due: (_, served) => (served ? 'in_shadow' : true),
    });
    counters.push(joined.counters);
    for (const [number, window] of joined.windows) {
      const { decision, watch } = plan;
      const layout = layoutOfWindow(number);
      const folded = plainFold(window, { layout, decision, skewTolerance: watch.skewTolerance });
      const merged = windows.get(number) ?? emptyPartial(layout);
      addPartial(merged, folded);
      windows.set(number, merged);
    }
  }
  return { counters: sumCounters(counters), windows };
}

function partitionsOf(
  log: readonly Prediction[],
  plan: Plan,
  partitionCount: number,
): readonly PlainRecord[][] {
  const partitions: PlainRecord[][] = Array.from({ length: partitionCount }, () => []);
  const clocks = partitions.map(() => Number.NEGATIVE_INFINITY);
  for (const prediction of log) {
    const p = partitionOfKey(prediction.requestId, partitionCount);
    const isOurs = prediction.model === plan.model;
    const arrivalMs = prediction.arrivalTimeMs ?? prediction.eventTimeMs;
    const isFuture = prediction.eventTimeMs > arrivalMs + plan.window.futureMaxMs;
    const status = isOurs ? (isFuture ? 'dead' : 'usable') : 'ignored';
    const arm = prediction.version === plan.canaryVersion ? 'canary' : 'current';
    const clockMs = clocks[p] ?? Number.NEGATIVE_INFINITY;
    partitions[p]?.push({ arm, prediction, status, clockMs });
    if (status === 'usable') clocks[p] = Math.max(clockMs, arrivalMs);
  }
  return partitions;
}

/** The single counts of a window that are not zero, by name. */
export function countsOf(partial: WindowPartial): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of SCALAR_COUNTS) {
    const value = partial.counts[countOffset(name)] ?? 0;
    if (value !== 0) counts[name] = value;
  }
  return counts;
}
