import type { StoreReader } from '../adapters/duckdb/reader.ts';
import { openStoreReader } from '../adapters/duckdb/reader.ts';
import type { Plan } from '../core/events/plan.ts';
import type { RolloutEvent } from '../core/events/routing.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { step } from '../core/rollout/controller.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import { layoutOf } from '../core/windows/layout.ts';
import type { WindowSummary } from '../core/windows/summary.ts';
import type { DecideRules, DecisionState } from '../pipeline/decide-window.ts';
import { decideRules, decideWindow, undecided } from '../pipeline/decide-window.ts';
import { exactJson, parseExactJson } from '../pipeline/exact-json.ts';
import { firstDifference } from './difference.ts';
import { findId } from './find-verdict.ts';
import { planDigest } from './plan/digest.ts';
import { checkWindow, type StoredNumbers } from './recompute.ts';
import { planOfMeta } from './stored-plan.ts';
import { sha256 } from './wire.ts';

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

/** So many differences are told; one is usually the cause of all that follow. */
const TOLD_MAX = 5;

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
  const bodies = await storedVerdicts(reader);
  const id = findId([...bodies.keys()], request.idPrefix);
  const stored = verdictOf(bodies.get(id) ?? '');
  const plan = request.plan ?? planOfMeta(await reader.meta());
  const rules = decideRules({
    plan: checkedPlan(plan, stored),
    policyDigest: stored.policyDigest,
    rolloutId: stored.rolloutId,
    digest: sha256,
  });
  const fold = new Fold(rules, await beginning(reader, stored), bodies);
  const layouts = layoutSource(reader);
  const windows = reader.windows(stored.rolloutId, stored.windowEndMs);
  for await (const window of readable(windows)) {
    request.signal.throwIfAborted();
    if (window.summary.revision === 0) fold.add(window, await layouts(window.summary.profileHash));
  }
  return fold.end(stored);
}

/** Windows as they are read; bytes that are no window are an answer, not a fault of coalmine. */
async function* readable(windows: AsyncIterable<StoredNumbers>): AsyncGenerator<StoredNumbers> {
  try {
    yield* windows;
  } catch (cause) {
    if (cause instanceof CoalmineError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoalmineError('store_altered', `a stored window cannot be read: ${why}`, { cause });
  }
}

/** The verdicts' stored texts by id, oldest first. */
async function storedVerdicts(reader: StoreReader): Promise<ReadonlyMap<string, string>> {
  const bodies = await reader.bodies('verdict');
  return new Map(bodies.map((body) => [verdictOf(body).id, body]));
}

// Decoder edges: these texts were written by us, from values of these types.
function verdictOf(body: string): Verdict {
  return parseExactJson(body) as Verdict;
}

function eventOf(body: string): RolloutEvent {
  return parseExactJson(body) as RolloutEvent;
}

/** Where the rollout began: the controller is stepped along from there, as the line did. */
async function beginning(reader: StoreReader, verdict: Verdict): Promise<number> {
  const events = (await reader.bodies('event')).map(eventOf);
  const first = events.find(
    ({ rolloutId, kind }) => rolloutId === verdict.rolloutId && kind === 'stage_began',
  );
  if (first === undefined)
    throw new CoalmineError('store_altered', `the beginning of ${verdict.rolloutId} is not stored`);
  return first.fromMs;
}

function checkedPlan(plan: Plan | null, verdict: Verdict): Plan {
  if (plan === null)
    throw new CoalmineError('not_found', 'the store does not hold the plan of this run', {
      hints: ['name it: coalmine explain VERDICT_ID --out DIR --plan PLAN.yaml'],
    });
  const digest = planDigest(plan);
  if (digest === verdict.policyDigest) return plan;
  throw new CoalmineError('store_mismatch', 'the plan is not the one of this verdict', {
    hints: [`digest of the plan: ${digest}`, `policy of the verdict: ${verdict.policyDigest}`],
  });
}

/** The cells of stored profiles; null for one that is missing, or not what its hash says. */
function layoutSource(
  reader: StoreReader,
): (profileHash: string | null) => Promise<PartialLayout | null> {
  const known = new Map<string | null, PartialLayout | null>([[null, layoutOf(null)]]);
  return async (hash) => {
    const found = known.get(hash);
    if (found !== undefined || hash === null) return found ?? null;
    const profile = await reader.profile(hash);
    const isIntact = profile !== null && sha256(JSON.stringify(profile)).startsWith(hash);
    const layout = isIntact ? layoutOf(profile) : null;
    known.set(hash, layout);
    return layout;
  };
}

/** Judge and controller over the stored windows, one at a time, and all that differs on the way. */
class Fold {
  private readonly rules: DecideRules;
  private readonly bodies: ReadonlyMap<string, string>;
  private readonly verdicts: Verdict[] = [];
  private readonly differences: string[] = [];
  private state: DecisionState;
  private last: WindowSummary | null = null;

  constructor(rules: DecideRules, beganMs: number, bodies: ReadonlyMap<string, string>) {
    this.rules = rules;
    this.bodies = bodies;
    const { judge, controller } = undecided(rules.plan);
    const began = step(rules.rules, controller, { kind: 'began', atMs: beganMs });
    this.state = { judge, controller: began.state };
  }

  add(window: StoredNumbers, layout: PartialLayout | null): void {
    const { summary } = window;
    const wrong = checkWindow(window, layout);
    if (wrong !== null) this.note(`window ${timeOf(summary.windowStartMs)}: ${wrong}`);
    const decided = decideWindow(this.rules, this.state, {
      summary,
      effectiveFromMs: window.effectiveFromMs,
    });
    this.state = decided.state;
    this.last = summary;
    if (decided.stage.index !== window.stageIndex)
      this.note(
        `window ${timeOf(summary.windowStartMs)}: stored as of stage ${window.stageIndex}, it is of stage ${decided.stage.index}`,
      );
    if (decided.verdict === null) return;
    this.verdicts.push(decided.verdict);
    this.compare(decided.verdict);
  }

  /** @throws CoalmineError `store_altered` when anything differed */
  end(stored: Verdict): Explanation {
    const { differences, verdicts, last } = this;
    const verdict = verdicts.at(-1);
    if (verdict?.id !== stored.id) this.note(`verdict ${stored.id}: its window is not stored`);
    if (differences.length > 0 || verdict === undefined || last === null) {
      const more = differences.length - TOLD_MAX;
      throw new CoalmineError(
        'store_altered',
        `verdict ${stored.id} does not follow from what is stored`,
        {
          hints: [
            ...differences.slice(0, TOLD_MAX),
            ...(more > 0 ? [`and ${more} more, which may follow from these`] : []),
          ],
        },
      );
    }
    return { verdict, verdicts, lastWindow: last };
  }

  private compare(derived: Verdict): void {
    const at = `verdict of window ${timeOf(derived.windowStartMs)}`;
    const body = this.bodies.get(derived.id);
    if (body === undefined) {
      this.note(`${at}: the derived ${derived.id} is not stored`);
      return;
    }
    if (exactJson(derived) === body) return;
    const found = firstDifference(verdictOf(body), derived);
    this.note(
      found === null
        ? `${at}: its text is not the one of its values`
        : `${at}: ${found.path} is stored as ${found.stored}; derived again it is ${found.derived}`,
    );
  }

  private note(difference: string): void {
    this.differences.push(difference);
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
