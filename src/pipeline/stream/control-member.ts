import type { Plan } from '../../core/events/plan.ts';
import type { RolloutEvent, RoutingTable } from '../../core/events/routing.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { step } from '../../core/rollout/controller.ts';
import { withdrawnNotice } from '../../core/rollout/notices.ts';
import { type StepResult, unchanged } from '../../core/rollout/result.ts';
import { withEnd } from '../../core/rollout/routing-table.ts';
import type { ControllerState, RolloutRules } from '../../core/rollout/state.ts';
import { initialState, rulesOf } from '../../core/rollout/state.ts';
import { effectiveFromMsOf } from '../decide-window.ts';
import type { Notifier, Router } from '../ports.ts';
import type {
  Clock,
  OutgoingRecord,
  PartitionSource,
  RawBatch,
  RawRecord,
  TopicPartition,
  TopicTable,
  TopicWriter,
} from './ports.ts';
import type { Telemetry } from './telemetry.ts';

/** A verdict as it arrived. */
export interface ReceivedVerdict {
  readonly verdict: Verdict;
  readonly epoch: number;
  readonly effectiveFromMs: number | null;
}

/** What a rollout is steered by. */
export interface ControlTarget {
  readonly rolloutId: string;
  readonly plan: Plan;
  readonly router: Router;
  readonly notifier: Notifier;
}

/** All that a control member needs of the world. */
export interface ControlDeps {
  readonly source: PartitionSource;
  readonly writer: TopicWriter;
  /** Null for what is no verdict of ours: it is counted and passed over. */
  readonly readVerdict: (record: RawRecord) => Promise<ReceivedVerdict | null>;
  readonly encodeRouting: (table: RoutingTable) => Promise<OutgoingRecord>;
  readonly encodeEvent: (event: RolloutEvent) => Promise<OutgoingRecord>;
  /** Where verdicts were acted upon up to, by partition. */
  readonly progress: TopicTable;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface ControlTopics {
  readonly verdicts: string;
  readonly routing: string;
  readonly rolloutEvents: string;
  readonly progress: string;
}

type Effects = Pick<StepResult, 'table' | 'events' | 'notifications'>;

/** A rollout as the controller knows it. */
class SteeredRollout {
  readonly target: ControlTarget;
  readonly rules: RolloutRules;
  state: ControllerState = initialState();
  epoch = -1;
  heardAtMs: number;

  constructor(target: ControlTarget, nowMs: number) {
    this.target = target;
    this.rules = rulesOf(target.plan, target.rolloutId);
    this.heardAtMs = nowMs;
  }

  /** What a verdict leads to; null when it is of an instance that was replaced. */
  hear(received: ReceivedVerdict): readonly StepResult[] | null {
    const { verdict, epoch } = received;
    if (epoch < this.epoch) return null;
    this.epoch = epoch;
    const results: StepResult[] = [];
    if (this.state.stages.length === 0) {
      const atMs = verdict.stage.fromMs;
      results.push(step(this.rules, this.state, { kind: 'began', atMs }));
      this.state = results[0]?.state ?? this.state;
    }
    const { window } = this.target.plan;
    const effectiveFromMs =
      received.effectiveFromMs ??
      effectiveFromMsOf(verdict.windowStartMs / window.lengthMs, window);
    const stepped = step(this.rules, this.state, { kind: 'verdict', verdict, effectiveFromMs });
    this.state = stepped.state;
    return [...results, stepped];
  }
}

/**
 * Steers rollouts by their verdicts: moves traffic, tells people, writes the history. It stores
 * nothing: its state follows from the verdicts, which are read again from the first at every start;
 * what was acted upon already is not acted upon again.
 */
export class ControlMember {
  private readonly deps: ControlDeps;
  private readonly topics: ControlTopics;
  private readonly targets: readonly ControlTarget[];
  private readonly rollouts = new Map<string, SteeredRollout>();
  private readonly actedTo = new Map<number, number>();

  constructor(deps: ControlDeps, topics: ControlTopics, targets: readonly ControlTarget[]) {
    this.deps = deps;
    this.topics = topics;
    this.targets = targets;
  }

  /** Whether it was given its share, which may be none. */
  isAssigned = false;

  /** States of the rollouts that are steered now. */
  get states(): ReadonlyMap<string, ControllerState> {
    return new Map([...this.rollouts].map(([id, { state }]) => [id, state]));
  }

  /** One round: acts on the verdicts that came. Returns whether any did. */
  async step(waitMs: number): Promise<boolean> {
    const event = await this.deps.source.poll(waitMs);
    if (event?.kind === 'assigned') await this.assign(event.partitions);
    else if (event?.kind === 'revoked') this.rollouts.clear();
    else if (event !== null) await this.act(event.batch);
    await this.listenForSilence();
    return event !== null;
  }

