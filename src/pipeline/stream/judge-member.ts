import type { Verdict } from '../../core/events/verdict.ts';
import { assert } from '../../core/foundation/assert.ts';
import type { ControllerState } from '../../core/rollout/state.ts';
import type { WindowPartial } from '../../core/windows/partial.ts';
import type { WindowSummary } from '../../core/windows/summary.ts';
import type { Commit, WindowStore } from '../ports.ts';
import type { ClosedWindow } from '../window-closer.ts';
import type { JudgedState } from './judged-state.ts';
import { readJudgedState } from './judged-state.ts';
import type { MessageCodec } from './messages.ts';
import type {
  Clock,
  OutgoingRecord,
  PartitionSource,
  RawBatch,
  TopicPartition,
  TopicTable,
  TopicWriter,
} from './ports.ts';
import type { MergedWindow, MergerOptions } from './rollout-merger.ts';
import { RolloutMerger } from './rollout-merger.ts';
import type { Telemetry } from './telemetry.ts';

/** All that a judge member needs of the world. */
export interface JudgeDeps {
  readonly source: PartitionSource;
  readonly writer: TopicWriter;
  readonly codec: MessageCodec;
  readonly profiles: TopicTable;
  /** The rollout's own database: one process has it open. */
  readonly openStore: (rolloutId: string) => Promise<WindowStore>;
  /**
   * What was published of a rollout of which nothing is stored: by the start of the window, the event
   * time from which on its verdict took effect.
   */
  readonly publishedBefore: (rolloutId: string) => Promise<ReadonlyMap<number, number>>;
  readonly encodePartial: (partial: WindowPartial, head: WindowSummary) => Uint8Array;
  readonly encodeVerdict: (
    verdict: Verdict,
    context: { readonly epoch: number; readonly effectiveFromMs: number | null },
  ) => Promise<OutgoingRecord>;
  /** The partition of a key on a topic of so many. */
  readonly partitionOf: (key: string, partitionCount: number) => number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface JudgeSettings {
  readonly topics: {
    readonly partials: string;
    readonly profiles: string;
    readonly verdicts: string;
    readonly claims: string;
  };
  /** Partitions of the partials topic. */
  readonly partitionCount: number;
  readonly memberId: string;
  /** How often closed windows are published for other readers. */
  readonly publishIntervalMs: number;
}

/** Rows of the outbox that are sent at once. */
const PAGE = 500;
const BATCHES_PER_STEP = 32;

/** One rollout that is owned: its merger, its database, and the epoch under which it speaks. */
class JudgedRollout {
  readonly rolloutId: string;
  readonly merger: RolloutMerger;
  readonly store: WindowStore;
  readonly epoch: number;
  /** Verdicts up to this number of the outbox are acknowledged. */
  sentNumber: number;
  /** From when on the changes of verdicts that are not sent take effect. */
  effective: Record<string, number>;
  /** The reference state that was told last. */
  told: Uint8Array | null = null;
  /** Windows that are merged and not stored. */
  readonly merged: MergedWindow[] = [];
  storedProfile: string | null;
  publishedAtMs = -Infinity;
  /** What readers of the published tables do not see yet. */
  news: 'none' | 'window' | 'event' = 'none';
  lastVerdict: Verdict | null = null;

  constructor(parts: {
    readonly options: MergerOptions;
    readonly store: WindowStore;
    readonly epoch: number;
    readonly state: JudgedState | null;
  }) {
    this.rolloutId = parts.options.target.rolloutId;
    this.merger = new RolloutMerger(parts.options);
    this.store = parts.store;
    this.epoch = parts.epoch;
    this.sentNumber = parts.state?.sentNumber ?? 0;
    this.effective = { ...parts.state?.effective };
    if (parts.state !== null) {
      this.merger.restore(parts.state.merger);
      // Whoever had it before may have ended between a commit and the next publication.
      this.news = 'window';
    }
    this.storedProfile = this.merger.reference.hash;
  }

  state(): string {
    const state: JudgedState = {
      merger: this.merger.state(),
      sentNumber: this.sentNumber,
      effective: this.effective,
    };
    return JSON.stringify(state);
  }
}

/**
 * Owns rollouts: merges their partials, judges their windows and publishes the verdicts. A window,
 * what follows from it and where reading goes on are one transaction; a verdict is sent only when it
 * is stored, and sent again when it is not known to have arrived: its id and bytes are the same.
 */
export class JudgeMember {
  private readonly deps: JudgeDeps;
  private readonly settings: JudgeSettings;
  private readonly rollouts: readonly MergerOptions[];
  private owned: JudgedRollout[] = [];

  constructor(deps: JudgeDeps, settings: JudgeSettings, rollouts: readonly MergerOptions[]) {
    this.deps = deps;
    this.settings = settings;
    this.rollouts = rollouts;
  }

  /** Mergers of the rollouts that are owned now. */
  get mergers(): readonly RolloutMerger[] {
    return this.owned.map(({ merger }) => merger);
  }

