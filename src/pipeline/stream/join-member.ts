import { keepLimit } from '../close-outcomes.ts';
import { outcomeMetricsOf } from '../line.ts';
import { settleLagOf } from '../partition-line.ts';
import { restoreOutcomes } from '../restore-outcomes.ts';
import { BackPressure } from './back-pressure.ts';
import { cutBatch } from './cut-batch.ts';
import type { JoinDeps, JoinTopics } from './join-deps.ts';
import type { Outgoing } from './join-sender.ts';
import { JoinSender, positionsKey } from './join-sender.ts';
import type { PositionsRecord } from './messages.ts';
import { OpenBudget } from './open-budget.ts';
import { type Owned, ownedKey, owning, readersOf, topicsOf } from './owned.ts';
import { freshStart, type PartitionStart, startFrom } from './partition-start.ts';
import type { DeadRecord, JoinTarget, RawBatch, SourceEvent, TopicPartition } from './ports.ts';
import { Reference } from './reference.ts';
import { StreamPartition } from './stream-partition.ts';

export interface JoinSettings {
  readonly topics: JoinTopics;
  /** Identity of this process's data folder. */
  readonly folderId: string;
  /** Records that wait to be joined, by topic partition: beyond them fetching is paused. */
  readonly queuedRecordsMax: number;
  /** Open request ids by partition, and the bytes of all. */
  readonly openKeyCountMax: number;
  readonly openBytesMax: number;
  readonly messageBytesMax: number;
  /** How often a partition that holds others up is asked for its end, and one that is quiet. */
  readonly endsIntervalMs: number;
  readonly quietIntervalMs: number;
}

/** Batches that are taken in before what they closed is sent. */
const BATCHES_PER_STEP = 32;

/**
 * Owns partition numbers and joins what their topics hold, for any number of rollouts. What it
 * stands on is in the log and in `coalmine.positions`: it may end anywhere and another goes on.
 */
export class JoinMember {
  private readonly deps: JoinDeps;
  private readonly settings: JoinSettings;
  private readonly targets: readonly JoinTarget[];
  private readonly references: ReadonlyMap<string, Reference>;
  private readonly sender: JoinSender;
  private owned: readonly Owned[] = [];
  /** Who reads a topic partition. */
  private readers: ReadonlyMap<string, readonly Owned[]> = new Map();
  private readonly pressure: BackPressure;
  private readonly budget: OpenBudget;
  private dead: DeadRecord[] = [];
  /** Ends of topic partitions as they were last seen. */
  private readonly endOffsets = new Map<string, number>();
  private profilesVersion = -1;
  /** Something was told that partitions have not looked at. */
  private hasNews = false;
  private nextEndsMs = -Infinity;
  private nextCellsMs = -Infinity;
  private nextQuietMs = -Infinity;

  constructor(deps: JoinDeps, settings: JoinSettings, targets: readonly JoinTarget[]) {
    this.deps = deps;
    this.settings = settings;
    this.targets = targets;
    this.references = new Map(targets.map((target) => [target.rolloutId, new Reference(target)]));
    this.sender = new JoinSender(deps, settings.topics);
    this.pressure = new BackPressure(deps, settings.queuedRecordsMax);
    this.budget = new OpenBudget(settings.openBytesMax);
  }

  /** Whether it was given its share, which may be none. */
  isAssigned = false;

  /** What is owned now, by rollout. */
  get shares(): readonly { readonly rolloutId: string; readonly partition: StreamPartition }[] {
    return this.owned.map(({ target, partition }) => ({ rolloutId: target.rolloutId, partition }));
  }

  /** Records between what was joined and the end of each topic partition, as it was last seen. */
  lags(): readonly (TopicPartition & { readonly lag: number })[] {
    const joined = new Map<string, TopicPartition & { offset: number }>();
    for (const { partition } of this.owned) {
      for (const [topic, offset] of Object.entries(partition.merge.nextOffsets())) {
        const key = `${topic}/${partition.partition}`;
        const least = Math.min(offset, joined.get(key)?.offset ?? Infinity);
        joined.set(key, { topic, partition: partition.partition, offset: least });
      }
    }
    return [...joined].flatMap(([key, { topic, partition, offset }]) => {
      const end = this.endOffsets.get(key);
      return end === undefined ? [] : [{ topic, partition, lag: Math.max(0, end - offset) }];
    });
  }