  /** A rollout was deleted in the middle: from now on every user is served by the current version. */
  async withdraw(rolloutId: string): Promise<void> {
    const rollout = this.rollouts.get(rolloutId);
    const table = rollout?.state.table ?? null;
    if (rollout === undefined || table === null || table.endMs !== null) return;
    const fromMs = Math.max(this.deps.clock.nowMs(), table.shares[0]?.fromMs ?? 0);
    const ended = withEnd(table, { fromMs, share: 0 });
    const { state, rules } = rollout;
    rollout.state = { ...state, table: ended };
    await this.carryOut(rollout, {
      ...unchanged(rollout.state),
      table: ended,
      notifications: [withdrawnNotice(rules, fromMs)],
    });
  }

  private async assign(partitions: readonly TopicPartition[]): Promise<void> {
    await this.deps.progress.refresh();
    this.isAssigned = true;
    this.rollouts.clear();
    this.actedTo.clear();
    for (const { partition } of partitions) {
      const bytes = this.deps.progress.get(progressKey(partition));
      this.actedTo.set(partition, bytes === null ? 0 : Number(new TextDecoder().decode(bytes)));
    }
    await this.deps.source.resume(partitions.map((one) => ({ ...one, offset: 'earliest' })));
  }

  private async act(batch: RawBatch): Promise<void> {
    const { deps } = this;
    const actedTo = this.actedTo.get(batch.partition) ?? 0;
    for (const record of batch.records) {
      const received = await deps.readVerdict(record);
      if (received === null) continue;
      const rollout = this.rolloutOf(received.verdict.rolloutId);
      if (rollout === null) continue;
      const results = rollout.hear(received);
      if (results === null) {
        deps.telemetry.count('fenced_total', { member: 'control' });
        continue;
      }
      rollout.heardAtMs = deps.clock.nowMs();
      if (record.offset < actedTo) continue;
      // What a crash leaves half done is done again, of one verdict only: no older table follows a newer one.
      if (await this.carryOut(rollout, togetherOf(results)))
        await this.reach(batch.partition, record.offset + 1);
    }
    for (const rollout of this.rollouts.values()) await this.reconcile(rollout);
    await this.reach(batch.partition, batch.nextOffset);
  }

  /** Verdicts before this offset are acted upon. */
  private async reach(partition: number, offset: number): Promise<void> {
    if (offset <= (this.actedTo.get(partition) ?? 0)) return;
    this.actedTo.set(partition, offset);
    const value = new TextEncoder().encode(String(offset));
    const progress = { key: progressKey(partition), value };
    await this.deps.writer.send(this.topics.progress, [progress]);
  }

  /** Returns whether there was anything to do. Tables and events are numbered, messages have ids. */
  private async carryOut(rollout: SteeredRollout, result: Effects): Promise<boolean> {
    const { deps, topics } = this;
    const { notifier } = rollout.target;
    if (result.table !== null) {
      await deps.writer.send(topics.routing, [await deps.encodeRouting(result.table)]);
      await this.reconcile(rollout);
    }
    if (result.events.length > 0) {
      const events = await Promise.all(
        result.events.map(async (one) => await deps.encodeEvent(one)),
      );
      await deps.writer.send(topics.rolloutEvents, events);
    }
    for (const notification of result.notifications) await notifier.notify(notification);
    return result.table !== null || result.events.length > 0 || result.notifications.length > 0;
  }

  /** Routers that do not have the table in force are given it: a table is never followed by an older one. */
  private async reconcile({ state, target }: SteeredRollout): Promise<void> {
    if (state.table === null) return;
    const inForce = await target.router.read();
    if ((inForce?.sequence ?? -1) < state.table.sequence) await target.router.apply(state.table);
  }

  /** No fresh verdict for several windows is itself an alarm. */
  private async listenForSilence(): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    for (const rollout of this.rollouts.values()) {
      const { lengthMs, graceMs, idleTimeoutMs } = rollout.target.plan.window;
      const dueMs = rollout.heardAtMs + lengthMs;
      if (rollout.state.stages.length === 0 || nowMs < dueMs + graceMs + idleTimeoutMs) continue;
      rollout.heardAtMs = dueMs;
      const windowEndMs = (rollout.state.lastVerdict?.windowStartMs ?? 0) + 2 * lengthMs;
      const result = step(rollout.rules, rollout.state, {
        kind: 'window_without_verdict',
        windowEndMs,
      });
      rollout.state = result.state;
      await this.carryOut(rollout, result);
    }
  }

  private rolloutOf(rolloutId: string): SteeredRollout | null {
    const known = this.rollouts.get(rolloutId);
    if (known !== undefined) return known;
    const target = this.targets.find((one) => one.rolloutId === rolloutId);
    if (target === undefined) return null;
    const rollout = new SteeredRollout(target, this.deps.clock.nowMs());
    this.rollouts.set(rolloutId, rollout);
    return rollout;
  }
}

/** What one verdict leads to, with its last table only. */
function togetherOf(results: readonly StepResult[]): Effects {
  return {
    table: results.findLast(({ table }) => table !== null)?.table ?? null,
    events: results.flatMap(({ events }) => events),
    notifications: results.flatMap(({ notifications }) => notifications),
  };
}

function progressKey(partition: number): string {
  return `control/${partition}`;
}