  /** Whether it was given its share, which may be none. */
  isAssigned = false;

  /** Where the rollouts that are owned stand. */
  get states(): ReadonlyMap<string, ControllerState> {
    return new Map(
      this.owned.map(({ rolloutId, merger }) => [rolloutId, merger.closer.controller]),
    );
  }

  /** The latest verdict of a rollout that this process gave; null when it gave none. */
  lastVerdict(rolloutId: string): Verdict | null {
    return this.owned.find((one) => one.rolloutId === rolloutId)?.lastVerdict ?? null;
  }

  /** One round: takes partials in, closes what is due, stores it and publishes. Returns whether anything came. */
  async step(waitMs: number): Promise<boolean> {
    const { source } = this.deps;
    let event = await source.poll(waitMs);
    const came = event !== null;
    for (let i = 0; event !== null && i < BATCHES_PER_STEP; i++) {
      if (event.kind === 'assigned') await this.assign(event.partitions);
      else if (event.kind === 'revoked') await this.release();
      else await this.takeBatch(event.batch);
      event = i + 1 < BATCHES_PER_STEP ? await source.poll(0) : null;
    }
    for (const rollout of this.owned) await this.advance(rollout);
    return came;
  }

  /** Gives the databases back. */
  async close(): Promise<void> {
    try {
      for (const { store } of this.owned) await store.publish();
    } finally {
      // Whatever failed: this process must be able to open them again.
      await this.release();
    }
  }

  private async release(): Promise<void> {
    const { owned } = this;
    this.owned = [];
    for (const { store } of owned) await store.close();
  }

  private async assign(partitions: readonly TopicPartition[]): Promise<void> {
    await this.release();
    this.isAssigned = true;
    const { topics, partitionCount } = this.settings;
    await this.deps.profiles.refresh();
    const numbers = new Map<number, number>();
    for (const { topic, partition } of partitions)
      if (topic === topics.partials) numbers.set(partition, Infinity);
    for (const options of this.rollouts) {
      const { rolloutId } = options.target;
      const partition = this.deps.partitionOf(rolloutId, partitionCount);
      const from = numbers.get(partition);
      if (from === undefined) continue;
      const rollout = await this.open(options);
      this.owned.push(rollout);
      numbers.set(partition, Math.min(from, rollout.merger.state().resumeOffset));
    }
    await this.deps.source.resume(
      [...numbers].map(([partition, offset]) => ({
        topic: topics.partials,
        partition,
        // Nothing here is ours: there is nothing to read.
        offset: offset === Infinity ? 'latest' : offset === 0 ? 'earliest' : offset,
      })),
    );
  }

