import type { OutcomeMetric } from '../core/events/plan.ts';
import type { Notification, RolloutEvent, RoutingTable } from '../core/events/routing.ts';
import type { Verdict } from '../core/events/verdict.ts';
import type { OutcomeIncrement } from '../core/join/outcome-joiner.ts';
import { step } from '../core/rollout/controller.ts';
import type { StepResult } from '../core/rollout/result.ts';
import { stageAt } from '../core/rollout/stages.ts';
import type { ControllerState } from '../core/rollout/state.ts';
import type { JudgeState } from '../core/verdict/judge.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import type { OutcomeLedger, OutcomeStratum } from '../core/windows/outcome-ledger.ts';
import { bookOutcomes, EMPTY_LEDGER } from '../core/windows/outcome-ledger.ts';
import type { WindowPartial } from '../core/windows/partial.ts';
import { addPartial, emptyPartial } from '../core/windows/partial.ts';
import { settleDue } from '../core/windows/settle-due.ts';
import { isEmptyPartial, summarise } from '../core/windows/summarise.ts';
import type { WindowSummary } from '../core/windows/summary.ts';
import type { DecideRules, DecisionOptions, DecisionState } from './decide-window.ts';
import { decideRules, decideWindow, effectiveFromMsOf, undecided } from './decide-window.ts';
import type { PositionedPartial } from './partition-line.ts';
import type { PartitionPosition } from './ports.ts';

/** The numbers of one window from all partitions, and the cells that they were counted in. */
export interface WindowPartials {
  readonly window: number;
  /** All partitions' numbers, and nobody else's: it is settled in place. */
  readonly partial: WindowPartial;
  /** Where each partition with a record here stood when it handed its numbers on. */
  readonly positions: readonly PartitionPosition[];
  readonly profileHash: string | null;
  /** Partition numbers that had not reported at the deadline. */
  readonly missingPartitions?: readonly number[];
}

/** All that partitions brought for one window. */
export interface WindowArrivals extends WindowPartials {
  /** The window whose outcomes these are: with `late: amend` an earlier one. */
  readonly settled: number;
  readonly strata: readonly OutcomeStratum[];
  readonly increments: readonly OutcomeIncrement[];
  /** Requests of windows up to this one were let go at the limit; null: none were. */
  readonly letGoThrough: number | null;
  /** Processing time before which no change can take effect; null: event time alone decides. */
  readonly notBeforeMs?: number | null;
  /** The verdict of this window was published before, with changes from this event time on; null: it was not. */
  readonly publishedFromMs?: number | null;
}

/** A reported window that may still be amended: what its verdict rested on. Plain JSON. */
export interface ReportedWindow {
  readonly window: number;
  readonly before: DecisionState;
  readonly decision: Verdict['decision'] | null;
  readonly maturedOutcomes: WindowSummary['maturedOutcomes'];
  readonly servedOutcomes: WindowSummary['servedOutcomes'];
}

/** What closing one window led to; its partial as counted, or encoded to be stored. */
export interface ClosedWindow<P = WindowPartial> {
  readonly summary: WindowSummary;
  readonly partial: P;
  readonly stageIndex: number;
  readonly effectiveFromMs: number | null;
  /** Where each partition with a record here stood when it handed its numbers on. */
  readonly positions: readonly PartitionPosition[];
  readonly verdict: Verdict | null;
  readonly events: readonly RolloutEvent[];
  readonly notifications: readonly Notification[];
  /** A table that must be sent to the routers; null: the one in force stays. */
  readonly table: RoutingTable | null;
}

export interface CloserOptions extends DecisionOptions {
  readonly outcomeMetrics: readonly OutcomeMetric[];
}

/**
 * Merges, judges and steps the rollout, one window at a time and in their order: the serial part
 * of the line. Its three states are plain data that go with every commit.
 */
export class WindowCloser {
  private readonly rules: DecideRules;
  judgeState: JudgeState;
  controller: ControllerState;
  ledger: OutcomeLedger = EMPTY_LEDGER;
  /** With `late: amend`: windows that are reported and not settled, oldest first. */
  reported: readonly ReportedWindow[] = [];
  private begun: StepResult | null = null;
  private readonly options: CloserOptions;

  constructor(options: CloserOptions) {
    this.options = options;
    this.rules = decideRules(options);
    const { judge, controller } = undecided(options.plan);
    this.judgeState = judge;
    this.controller = controller;
  }

  /** The first boundary at which what this window's verdict decides can take effect. */
  effectiveFromMs(window: number): number {
    return effectiveFromMsOf(window, this.options.plan.window);
  }

  /** Null when the window holds nothing: no record, no outcome. */
  close(arrivals: WindowArrivals): ClosedWindow | null {
    const { plan } = this.options;
    const { lengthMs } = plan.window;
    const partial = this.merge(arrivals);
    const booked = bookOutcomes(this.ledger, outcomeArrivals(arrivals), {
      metrics: this.options.outcomeMetrics,
      lengthMs,
    });
    this.ledger = booked.ledger;
    if (isEmptyPartial(partial) && booked.matured.length === 0 && booked.served.length === 0)
      return null;
    const began = this.begun;
    this.begun = null;
    const summary = this.summaryOf(arrivals, partial, {
      revision: 0,
      maturedOutcomes: booked.matured,
      servedOutcomes: booked.served,
    });
    const before = { judge: this.judgeState, controller: this.controller };
    const effectiveFromMs = this.takesEffectMs(arrivals);
    const { state, stage, verdict, stepped } = decideWindow(this.rules, before, {
      summary,
      effectiveFromMs,
    });
    this.judgeState = state.judge;
    this.controller = state.controller;
    if (plan.window.late === 'amend') {
      const { maturedOutcomes, servedOutcomes } = summary;
      const decision = verdict?.decision ?? null;
      const { window } = arrivals;
      const one = { window, before, decision, maturedOutcomes, servedOutcomes };
      this.reported = [...this.reported, one];
    }
    return {
      summary,
      partial,
      stageIndex: stage.index,
      effectiveFromMs,
      positions: arrivals.positions,
      verdict,
      events: [...(began?.events ?? []), ...(stepped?.events ?? [])],
      notifications: [...(began?.notifications ?? []), ...(stepped?.notifications ?? [])],
      table: stepped?.table ?? began?.table ?? null,
    };
  }

