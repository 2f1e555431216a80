import { decodeWindowPartial } from '../adapters/avro/codec.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import { fromSparse } from '../core/windows/sparse.ts';
import { summarise } from '../core/windows/summarise.ts';
import type { ArmNumbers, WindowSummary } from '../core/windows/summary.ts';
import { firstDifference } from './difference.ts';

/** What is stored of a window: its numbers, the stage, and the exact partial, encoded. */
export interface StoredNumbers {
  readonly summary: WindowSummary;
  readonly stageIndex: number;
  readonly effectiveFromMs: number | null;
  readonly partial: Uint8Array;
}

/**
 * Computes a window's numbers again from its exact partial, and says what differs from the stored
 * ones; null when every bit is the same. Outcomes are not in the partial: they are taken as stored.
 * `layout`: that of the window's profile; null when that is not stored.
 */
export function checkWindow(window: StoredNumbers, layout: PartialLayout | null): string | null {
  const { summary } = window;
  if (layout === null)
    return `its reference profile ${summary.profileHash} is not stored, or not what its hash says`;
  const computed = recompute(window, layout);
  if (typeof computed === 'string') return computed;
  const found = firstDifference(summary, asKeptBy(summary, computed));
  if (found === null) return null;
  return `${found.path} is stored as ${found.stored}; its exact partial gives ${found.derived}`;
}

/** Without the numbers that were not kept yet when the window was stored. */
function asKeptBy(stored: WindowSummary, computed: WindowSummary): WindowSummary {
  if (stored.paired.differenceMax !== undefined) return computed;
  const { differenceMax: _max, ...paired } = computed.paired;
  return {
    ...computed,
    paired,
    arms: { current: uncut(computed.arms.current), canary: uncut(computed.arms.canary) },
  };
}

function uncut(arm: ArmNumbers): ArmNumbers {
  const { scoreCutSum: _sum, scoreCutSquareSum: _squares, ...kept } = arm;
  return kept;
}

function recompute(window: StoredNumbers, layout: PartialLayout): WindowSummary | string {
  let record: ReturnType<typeof decodeWindowPartial>;
  try {
    record = decodeWindowPartial(window.partial);
  } catch (error) {
    return `its partial cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { rolloutId, windowStartMs, windowEndMs, revision, profileHash } = record;
  const head = { rolloutId, windowStartMs, windowEndMs, revision, profileHash };
  return summarise(fromSparse(record, layout), { ...window.summary, ...head });
}