  /** One round: takes in what there is, joins it, begins to send what closed. Returns whether anything came. */
  async step(waitMs: number): Promise<boolean> {
    const { deps } = this;
    let event = await deps.source.poll(waitMs);
    const came = event !== null;
    const touched = new Set<Owned>();
    for (let i = 0; event !== null && i < BATCHES_PER_STEP; i++) {
      for (const one of await this.take(event)) touched.add(one);
      event = i + 1 < BATCHES_PER_STEP ? await deps.source.poll(0) : null;
    }
    for (const one of await this.learnCells()) touched.add(one);
    for (const one of await this.seeEnds()) touched.add(one);
    // A member that was ejected hears of it only when it has finished with what came before.
    const owned = new Set(this.owned);
    for (const one of touched) if (!owned.has(one)) touched.delete(one);
    await this.sender.submit(this.advance(touched), this.dead.splice(0));
    this.pressure.look(touched);
    return came;
  }

  /** Waits until all that closed is acknowledged. */
  async settle(): Promise<void> {
    await this.sender.settle();
  }

  private advance(touched: ReadonlySet<Owned>): Outgoing[] {
    const nowMs = this.deps.clock.nowMs();
    const outgoing: Outgoing[] = [];
    for (const { target, partition, metrics } of touched) {
      const output = partition.advance(nowMs);
      metrics.tell(this.deps.telemetry);
      const { messages, segments, expiredSegments, through } = output;
      const speaks = messages.length > 0;
      // A heartbeat may be lost: the next owner begins with one. What holds a window may not.
      if (messages.every(({ kind }) => kind === 'heartbeat')) partition.release(through);
      const ahead = speaks && partition.mustTellFirst ? partition.positions() : null;
      const isTold = ahead !== null && partition.isReleased(through);
      partition.release(through);
      const after = speaks && !isTold ? partition.positions() : null;
      if (speaks || segments.length > 0 || expiredSegments.length > 0)
        outgoing.push({ rolloutId: target.rolloutId, partition, output, ahead, after });
    }
    return outgoing;
  }

  private async take(event: SourceEvent): Promise<readonly Owned[]> {
    switch (event.kind) {
      case 'assigned':
        await this.assign(event.partitions);
        return this.owned;
      case 'revoked':
        // Kept as they are: most come back, and what was sent twice counts once.
        await this.sender.settle();
        this.deps.telemetry.count('rebalances_total', { group: 'join' });
        return [];
      case 'batch':
        return await this.takeBatch(event.batch);
    }
  }

  private async takeBatch(batch: RawBatch): Promise<readonly Owned[]> {
    const { topic, partition: number } = batch;
    this.endOffsets.set(`${topic}/${number}`, batch.endOffset);
    const readers = this.readers.get(`${topic}/${number}`) ?? [];
    const times = {
      askedAtMs: batch.askedAtMs,
      receivedAtMs: batch.receivedAtMs,
      endOffset: batch.endOffset,
    };
    const cuts = readers.flatMap(({ partition }) => partition.cuts(topic));
    const readFrom = Math.min(...readers.map(({ partition }) => partition.readFrom(topic)));
    for (const part of cutBatch(batch, cuts)) {
      if (part.nextOffset <= readFrom) continue;
      const decoded = await this.deps.decoder.decode(
        part,
        readers.map(({ target }) => target),
      );
      this.dead.push(...decoded.dead);
      for (const side of decoded.sides) {
        const reader = readers.find(({ target }) => target.rolloutId === side.rolloutId);
        reader?.partition.offer(side, times);
      }
    }
    // Before the next batch is taken in: one more than may wait is enough.
    this.pressure.look(readers);
    return readers;
  }

