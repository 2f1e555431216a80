import type { OutcomeMetric, Plan } from '../core/events/plan.ts';
import type { Notification, RolloutEvent, RoutingTable } from '../core/events/routing.ts';
import type { Verdict } from '../core/events/verdict.ts';
import type { AwaitingRows } from '../core/join/awaiting.ts';
import type { OutcomeIncrement } from '../core/join/outcome-joiner.ts';
import { step } from '../core/rollout/controller.ts';
import type { StepResult } from '../core/rollout/result.ts';
import { stageAt } from '../core/rollout/stages.ts';
import type { ControllerState, RolloutRules } from '../core/rollout/state.ts';
import { initialState, rulesOf } from '../core/rollout/state.ts';
import type { JudgeState } from '../core/verdict/judge.ts';
import { initialJudge, judge, verdictKey } from '../core/verdict/judge.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import type { OutcomeLedger, OutcomeStratum } from '../core/windows/outcome-ledger.ts';
import { bookOutcomes, EMPTY_LEDGER, stratumOf } from '../core/windows/outcome-ledger.ts';
import type { WindowPartial } from '../core/windows/partial.ts';
import { addPartial, emptyPartial } from '../core/windows/partial.ts';
import type { ClosedPartial } from '../core/windows/partition-folder.ts';
import { isEmptyPartial, summarise } from '../core/windows/summarise.ts';
import type { WindowSummary } from '../core/windows/summary.ts';

/** All that partitions brought for one window. */
export interface WindowArrivals {
  readonly window: number;
  readonly closed: readonly ClosedPartial[];
  readonly awaiting: readonly AwaitingRows[];
  readonly increments: readonly OutcomeIncrement[];
  readonly layout: PartialLayout;
  readonly profileHash: string | null;
}

/** What closing one window led to. */
export interface ClosedWindow {
  readonly summary: WindowSummary;
  readonly partial: WindowPartial;
  readonly stageIndex: number;
  readonly verdict: Verdict | null;
  readonly events: readonly RolloutEvent[];
  readonly notifications: readonly Notification[];
  /** A table that must be sent to the routers; null: the one in force stays. */
  readonly table: RoutingTable | null;
}

export interface CloserOptions {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly rolloutId: string;
  readonly outcomeMetrics: readonly OutcomeMetric[];
  /** Hash of a text, for verdict ids. */
  readonly digest: (text: string) => string;
}

/**
 * Merges, judges and steps the rollout, one window at a time and in their order: the serial part
 * of the line. Its three states are plain data that go with every commit.
 */
export class WindowCloser {
  readonly rules: RolloutRules;
  judgeState: JudgeState;
  controller: ControllerState;
  ledger: OutcomeLedger = EMPTY_LEDGER;
  private begun: StepResult | null = null;
  private readonly options: CloserOptions;

  constructor(options: CloserOptions) {
    this.options = options;
    this.rules = rulesOf(options.plan, options.rolloutId);
    this.judgeState = initialJudge(options.plan);
    this.controller = initialState();
  }

  /**
   * The first boundary at which what this window's verdict decides can take effect: its close, as
   * every partition sees it, is over by then.
   */
  effectiveFromMs(window: number): number {
    const { lengthMs, graceMs, outOfOrdernessMs, idleTimeoutMs } = this.options.plan.window;
    const closedMs = (window + 1) * lengthMs + graceMs + outOfOrdernessMs + idleTimeoutMs;
    return Math.ceil(closedMs / lengthMs) * lengthMs;
  }

  /** Null when the window holds nothing: no record, no outcome. */
  close(arrivals: WindowArrivals): ClosedWindow | null {
    const { plan } = this.options;
    const { lengthMs } = plan.window;
    const partial = mergeAll(arrivals);
    const booked = bookOutcomes(this.ledger, outcomeArrivals(arrivals), {
      metrics: this.options.outcomeMetrics,
      lengthMs,
    });
    this.ledger = booked.ledger;
    if (isEmptyPartial(partial) && booked.matured.length === 0 && booked.served.length === 0)
      return null;
    const windowStartMs = arrivals.window * lengthMs;
    const began = this.begun;
    this.begun = null;
    const summary = summarise(partial, {
      rolloutId: this.options.rolloutId,
      windowStartMs,
      windowEndMs: windowStartMs + lengthMs,
      revision: 0,
      profileHash: arrivals.profileHash,
      missingPartitions: [],
      maturedOutcomes: booked.matured,
      servedOutcomes: booked.served,
    });
    const stage = stageAt(this.controller, windowStartMs);
    const verdict = this.judge(summary);
    const stepped = verdict === null ? null : this.step(verdict, arrivals.window);
    return {
      summary,
      partial,
      stageIndex: stage.index,
      verdict,
      events: [...(began?.events ?? []), ...(stepped?.events ?? [])],
      notifications: [...(began?.notifications ?? []), ...(stepped?.notifications ?? [])],
      table: stepped?.table ?? began?.table ?? null,
    };
  }

  /** All inputs are read: nothing more can be decided. */
  end(atMs: number): StepResult {
    const result = step(this.rules, this.controller, { kind: 'inputs_ended', atMs });
    this.controller = result.state;
    return result;
  }

  /**
   * Begins the rollout at the window of the first record, before that is read: who is served
   * follows from the table from then on. Its events go with the first window that closes.
   */
  begin(windowStartMs: number): void {
    if (this.controller.stages.length > 0) return;
    const result = step(this.rules, this.controller, { kind: 'began', atMs: windowStartMs });
    this.controller = result.state;
    this.begun = result;
  }

  private judge(summary: WindowSummary): Verdict | null {
    const { phase } = this.controller;
    if (phase === 'promoted' || phase === 'rolled_back') return null;
    const { plan, policyDigest, rolloutId, digest } = this.options;
    const stage = stageAt(this.controller, summary.windowStartMs);
    const judged = judge(this.judgeState, { plan, policyDigest, rolloutId, summary, stage });
    this.judgeState = judged.state;
    return { id: digest(verdictKey(judged.verdict)), ...judged.verdict };
  }

  private step(verdict: Verdict, window: number): StepResult {
    const effectiveFromMs = this.effectiveFromMs(window);
    const result = step(this.rules, this.controller, { kind: 'verdict', verdict, effectiveFromMs });
    this.controller = result.state;
    return result;
  }
}

function mergeAll(arrivals: WindowArrivals): WindowPartial {
  const merged = emptyPartial(arrivals.layout);
  for (const { partial } of arrivals.closed) addPartial(merged, partial);
  return merged;
}

function outcomeArrivals(arrivals: WindowArrivals): {
  readonly window: number;
  readonly strata: readonly OutcomeStratum[];
  readonly increments: readonly OutcomeIncrement[];
} {
  return {
    window: arrivals.window,
    strata: arrivals.awaiting.map(stratumOf),
    increments: arrivals.increments,
  };
}
