import type { BatchSchema, PredictionColumns } from '../events/batch.ts';
import { STATUS_IGNORED, STATUS_USABLE } from '../events/batch.ts';
import type { WindowSettings } from '../events/plan.ts';
import { assert } from '../foundation/assert.ts';
import { CoalmineError } from '../foundation/error.ts';
import { KeyTable } from './key-table.ts';
import type { OpenWindow } from './open-windows.ts';
import { OpenWindows } from './open-windows.ts';
import { ResolvedBuffer } from './resolved-buffer.ts';
import { shrinkOpen } from './shrink-open.ts';
import type { JoinCounters, JoinSink, Traffic } from './sink.ts';
import { noCounters } from './sink.ts';
import { marksOf } from './slot-marks.ts';
import {
  FOLD_CANARY,
  FOLD_CURRENT,
  FOLD_NONE,
  MARK_DUE,
  MARK_DUE_IN_SHADOW,
  NO_SLOT,
  SEEN_CANARY,
  SEEN_CURRENT,
  Slots,
} from './slots.ts';
import type { WatermarkFacts } from './watermark.ts';
import { hear, hearSilence, lastClosedWindow, noFacts, watermarkAt } from './watermark.ts';

/** A partition's share of a frame, in log order: `entries` are `row << 2 | arm`. */
export interface PartitionEntries {
  readonly entries: Int32Array;
  readonly sequences: Float64Array;
  /** The log's clock just before each record. */
  readonly clocksMs: Float64Array;
  readonly length: number;
}

export interface JoinerOptions {
  readonly partition: number;
  readonly settings: WindowSettings;
  readonly schema: BatchSchema;
  readonly sink: JoinSink;
  readonly openKeyCountMax: number;
}

/**
 * Joins both arms of one partition by request id (docs/join.md): at most one prediction per arm and key,
 * folded when its other half comes or when its window closes. Log order in, no clock, no I/O: the
 * same records give the same windows however they are cut into frames. `plain-join.ts` says the
 * same in plain words and is its test oracle.
 */
export class PartitionJoiner {
  readonly partition: number;
  readonly counters: JoinCounters = noCounters();
  facts: WatermarkFacts = noFacts();
  /** Predictions that wait for their other half. */
  waiting = 0;
  private readonly settings: WindowSettings;
  /** When a window is closed for good: with `late: amend` it takes records for another grace. */
  private readonly closing: Pick<WindowSettings, 'lengthMs' | 'graceMs'>;
  private readonly amends: boolean;
  private readonly sink: JoinSink;
  private readonly openKeyCountMax: number;
  private readonly slots: Slots;
  private readonly table: KeyTable;
  private readonly windows: OpenWindows;
  private readonly resolved: ResolvedBuffer;
  /** The record being read: filled anew for each, so that nothing is allocated per record. */
  private readonly record = {
    row: 0,
    isCanary: false,
    eventTimeMs: 0,
    heardMs: 0,
    window: 0,
    sequence: 0,
    marks: 0,
  };

  constructor(options: JoinerOptions) {
    this.partition = options.partition;
    this.settings = options.settings;
    const { lengthMs, graceMs, late } = options.settings;
    this.amends = late === 'amend';
    this.closing = { lengthMs, graceMs: this.amends ? 2 * graceMs : graceMs };
    this.sink = options.sink;
    this.openKeyCountMax = options.openKeyCountMax;
    this.slots = new Slots(options.schema);
    this.table = new KeyTable(this.slots);
    this.windows = new OpenWindows((window) => options.sink.partialOf(window));
    this.resolved = new ResolvedBuffer(options.sink, this.slots);
  }

  /** Request ids that are remembered, whether or not their pair was found. */
  get openKeyCount(): number {
    return this.slots.open;
  }

  /** What these take in memory, with the room that is kept for more. */
  get openBytes(): number {
    return this.slots.bytes + this.table.bytes;
  }

  /** Keys that may be opened before that grows, by as much again. */
  get spareKeyCount(): number {
    return this.slots.capacity - this.slots.open;
  }

