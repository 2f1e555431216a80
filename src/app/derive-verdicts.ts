import type { StoreReader } from '../adapters/duckdb/reader.ts';
import type { Plan } from '../core/events/plan.ts';
import type { RolloutEvent } from '../core/events/routing.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { defined } from '../core/foundation/assert.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { step } from '../core/rollout/controller.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import { layoutOf } from '../core/windows/layout.ts';
import type { WindowSummary } from '../core/windows/summary.ts';
import type { DecideRules, DecisionState } from '../pipeline/decide-window.ts';
import { decideRules, decideWindow, undecided } from '../pipeline/decide-window.ts';
import { exactJson, parseExactJson } from '../pipeline/exact-json.ts';
import { firstDifference } from './difference.ts';
import { checkWindow, type StoredNumbers } from './recompute.ts';
import { sha256 } from './wire.ts';

/** A verdict as it is stored, and its text. */
export interface StoredVerdict {
  readonly verdict: Verdict;
  readonly body: string;
}

/** What is to be derived: the verdicts of a rollout on windows that start before a time. */
export interface DeriveRequest {
  readonly rolloutId: string;
  readonly beforeMs: number;
  /** Of the rollout, oldest first. */
  readonly stored: readonly StoredVerdict[];
  /** Every plan that those verdicts name, by its policy digest. */
  readonly plans: ReadonlyMap<string, Plan>;
  readonly signal: AbortSignal;
  /** Gets every stored window on the way, further revisions too. */
  readonly onWindow: (summary: WindowSummary) => void;
}

/** What follows from the stored windows, and where that is not what is stored. */
export interface Derived {
  readonly verdicts: readonly Verdict[];
  readonly events: readonly RolloutEvent[];
  /** The last window, as judged; null without one. */
  readonly last: WindowSummary | null;
  /** One sentence for each difference, with its window. */
  readonly differences: readonly string[];
}

/**
 * Computes every window of a rollout from its exact partials, folds the judge and the controller over
 * them from the beginning, and compares each window and each verdict with the stored one, byte for
 * byte. Where the plan was changed the evidence begins anew, as it did then.
 *
 * @throws CoalmineError `store_altered` when a window cannot be read or the beginning is not stored
 */
export async function deriveVerdicts(
  reader: StoreReader,
  request: DeriveRequest,
): Promise<Derived> {
  const fold = new Fold(request, await beginning(reader, request.rolloutId));
  const layouts = layoutSource(reader);
  for await (const window of readable(reader.windows(request.rolloutId, request.beforeMs))) {
    request.signal.throwIfAborted();
    const { summary } = window;
    request.onWindow(summary);
    if (summary.revision === 0) fold.add(window, await layouts(summary.profileHash));
  }
  return fold;
}

/** The stored verdicts, oldest first. */
export async function storedVerdicts(reader: StoreReader): Promise<readonly StoredVerdict[]> {
  return (await reader.bodies('verdict')).map((body) => ({ verdict: verdictOf(body), body }));
}

/** The stored events of a rollout, in their order. */
export async function storedEvents(
  reader: StoreReader,
  rolloutId: string,
): Promise<readonly RolloutEvent[]> {
  const events = (await reader.bodies('event')).map(eventOf);
  return events.filter((event) => event.rolloutId === rolloutId);
}

// Decoder edges: these texts were written by us, from values of these types.
function verdictOf(body: string): Verdict {
  return parseExactJson(body) as Verdict;
}

function eventOf(body: string): RolloutEvent {
  return parseExactJson(body) as RolloutEvent;
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

/** Where the rollout began: the controller is stepped along from there, as the line did. */
async function beginning(reader: StoreReader, rolloutId: string): Promise<number> {
  const events = await storedEvents(reader, rolloutId);
  const first = events.find(({ kind }) => kind === 'stage_began');
  if (first === undefined)
    throw new CoalmineError('store_altered', `the beginning of ${rolloutId} is not stored`);
  return first.fromMs;
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
class Fold implements Derived {
  readonly verdicts: Verdict[] = [];
  readonly events: RolloutEvent[] = [];
  readonly differences: string[] = [];
  last: WindowSummary | null = null;
  private readonly request: DeriveRequest;
  private readonly bodies: ReadonlyMap<string, string>;
  /** The policy that each window was judged by. */
  private readonly policies: ReadonlyMap<number, string>;
  private rules: DecideRules;
  private state: DecisionState;

  constructor(request: DeriveRequest, beganMs: number) {
    this.request = request;
    this.bodies = new Map(request.stored.map(({ verdict, body }) => [verdict.id, body]));
    this.policies = new Map(
      request.stored.map(({ verdict }) => [verdict.windowStartMs, verdict.policyDigest]),
    );
    const [first] = request.stored;
    this.rules = this.rulesOf(defined(first, 'a stored verdict').verdict.policyDigest);
    const { judge, controller } = undecided(this.rules.plan);
    const began = step(this.rules.rules, controller, { kind: 'began', atMs: beganMs });
    this.events.push(...began.events);
    this.state = { judge, controller: began.state };
  }

  add(window: StoredNumbers, layout: PartialLayout | null): void {
    const { summary } = window;
    const at = `window ${timeOf(summary.windowStartMs)}`;
    const wrong = checkWindow(window, layout);
    if (wrong !== null) this.note(`${at}: ${wrong}`);
    this.follow(this.policies.get(summary.windowStartMs));
    const decided = decideWindow(this.rules, this.state, {
      summary,
      effectiveFromMs: window.effectiveFromMs,
    });
    this.state = decided.state;
    this.last = summary;
    this.events.push(...(decided.stepped?.events ?? []));
    if (decided.stage.index !== window.stageIndex)
      this.note(
        `${at}: stored as of stage ${window.stageIndex}, it is of stage ${decided.stage.index}`,
      );
    if (decided.verdict === null) return;
    this.verdicts.push(decided.verdict);
    this.compare(decided.verdict);
  }

  /** A changed plan keeps the rollout's stages; its evidence begins anew. */
  private follow(policyDigest: string | undefined): void {
    if (policyDigest === undefined || policyDigest === this.rules.policyDigest) return;
    this.rules = this.rulesOf(policyDigest);
    const { judge } = undecided(this.rules.plan);
    this.state = { judge, controller: this.state.controller };
  }

  private rulesOf(policyDigest: string): DecideRules {
    const { plans, rolloutId } = this.request;
    const plan = defined(plans.get(policyDigest), `the plan of ${policyDigest}`);
    return decideRules({ plan, policyDigest, rolloutId, digest: sha256 });
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

/** So many differences are told; one is usually the cause of all that follow. */
const TOLD_MAX = 5;

/** The error for a store whose verdicts do not follow from its windows. */
export function altered(message: string, differences: readonly string[]): CoalmineError {
  const more = differences.length - TOLD_MAX;
  return new CoalmineError('store_altered', message, {
    hints: [
      ...differences.slice(0, TOLD_MAX),
      ...(more > 0 ? [`and ${more} more, which may follow from these`] : []),
    ],
  });
}

/** Event time as it is told in differences. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