  private async open(options: MergerOptions): Promise<JudgedRollout> {
    const store = await this.deps.openStore(options.target.rolloutId);
    try {
      return await this.takeOver(options, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  private async takeOver(options: MergerOptions, store: WindowStore): Promise<JudgedRollout> {
    const { deps, settings } = this;
    const { rolloutId } = options.target;
    const text = await store.loadState();
    const state = text === null ? null : readJudgedState(text, rolloutId);
    const claim = { key: `${rolloutId}/judge`, value: new TextEncoder().encode(settings.memberId) };
    const { firstOffset: epoch } = await deps.writer.send(settings.topics.claims, [claim]);
    const rollout = new JudgedRollout({ options, store, epoch, state });
    if (state === null) rollout.merger.recall(await deps.publishedBefore(rolloutId));
    // Asked for once this judge is the latest: whoever was it before tells nothing new from here on.
    await deps.profiles.refresh();
    const told = deps.profiles.get(rolloutId);
    if (told !== null) {
      const reference = await deps.codec.decodeReference(told);
      // Cells that were told are in force, though this store may not know it: partials are counted in them.
      if (reference.profile !== null && rollout.merger.reference.hash === null)
        rollout.merger.adopt(reference);
    }
    // It may have ended before it told what it stored: joiners wait to hear of it.
    if (state !== null) await this.tellReference(rollout);
    await this.publish(rollout);
    return rollout;
  }

  private async takeBatch(batch: RawBatch): Promise<void> {
    const { codec, clock, telemetry } = this.deps;
    const nowMs = clock.nowMs();
    for (const { key, value, offset } of batch.records) {
      if (key === null || value === null) continue;
      const rolloutId = new TextDecoder().decode(key);
      const rollout = this.owned.find((one) => one.rolloutId === rolloutId);
      if (rollout === undefined) continue;
      const message = await codec.decodeJoinerMessage(value);
      const taken = rollout.merger.add(message, { offset, nowMs });
      // While cells are learned the next message may be counted in those that this one completes.
      if (rollout.merger.reference.hash === null)
        rollout.merged.push(...rollout.merger.close(nowMs));
      telemetry.count('partials_received_total', { rollout: rolloutId, kind: message.kind });
      if (taken === 'repeated') telemetry.count('partials_repeated_total', { rollout: rolloutId });
      if (taken === 'late') telemetry.count('partials_late_total', { rollout: rolloutId });
    }
  }

  private async advance(rollout: JudgedRollout): Promise<void> {
    const { clock } = this.deps;
    const merged = [...rollout.merged.splice(0), ...rollout.merger.close(clock.nowMs())];
    if (merged.length > 0) {
      await this.commit(rollout, merged);
      await this.tellReference(rollout);
      await this.publish(rollout);
    }
    await this.publishTables(rollout);
  }

  private async commit(rollout: JudgedRollout, merged: readonly MergedWindow[]): Promise<void> {
    const { encodePartial, telemetry } = this.deps;
    const { merger, rolloutId } = rollout;
    const windows = merged.flatMap(({ closed, amended }) => [
      ...(closed === null ? [] : [closed]),
      ...amended,
    ]);
    for (const { verdict, effectiveFromMs } of windows) {
      if (verdict === null) continue;
      rollout.lastVerdict = verdict;
      rollout.effective[verdict.id] = effectiveFromMs ?? verdict.windowEndMs;
      telemetry.count('verdicts_total', { rollout: rolloutId, decision: verdict.decision });
    }
    const { profile } = merger.reference;
    const isNew = profile !== null && profile.hash !== rollout.storedProfile;
    const commit: Commit = {
      windows: windows.map((window) => storedWindow(window, encodePartial)),
      verdicts: windows.flatMap(({ verdict }) => verdict ?? []),
      events: windows.flatMap(({ events }) => events),
      notifications: windows.flatMap(({ notifications }) => notifications),
      deadLetters: [],
      profile: isNew ? { ...profile, fromMs: profile.fromMs ?? 0 } : null,
      state: rollout.state(),
    };
    await rollout.store.commit(commit);
    rollout.storedProfile = profile?.hash ?? null;
    if (commit.events.length > 0) rollout.news = 'event';
    else if (rollout.news === 'none') rollout.news = 'window';
    telemetry.count('windows_closed_total', { rollout: rolloutId }, merged.length);
    const incomplete = windows.filter(({ summary }) => summary.missingPartitions.length > 0).length;
    if (incomplete > 0)
      telemetry.count('windows_incomplete_total', { rollout: rolloutId }, incomplete);
  }

  /** Gives readers what is new: now and then, and at once when something happened to the rollout. */
  private async publishTables(rollout: JudgedRollout): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    const isDue = nowMs - rollout.publishedAtMs >= this.settings.publishIntervalMs;
    const isWanted = rollout.news === 'event' || (rollout.news === 'window' && isDue);
    if (!isWanted) return;
    rollout.publishedAtMs = nowMs;
    rollout.news = 'none';
    await rollout.store.publish();
  }

  /**
   * While cells are learned joiners wait to hear how far windows are merged; then once what the cells
   * are, and again when somebody whose time is over told something older.
   */
  private async tellReference(rollout: JudgedRollout): Promise<void> {
    const { codec, writer, profiles } = this.deps;
    const { rolloutId, merger } = rollout;
    await profiles.refresh();
    const isKnown = merger.reference.hash !== null && rollout.told !== null;
    if (isKnown && isEqual(profiles.get(rolloutId), rollout.told)) return;
    const value = await codec.encodeReference(merger.referenceState());
    await writer.send(this.settings.topics.profiles, [{ key: rolloutId, value }]);
    // In learning every window is news.
    rollout.told = merger.reference.hash === null ? null : value;
  }

  /** Sends what is stored and not known to have arrived, in order. */
  private async publish(rollout: JudgedRollout): Promise<void> {
    const { deps, settings } = this;
    for (;;) {
      const rows = await rollout.store.outbox('verdict', rollout.sentNumber, PAGE);
      deps.telemetry.set('outbox_waiting', { rollout: rollout.rolloutId }, rows.length);
      const last = rows.at(-1);
      if (last === undefined) return;
      const records: OutgoingRecord[] = [];
      for (const { id, body } of rows) {
        const effectiveFromMs = rollout.effective[id] ?? null;
        const context = { epoch: rollout.epoch, effectiveFromMs };
        records.push(await deps.encodeVerdict(JSON.parse(body) as Verdict, context));
      }
      await deps.writer.send(settings.topics.verdicts, records);
      assert(last.number > rollout.sentNumber, 'the outbox goes on');
      rollout.sentNumber = last.number;
      for (const { id } of rows) delete rollout.effective[id];
    }
  }
}

function storedWindow(
  window: ClosedWindow,
  encodePartial: JudgeDeps['encodePartial'],
): Commit['windows'][number] {
  const { summary, stageIndex, effectiveFromMs, partial, positions } = window;
  return {
    summary,
    stageIndex,
    effectiveFromMs,
    partial: encodePartial(partial, summary),
    positions,
  };
}

function isEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && a.length === b?.length && a.every((byte, i) => byte === b[i]);
}
