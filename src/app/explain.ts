import type { StoreReader } from '../adapters/duckdb/reader.ts';
import { openStoreReader } from '../adapters/duckdb/reader.ts';
import type { Plan } from '../core/events/plan.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { defined } from '../core/foundation/assert.ts';
import type { WindowSummary } from '../core/windows/summary.ts';
import { altered, deriveVerdicts, storedVerdicts } from './derive-verdicts.ts';
import { findId } from './find-verdict.ts';
import { plansOf } from './plans-of-verdicts.ts';

export interface ExplainRequest {
  readonly folder: string;
  /** The id of a verdict, or enough of its beginning. */
  readonly idPrefix: string;
  /** Null: the plan that the store holds. */
  readonly plan: Plan | null;
  readonly signal: AbortSignal;
}

/** A verdict that was derived again from what is stored, with all that led to it. */
export interface Explanation {
  readonly verdict: Verdict;
  /** Of every window of the rollout up to the verdict's, in order; the last is the verdict itself. */
  readonly verdicts: readonly Verdict[];
  readonly lastWindow: WindowSummary;
}

/**
 * Derives a stored verdict again: computes every window of its rollout up to its own from the exact
 * partials, folds the judge and the controller over them from the beginning, and compares each
 * window and each verdict with the stored one, byte for byte.
 *
 * @throws CoalmineError `not_found` for an unknown id, a folder without a store or a store without
 *   a plan, `store_mismatch` when the plan is another one, `store_altered` naming what differs
 */
export async function explain(request: ExplainRequest): Promise<Explanation> {
  const reader = await openStoreReader(request.folder);
  try {
    return await explainFrom(reader, request);
  } finally {
    reader.close();
  }
}

async function explainFrom(reader: StoreReader, request: ExplainRequest): Promise<Explanation> {
  const all = await storedVerdicts(reader);
  const byId = new Map(all.map((one) => [one.verdict.id, one]));
  const id = findId([...byId.keys()], request.idPrefix);
  const { verdict: stored } = defined(byId.get(id), 'the verdict of the id');
  const { rolloutId, windowEndMs } = stored;
  const upTo = all.filter(
    ({ verdict }) => verdict.rolloutId === rolloutId && verdict.windowEndMs <= windowEndMs,
  );
  const derived = await deriveVerdicts(reader, {
    rolloutId,
    beforeMs: windowEndMs,
    stored: upTo,
    plans: await plansOf(reader, { verdicts: upTo.map(({ verdict }) => verdict), ...request }),
    signal: request.signal,
    onWindow: () => {},
  });
  const { verdicts, last } = derived;
  const verdict = verdicts.at(-1);
  const differences =
    verdict?.id === id
      ? derived.differences
      : [...derived.differences, `verdict ${id}: its window is not stored`];
  if (differences.length > 0 || verdict === undefined || last === null)
    throw altered(`verdict ${id} does not follow from what is stored`, differences);
  return { verdict, verdicts, lastWindow: last };
}