  private async assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { deps } = this;
    await this.sender.settle();
    await deps.positions.refresh();
    if (await this.readReferences()) this.hasNews = true;
    const before = new Map(this.owned.map((one) => [ownedKey(one), one]));
    const owned: Owned[] = [];
    this.own([]);
    this.isAssigned = true;
    this.endOffsets.clear();
    this.pressure.reset();
    const given = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`));
    const numbers = [...new Set(partitions.map(({ partition }) => partition))];
    for (const target of this.targets) {
      const topics = topicsOf(target);
      for (const number of numbers.filter((one) => one < target.partitionCount)) {
        if (!topics.every((topic) => given.has(`${topic}/${number}`))) continue;
        const key = positionsKey(target.rolloutId, number);
        const kept = before.get(key);
        // In between it may have been another's, who may have closed windows elsewhere.
        const isCurrent = this.sender.isKnown(key, deps.positions.get(key));
        owned.push(
          kept !== undefined && isCurrent ? kept : owning(target, await this.begin(target, number)),
        );
      }
    }
    this.own(owned);
    await this.resume(owned);
  }

  private own(owned: readonly Owned[]): void {
    this.owned = owned;
    this.budget.divide(owned.map(({ partition }) => partition.line.joiner));
    this.readers = readersOf(owned);
  }

  /** Has every topic of these partitions read from where the one furthest behind needs it. */
  private async resume(owned: readonly Owned[]): Promise<void> {
    const from = new Map<string, TopicPartition & { readonly offset: number }>();
    const concerned = new Set(owned.map(({ partition }) => partition.partition));
    for (const { target, partition } of this.owned) {
      if (!concerned.has(partition.partition)) continue;
      for (const topic of topicsOf(target)) {
        const key = `${topic}/${partition.partition}`;
        const offset = Math.min(from.get(key)?.offset ?? Infinity, partition.readFrom(topic));
        from.set(key, { topic, partition: partition.partition, offset });
      }
    }
    await this.deps.source.resume([...from.values()]);
  }

  private async begin(target: JoinTarget, number: number): Promise<StreamPartition> {
    const { deps } = this;
    const key = positionsKey(target.rolloutId, number);
    const bytes = deps.positions.get(key);
    if (bytes === null) return await this.create(target, number, await this.fresh(target, number));
    this.sender.goesOnFrom(key, bytes);
    const record = await deps.codec.decodePositions(bytes);
    return await this.create(target, number, this.startOf(target, record));
  }

  private startOf(target: JoinTarget, record: PositionsRecord): PartitionStart {
    const reference = this.referenceOf(target);
    return startFrom(record, {
      folderId: this.settings.folderId,
      profileHash: reference.hash,
      profileFromMs: reference.profile?.fromMs ?? null,
      keepsSegments: outcomeMetricsOf(target.plan).length > 0,
    });
  }

  /** Written down at once, so that whoever comes next begins at the same place. */
  private async fresh(target: JoinTarget, number: number): Promise<PartitionStart> {
    const topics = topicsOf(target);
    if (target.startAt === 'earliest')
      return freshStart(Object.fromEntries(topics.map((topic) => [topic, 0])));
    const { ends } = await this.deps.source.ends(
      topics.map((topic) => ({ topic, partition: number })),
    );
    return freshStart(Object.fromEntries(ends.map(({ topic, endOffset }) => [topic, endOffset])));
  }

  private async create(
    target: JoinTarget,
    number: number,
    start: PartitionStart,
  ): Promise<StreamPartition> {
    const { deps, settings } = this;
    const { rolloutId, plan } = target;
    const outcomeMetrics = outcomeMetricsOf(plan);
    const partition = new StreamPartition({
      target,
      partition: number,
      reference: this.referenceOf(target),
      outcomeMetrics,
      start,
      folderId: settings.folderId,
      limits: { openKeyCountMax: settings.openKeyCountMax, openBudget: this.budget },
      sampleBytesMax: settings.messageBytesMax,
    });
    if (start.done === null) await this.sender.write([partition.positions()]);
    else if (outcomeMetrics.length > 0 && start.hasSegments) {
      const { segments } = await deps.files(rolloutId);
      await restoreOutcomes(segments, [partition.line], {
        settled: partition.reportedBefore - settleLagOf(plan.window),
        letGoThrough: null,
        lengthMs: plan.window.lengthMs,
        metrics: outcomeMetrics,
      });
      // Files of windows that were let go are there until after that was told.
      keepLimit([partition.line], partition.awaitingCountMax);
    }
    return partition;
  }

  /**
   * Looks whether cells became known, or windows were merged that others waited for; partitions that
   * had counted on without their cells begin again.
   */
  private async learnCells(): Promise<readonly Owned[]> {
    const nowMs = this.deps.clock.nowMs();
    const isLearning =
      nowMs >= this.nextCellsMs &&
      this.owned.some(({ target }) => this.referenceOf(target).hash === null);
    if (isLearning) this.nextCellsMs = nowMs + this.settings.endsIntervalMs;
    const isNews = (isLearning && (await this.readReferences())) || this.hasNews;
    this.hasNews = false;
    if (!isNews) return [];
    const restarted: Owned[] = [];
    const owned = [...this.owned];
    for (const [i, one] of owned.entries()) {
      if (one.partition.takesCells()) continue;
      await this.sender.settle();
      const { target, partition } = one;
      const start = this.startOf(target, partition.positions());
      const again = owning(target, await this.create(target, partition.partition, start));
      owned[i] = again;
      restarted.push(again);
    }
    if (restarted.length > 0) {
      this.own(owned);
      await this.resume(restarted);
    }
    return this.owned;
  }

  /** Whether anything was told since the last time. */
  private async readReferences(): Promise<boolean> {
    const { profiles, codec } = this.deps;
    await profiles.refresh();
    if (profiles.version === this.profilesVersion) return false;
    this.profilesVersion = profiles.version;
    for (const [rolloutId, reference] of this.references) {
      const bytes = profiles.get(rolloutId);
      if (bytes !== null) reference.take(await codec.decodeReference(bytes));
    }
    return true;
  }

  /** Asks for the ends of topics that hold others up, and now and then of quiet ones. */
  private async seeEnds(): Promise<readonly Owned[]> {
    const nowMs = this.deps.clock.nowMs();
    if (nowMs < this.nextEndsMs) return [];
    const isQuietTurn = nowMs >= this.nextQuietMs;
    const asked = this.owned.flatMap((one) => {
      const isHeldUp = one.partition.stall === 'other_topic';
      return isHeldUp || isQuietTurn ? [{ one, topics: one.partition.merge.waitsFor() }] : [];
    });
    this.nextEndsMs = nowMs + this.settings.endsIntervalMs;
    if (isQuietTurn) this.nextQuietMs = nowMs + this.settings.quietIntervalMs;
    const wanted = new Map<string, TopicPartition>();
    for (const { one, topics } of asked) {
      for (const topic of topics) {
        const { partition } = one.partition;
        wanted.set(`${topic}/${partition}`, { topic, partition });
      }
    }
    // What is stuck goes on by itself once it was stuck for long enough.
    const stuck = this.owned.filter(({ partition }) => partition.stall !== 'end');
    if (wanted.size === 0) return stuck;
    const { askedAtMs, ends } = await this.deps.source.ends([...wanted.values()]);
    for (const { topic, partition: number, endOffset } of ends) {
      this.endOffsets.set(`${topic}/${number}`, endOffset);
      for (const { one } of asked) {
        if (one.partition.partition === number)
          one.partition.merge.sawEnd(topic, endOffset, askedAtMs);
      }
    }
    return [...stuck, ...asked.map(({ one }) => one)];
  }

  private referenceOf(target: JoinTarget): Reference {
    const reference = this.references.get(target.rolloutId);
    if (reference === undefined) throw new RangeError(`no rollout ${target.rolloutId}`);
    return reference;
  }
}