  /** The last window whose numbers are handed on; -Infinity before the first. */
  get reported(): number {
    return this.amends ? this.windows.reportedThrough : this.windows.closedThrough;
  }

  /** The oldest window with a record here that is not reported; Infinity when there is none. */
  get oldestUnreported(): number {
    return this.amends ? this.windows.oldestUnreported : this.windows.oldest;
  }

  /** The newest window with a record here; -Infinity when none is open. */
  get newestOpen(): number {
    return this.windows.newest;
  }

  /** Lowest log sequence that a window needs which is open, or closed and not yet released. */
  neededFrom(): number {
    return this.windows.neededFrom();
  }

  /** Windows up to this one are stored: they need not be built again. */
  release(window: number): void {
    this.windows.release(window);
  }

  /** Takes up the watermark where an earlier run of this partition stood. */
  restore(facts: WatermarkFacts): void {
    this.facts = { ...facts };
    this.windows.closedThrough = lastClosedWindow(facts.watermarkMs, this.closing);
    this.windows.reportedThrough = lastClosedWindow(facts.watermarkMs, this.settings);
  }

  /** Reads the partition's records of one frame. Both column sets are used only during the call. */
  advance(
    columns: readonly [PredictionColumns | null, PredictionColumns | null],
    input: PartitionEntries,
    traffic: Traffic,
  ): void {
    const [current, canary] = columns;
    this.resolved.current = current;
    this.resolved.canary = canary;
    const { facts, counters, record } = this;
    const { outOfOrdernessMs, idleTimeoutMs, lengthMs } = this.settings;
    let closesAtMs = this.closesAtMs();
    for (let i = 0; i < input.length; i++) {
      const entry = input.entries[i] ?? 0;
      const row = entry >> 2;
      const isCanary = (entry & 1) === 1;
      const arriving = isCanary ? canary : current;
      if (arriving === null) continue;
      counters.read += 1;
      const status = arriving.status[row];
      if (status !== STATUS_USABLE) {
        if (status === STATUS_IGNORED) counters.ignored += 1;
        else counters.deadLettered += 1;
        continue;
      }
      const clockMs = input.clocksMs[i] ?? 0;
      if (clockMs - Math.min(facts.heardCurrentMs, facts.heardCanaryMs) > idleTimeoutMs) {
        closesAtMs = this.moveWatermark(clockMs);
      }
      const eventTimeMs = arriving.eventTimeMs[row] ?? 0;
      record.row = row;
      record.isCanary = isCanary;
      record.eventTimeMs = eventTimeMs;
      record.heardMs = clockAfter(arriving, row, clockMs);
      record.window = Math.floor(eventTimeMs / lengthMs);
      if (record.window <= this.windows.closedThrough) {
        counters.late += 1;
      } else {
        record.sequence = input.sequences[i] ?? 0;
        record.marks = marksOf(arriving, row, traffic);
        this.offer(arriving);
      }
      hear(facts, record);
      if (
        Math.min(facts.highestCurrentMs, facts.highestCanaryMs) - outOfOrdernessMs >=
        closesAtMs
      ) {
        closesAtMs = this.moveWatermark(clockMs);
      }
    }
    this.resolved.flush();
  }

  /** Lets the log's clock advance an idle partition: windows close on silence too. */
  advanceClock(clockMs: number): void {
    this.moveWatermark(clockMs);
  }

  /** The same where everything written so far was read, which may be nothing at all. */
  advanceSilence(clockMs: number): void {
    hearSilence(this.facts, clockMs);
    this.moveWatermark(clockMs);
  }

  /** Advances the watermark to at least this, whatever was heard: the end of all inputs, or a deadline. */
  advanceWatermark(watermarkMs: number): void {
    this.facts.watermarkMs = Math.max(this.facts.watermarkMs, watermarkMs);
    this.closeWindows();
  }

  private moveWatermark(clockMs: number): number {
    this.facts.watermarkMs = watermarkAt(this.facts, clockMs, this.settings);
    this.closeWindows();
    return this.closesAtMs();
  }

