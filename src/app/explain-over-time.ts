import type { StoreReader } from '../adapters/duckdb/reader.ts';
import { openStoreReader } from '../adapters/duckdb/reader.ts';
import type { Plan } from '../core/events/plan.ts';
import type { RolloutEvent } from '../core/events/routing.ts';
import { defined } from '../core/foundation/assert.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { recordOfWindow } from '../core/report/account.ts';
import { reportOf } from '../core/report/report-of.ts';
import type { PolicyPlan, RolloutReport, WindowRecord } from '../core/report/rollout-report.ts';
import type { Derived, StoredVerdict } from './derive-verdicts.ts';
import {
  altered,
  deriveVerdicts,
  storedEvents,
  storedVerdicts,
  timeOf,
} from './derive-verdicts.ts';
import { firstDifference } from './difference.ts';
import { plansOf } from './plans-of-verdicts.ts';

export interface OverTimeRequest {
  readonly folder: string;
  /** Null: the only rollout of the folder. */
  readonly rolloutId: string | null;
  /** Null: the plans that the store holds. */
  readonly plan: Plan | null;
  readonly signal: AbortSignal;
}

/** A rollout of which every verdict was derived again from its stored windows. */
export interface OverTime {
  readonly report: RolloutReport;
  /** As many verdicts are stored, and as many were derived, byte for byte. */
  readonly verdictCount: number;
}

/** All points of all checks are in memory at once: 50,000 windows are five weeks of minutes. */
const WINDOWS_EXPLAINED_MAX = 50_000;

/**
 * Derives every verdict of a rollout again from its stored windows, compares each with the stored one
 * byte for byte, and reports the evidence over time.
 *
 * @throws CoalmineError `not_found` for a folder without a verdict, an unknown rollout or a plan that
 *   is not stored, `usage` when the folder holds several rollouts, `store_mismatch` when the plan is
 *   another one, `store_altered` naming what differs, `limit_reached` for too many windows
 */
export async function explainOverTime(request: OverTimeRequest): Promise<OverTime> {
  const reader = await openStoreReader(request.folder);
  try {
    return await explainFrom(reader, request);
  } finally {
    reader.close();
  }
}

async function explainFrom(reader: StoreReader, request: OverTimeRequest): Promise<OverTime> {
  const all = await storedVerdicts(reader);
  const rolloutId = chosen(
    [...new Set(all.map(({ verdict }) => verdict.rolloutId))],
    request.rolloutId,
  );
  const stored = all.filter(({ verdict }) => verdict.rolloutId === rolloutId);
  const last = defined(stored.at(-1), 'a verdict of the rollout').verdict;
  if (stored.length > WINDOWS_EXPLAINED_MAX)
    throw new CoalmineError(
      'limit_reached',
      `${rolloutId} has ${stored.length} verdicts; ${WINDOWS_EXPLAINED_MAX} are explained at once`,
      { hints: ['explain one verdict, or read the view checks with coalmine sql'] },
    );
  const plans = await plansOf(reader, {
    verdicts: stored.map(({ verdict }) => verdict),
    plan: request.plan,
  });
  const windows: WindowRecord[] = [];
  const derived = await deriveVerdicts(reader, {
    rolloutId,
    beforeMs: last.windowEndMs,
    stored,
    plans,
    signal: request.signal,
    onWindow: (summary) => void windows.push(recordOfWindow(summary)),
  });
  const events = await storedEvents(reader, rolloutId);
  const differences = [
    ...derived.differences,
    ...notDerived(stored, derived),
    ...eventDifferences(events, derived.events),
  ];
  if (differences.length > 0)
    throw altered(`the verdicts of ${rolloutId} do not follow from what is stored`, differences);
  return {
    report: reportOf({
      rolloutId,
      plans: inForce(plans, last.policyDigest),
      verdicts: derived.verdicts,
      windows,
      events,
    }),
    verdictCount: stored.length,
  };
}

function chosen(ids: readonly string[], wanted: string | null): string {
  const [first] = ids;
  if (first === undefined) throw new CoalmineError('not_found', 'no verdict is stored yet');
  if (wanted === null && ids.length === 1) return first;
  if (wanted !== null && ids.includes(wanted)) return wanted;
  const hints = [`the rollouts of this folder: ${ids.join(', ')}`];
  if (wanted === null)
    throw new CoalmineError('usage', 'the folder holds several rollouts: name one', { hints });
  throw new CoalmineError('not_found', `no verdict of ${wanted} is stored`, { hints });
}

/** The plans with the one of the last verdict at the end. */
function inForce(
  plans: ReadonlyMap<string, Plan>,
  policyDigest: string,
): readonly [...PolicyPlan[], PolicyPlan] {
  const others = [...plans].filter(([digest]) => digest !== policyDigest);
  const plan = defined(plans.get(policyDigest), 'the plan of the last verdict');
  return [
    ...others.map(([digest, one]) => ({ policyDigest: digest, plan: one })),
    { policyDigest, plan },
  ];
}

/** Stored verdicts whose window is gone. */
function notDerived(stored: readonly StoredVerdict[], { verdicts }: Derived): readonly string[] {
  const ids = new Set(verdicts.map(({ id }) => id));
  return stored
    .filter(({ verdict }) => !ids.has(verdict.id))
    .map(
      ({ verdict }) =>
        `verdict of window ${timeOf(verdict.windowStartMs)}: ${verdict.id} does not follow from a stored window`,
    );
}

/** What happened to the rollout follows from its verdicts, but for the end of the inputs. */
function eventDifferences(
  stored: readonly RolloutEvent[],
  derived: readonly RolloutEvent[],
): readonly string[] {
  const bySequence = new Map(stored.map((event) => [event.sequence, event]));
  return derived.flatMap((event) => {
    const found = firstDifference(bySequence.get(event.sequence), event);
    if (found === null) return [];
    const at = `event ${event.sequence} of ${timeOf(event.fromMs)}`;
    return [
      `${at}: ${found.path} is stored as ${found.stored}; derived again it is ${found.derived}`,
    ];
  });
}