  /**
   * A further revision of a window that late records changed. Evidence folds revision 0 only: what
   * the judge would have said of this one is told to a person when it differs.
   */
  amend(partials: WindowPartials): ClosedWindow {
    const partial = this.merge(partials);
    const first = this.reported.find((one) => one.window === partials.window);
    const outcomes = {
      maturedOutcomes: first?.maturedOutcomes ?? [],
      servedOutcomes: first?.servedOutcomes ?? [],
    };
    const summary = this.summaryOf(partials, partial, { revision: 1, ...outcomes });
    const stage = stageAt(this.controller, summary.windowStartMs);
    const notifications = first === undefined ? [] : this.compare(first, summary);
    return {
      summary,
      partial,
      stageIndex: stage.index,
      effectiveFromMs: null,
      positions: partials.positions,
      verdict: null,
      events: [],
      notifications,
      table: null,
    };
  }

  /** Windows up to this one are settled. */
  forget(window: number): void {
    this.reported = this.reported.filter((one) => one.window > window);
  }

  private takesEffectMs(arrivals: WindowArrivals): number {
    const { publishedFromMs = null } = arrivals;
    // What was said stands, even when the database in which it was written is gone.
    if (publishedFromMs !== null) return publishedFromMs;
    const { lengthMs } = this.options.plan.window;
    const boundaryMs = Math.ceil((arrivals.notBeforeMs ?? -Infinity) / lengthMs) * lengthMs;
    return Math.max(this.effectiveFromMs(arrivals.window), boundaryMs);
  }

  private merge(partials: WindowPartials): WindowPartial {
    const merged = partials.partial;
    const { stages } = this.controller;
    const windowStartMs = partials.window * this.options.plan.window.lengthMs;
    if (stages.length > 0) settleDue(merged, stageAt(this.controller, windowStartMs).share === 0);
    return merged;
  }

  private compare(first: ReportedWindow, amended: WindowSummary): Notification[] {
    const again = decideWindow(this.rules, first.before, {
      summary: { ...amended, revision: 0 },
      effectiveFromMs: null,
    });
    const decision = again.verdict?.decision ?? null;
    if (decision === first.decision) return [];
    return [amendmentNotice(amended, { was: first.decision, wouldBe: decision })];
  }

  private summaryOf(
    partials: WindowPartials,
    partial: WindowPartial,
    rest: Pick<WindowSummary, 'revision' | 'maturedOutcomes' | 'servedOutcomes'>,
  ): WindowSummary {
    const { lengthMs } = this.options.plan.window;
    const windowStartMs = partials.window * lengthMs;
    return summarise(partial, {
      rolloutId: this.options.rolloutId,
      windowStartMs,
      windowEndMs: windowStartMs + lengthMs,
      profileHash: partials.profileHash,
      // Over one log nothing is missing at a deadline: every partition was read up to it.
      missingPartitions: partials.missingPartitions ?? [],
      ...rest,
    });
  }

  /** All inputs are read: nothing more can be decided. */
  end(atMs: number): StepResult {
    const result = step(this.rules.rules, this.controller, { kind: 'inputs_ended', atMs });
    this.controller = result.state;
    return result;
  }

  /**
   * Begins the rollout at the window of the first record, before that is read: who is served
   * follows from the table from then on. Its events go with the first window that closes.
   */
  begin(windowStartMs: number): void {
    if (this.controller.stages.length > 0) return;
    const result = step(this.rules.rules, this.controller, { kind: 'began', atMs: windowStartMs });
    this.controller = result.state;
    this.begun = result;
  }
}

/** All partitions' numbers of one window; nobody else holds them: the first takes the others in. */
export function mergeAll(
  partials: readonly PositionedPartial[],
  layout: PartialLayout,
): Pick<WindowPartials, 'partial' | 'positions'> {
  const [first, ...others] = partials.map(({ closed }) => closed.partial);
  const partial = first ?? emptyPartial(layout);
  for (const other of others) addPartial(partial, other);
  return { partial, positions: partials.map(({ position }) => position) };
}

function outcomeArrivals(arrivals: WindowArrivals): {
  readonly window: number;
  readonly strata: readonly OutcomeStratum[];
  readonly increments: readonly OutcomeIncrement[];
  readonly letGoThrough: number | null;
} {
  return {
    window: arrivals.settled,
    strata: arrivals.strata,
    increments: arrivals.increments,
    letGoThrough: arrivals.letGoThrough,
  };
}

function amendmentNotice(
  summary: WindowSummary,
  change: { readonly was: string | null; readonly wouldBe: string | null },
): Notification {
  const start = new Date(summary.windowStartMs).toISOString();
  return {
    id: `${summary.rolloutId}/amended/${summary.windowStartMs}/${summary.revision}`,
    severity: 'warning',
    rolloutId: summary.rolloutId,
    title: `${summary.rolloutId}: late records changed the window of ${start}`,
    text: `The verdict was ${change.was ?? 'none'}; with the late records it would have been ${change.wouldBe ?? 'none'}. Evidence is not changed: what was decided stands.`,
    eventTimeMs: summary.windowEndMs,
    verdictId: null,
  };
}