  /** The watermark at which the next window is closed or reported. */
  private closesAtMs(): number {
    const { lengthMs, graceMs } = this.settings;
    const closesAtMs = (this.windows.closedThrough + 2) * lengthMs + this.closing.graceMs;
    if (!this.amends) return closesAtMs;
    return Math.min(closesAtMs, (this.windows.reportedThrough + 2) * lengthMs + graceMs);
  }

  private offer(arriving: PredictionColumns): void {
    const { slots, record } = this;
    const slot = this.table.find(arriving, record.row);
    const open = this.windows.at(record.window, record.sequence);
    if (slot === NO_SLOT) {
      const fresh = this.wait(arriving, open);
      slots.inTable[fresh] = 1;
      this.table.add(fresh);
      return;
    }
    this.keepUntil(slot, open);
    const arm = record.isCanary ? SEEN_CANARY : SEEN_CURRENT;
    if (((slots.seen[slot] ?? 0) & arm) !== 0) {
      this.repeat(slot, arriving, open);
      return;
    }
    slots.seen[slot] = SEEN_CANARY | SEEN_CURRENT;
    slots.setDigest(slot, arriving, record.row);
    if (this.isPair(slot)) this.match(slot, open);
    // Both are the first of their arm and lie too far apart: each waits for its own window.
    else this.wait(arriving, open);
  }

  private wait(arriving: PredictionColumns, open: OpenWindow): number {
    if (this.slots.open >= this.openKeyCountMax) {
      throw new CoalmineError(
        'limit_reached',
        `partition ${this.partition} holds ${this.openKeyCountMax} open request ids, its limit`,
        { hints: ['raise limits.openKeyCountMax, or shorten window.length, grace or skewMax'] },
      );
    }
    const { slots, record } = this;
    const slot = slots.take();
    slots.copy(slot, arriving, record.row);
    slots.setDigest(slot, arriving, record.row);
    slots.seen[slot] = record.isCanary ? SEEN_CANARY : SEEN_CURRENT;
    slots.fold[slot] = record.isCanary ? FOLD_CANARY : FOLD_CURRENT;
    slots.marks[slot] = record.marks;
    slots.inTable[slot] = 0;
    slots.sequence[slot] = record.sequence;
    slots.lifeWindow[slot] = open.window;
    slots.next[slot] = open.firstSlot;
    open.firstSlot = slot;
    this.waiting += 1;
    this.amend(open);
    return slot;
  }

  /** A key that a later window's record depends on lives, and is read again, as long as that window. */
  private keepUntil(slot: number, open: OpenWindow): void {
    const { slots } = this;
    if (open.window > (slots.lifeWindow[slot] ?? 0)) slots.lifeWindow[slot] = open.window;
    open.neededFrom = Math.min(open.neededFrom, slots.sequence[slot] ?? 0);
  }

  private isPair(slot: number): boolean {
    const { slots, record } = this;
    const waitingFor = record.isCanary ? FOLD_CURRENT : FOLD_CANARY;
    const apartMs = record.eventTimeMs - (slots.eventTimeMs[slot] ?? 0);
    return slots.fold[slot] === waitingFor && Math.abs(apartMs) <= this.settings.skewMaxMs;
  }

  private match(slot: number, arrivingIn: OpenWindow): void {
    const { slots, record } = this;
    slots.fold[slot] = FOLD_NONE;
    this.waiting -= 1;
    this.counters.matched += 1;
    const sequence = slots.sequence[slot] ?? 0;
    const waitedIn = this.windows.at(
      Math.floor((slots.eventTimeMs[slot] ?? 0) / this.settings.lengthMs),
      sequence,
    );
    // The pair's window is the current arm's.
    const open = record.isCanary ? waitedIn : arrivingIn;
    open.neededFrom = Math.min(open.neededFrom, sequence);
    this.amend(open);
    // Reported as alone there, it is not alone any more.
    if (waitedIn !== open) this.amend(waitedIn);
    const pairs = this.resolved.pairsBy(record.isCanary);
    const i = pairs.take();
    pairs.slot[i] = slot;
    pairs.row[i] = record.row;
    pairs.partial[i] = open.partial;
    pairs.marks[i] = record.marks;
    if (pairs.isFull) this.resolved.flush();
  }

  private repeat(slot: number, arriving: PredictionColumns, open: OpenWindow): void {
    const kind = this.slots.hasDigest(slot, arriving, this.record.row) ? 'duplicate' : 'conflict';
    this.counters[kind] += 1;
    this.sink.countRepeat(open.partial, kind);
    this.amend(open);
  }

  private amend(open: OpenWindow): void {
    if (open.window <= this.windows.reportedThrough) open.isAmended = true;
  }

  private closeWindows(): void {
    const { watermarkMs } = this.facts;
    if (this.amends) {
      const reported = this.windows.reportThrough(lastClosedWindow(watermarkMs, this.settings));
      for (const open of reported) this.report(open);
    }
    const closed = this.windows.closeThrough(lastClosedWindow(watermarkMs, this.closing));
    for (const open of closed) this.close(open);
    if (this.slots.isRoomy) shrinkOpen(this.slots, this.table, this.windows.all());
  }

  /** Hands a window's numbers on as they stand; what waits in it goes on waiting. */
  private report(open: OpenWindow): void {
    const { slots } = this;
    this.resolved.flush();
    const copy = this.sink.copyOf(open.window);
    for (let slot = open.firstSlot; slot !== NO_SLOT; slot = slots.next[slot] ?? NO_SLOT) {
      if (slots.fold[slot] === FOLD_NONE) continue;
      this.resolved.addSingle(slot, copy);
    }
    this.resolved.flush();
    this.sink.report(open.window, copy);
  }

  private close(open: OpenWindow): void {
    const { slots } = this;
    this.resolved.flush();
    this.windows.remove(open);
    for (let slot = open.firstSlot; slot !== NO_SLOT; slot = slots.next[slot] ?? NO_SLOT)
      this.expire(slot, open);
    this.resolved.flush();
    for (let slot = open.firstSlot; slot !== NO_SLOT; ) {
      const next = slots.next[slot] ?? NO_SLOT;
      this.bury(slot, open.window);
      slot = next;
    }
    this.sink.close(open.window, open.isAmended);
  }

  /** Folds a prediction that is still alone when its window closes. */
  private expire(slot: number, open: OpenWindow): void {
    const { slots, counters } = this;
    const fold = slots.fold[slot] ?? FOLD_NONE;
    if (fold === FOLD_NONE) return;
    this.waiting -= 1;
    const marks = slots.marks[slot] ?? 0;
    if ((marks & MARK_DUE_IN_SHADOW) !== 0) counters.dueInShadow += 1;
    else if ((marks & MARK_DUE) === 0) counters.notAsked += 1;
    else if (fold === FOLD_CANARY) counters.unmatchedCanary += 1;
    else counters.unmatchedCurrent += 1;
    this.resolved.addSingle(slot, open.partial);
    slots.fold[slot] = FOLD_NONE;
  }

  /** Takes a slot away, or hands it to the later window that still needs its key. */
  private bury(slot: number, window: number): void {
    const { slots } = this;
    const life = slots.lifeWindow[slot] ?? 0;
    if (life > window) {
      const later = this.windows.find(life);
      assert(later !== undefined, 'a window that keeps a key alive is open');
      slots.next[slot] = later.firstSlot;
      later.firstSlot = slot;
      return;
    }
    if (slots.inTable[slot] === 1) this.table.remove(slot);
    slots.release(slot);
  }
}

/** The log's clock after a record: its arrival, or in a log without arrivals its event time, may move it. */
function clockAfter(arriving: PredictionColumns, row: number, clockMs: number): number {
  const arrivalTimeMs = arriving.arrivalTimeMs[row] ?? Number.NaN;
  const ownMs = arrivalTimeMs === arrivalTimeMs ? arrivalTimeMs : (arriving.eventTimeMs[row] ?? 0);
  return ownMs > clockMs ? ownMs : clockMs;
}
