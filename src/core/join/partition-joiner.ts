import type { Arm } from '../events/arm.ts';
import type { BatchSchema, PredictionColumns } from '../events/batch.ts';
import { FLAG, STATUS_IGNORED, STATUS_USABLE } from '../events/batch.ts';
import type { WindowSettings } from '../events/plan.ts';
import { assert } from '../foundation/assert.ts';
import { CoalmineError } from '../foundation/error.ts';
import { KeyTable } from './key-table.ts';
import { ResolvedRows } from './resolved.ts';
import type { JoinCounters, JoinSink, Traffic } from './sink.ts';
import { noCounters } from './sink.ts';
import {
  FOLD_CANARY,
  FOLD_CURRENT,
  FOLD_NONE,
  MARK_DUE,
  MARK_ERROR,
  MARK_SERVED,
  SEEN_CANARY,
  SEEN_CURRENT,
  Slots,
} from './slots.ts';
import type { WatermarkFacts } from './watermark.ts';
import { lastClosedWindow, noFacts, watermarkAt } from './watermark.ts';

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

interface OpenWindow {
  readonly window: number;
  readonly partial: number;
  firstSlot: number;
  /** Lowest log sequence that this window needs to be built again. */
  neededFrom: number;
}

const NO_SLOT = -1;
const BUFFER = 4096;

/**
 * Joins both arms of one partition by request id (docs/join.md): at most one prediction per arm and key,
 * folded when its other half comes or when its window closes. Log order in, no clock, no I/O: the
 * same records give the same windows however they are cut into frames.
 */
export class PartitionJoiner {
  readonly partition: number;
  readonly counters: JoinCounters = noCounters();
  facts: WatermarkFacts = noFacts();
  /** Predictions that wait for their other half. */
  waiting = 0;
  private readonly settings: WindowSettings;
  private readonly sink: JoinSink;
  private readonly openKeyCountMax: number;
  private readonly slots: Slots;
  private readonly table: KeyTable;
  private readonly windows = new Map<number, OpenWindow>();
  private readonly unreleased = new Map<number, number>();
  private latest: OpenWindow | null = null;
  private closedThrough = -Infinity;
  private readonly byCanary = new ResolvedRows(BUFFER);
  private readonly byCurrent = new ResolvedRows(BUFFER);
  private readonly singles = new ResolvedRows(BUFFER);
  private current: PredictionColumns | null = null;
  private canary: PredictionColumns | null = null;

  constructor(options: JoinerOptions) {
    this.partition = options.partition;
    this.settings = options.settings;
    this.sink = options.sink;
    this.openKeyCountMax = options.openKeyCountMax;
    const slots = new Slots(options.schema);
    this.slots = slots;
    this.table = new KeyTable(() => [slots.key1a, slots.key1b, slots.key2a, slots.key2b]);
  }

  /** The last window that is closed here; -Infinity before the first. */
  get closed(): number {
    return this.closedThrough;
  }

  /** The oldest window with a record here that is not closed; Infinity when none is open. */
  get oldestOpen(): number {
    return Math.min(Infinity, ...this.windows.keys());
  }

  /** Lowest log sequence that a window needs which is open, or closed and not yet released. */
  neededFrom(): number {
    let lowest = Infinity;
    for (const open of this.windows.values()) lowest = Math.min(lowest, open.neededFrom);
    for (const neededFrom of this.unreleased.values()) lowest = Math.min(lowest, neededFrom);
    return lowest;
  }

  /** Windows up to this one are stored: they need not be built again. */
  release(window: number): void {
    for (const closed of this.unreleased.keys()) {
      if (closed <= window) this.unreleased.delete(closed);
    }
  }

  /** Takes up the watermark where an earlier run of this partition stood. */
  restore(facts: WatermarkFacts): void {
    this.facts = { ...facts };
    this.closedThrough = lastClosedWindow(facts.watermarkMs, this.settings);
  }

  /** Reads the partition's records of one frame. Both column sets are used only during the call. */
  advance(
    columns: readonly [PredictionColumns | null, PredictionColumns | null],
    input: PartitionEntries,
    traffic: Traffic,
  ): void {
    [this.current, this.canary] = columns;
    const { facts, counters } = this;
    const { outOfOrdernessMs, idleTimeoutMs } = this.settings;
    let closesAtMs = this.closesAtMs();
    for (let i = 0; i < input.length; i++) {
      const entry = input.entries[i] ?? 0;
      const row = entry >> 2;
      const isCanary = (entry & 1) === 1;
      const arriving = isCanary ? this.canary : this.current;
      if (arriving === null) continue;
      counters.read += 1;
      const status = arriving.status[row];
      if (status !== STATUS_USABLE) {
        if (status === STATUS_IGNORED) counters.ignored += 1;
        else counters.deadLettered += 1;
        continue;
      }
      const clockMs = input.clocksMs[i] ?? 0;
      if (facts.heardCurrentMs === -Infinity) {
        facts.heardCurrentMs = clockMs;
        facts.heardCanaryMs = clockMs;
      }
      if (clockMs - Math.min(facts.heardCurrentMs, facts.heardCanaryMs) > idleTimeoutMs) {
        closesAtMs = this.moveWatermark(clockMs);
      }
      const eventTimeMs = arriving.eventTimeMs[row] ?? 0;
      const window = Math.floor(eventTimeMs / this.settings.lengthMs);
      if (window <= this.closedThrough) {
        counters.late += 1;
      } else {
        this.offer(arriving, row, { isCanary, window, sequence: input.sequences[i] ?? 0, traffic });
      }
      this.hear(isCanary, eventTimeMs, clockMs);
      if (
        Math.min(facts.highestCurrentMs, facts.highestCanaryMs) - outOfOrdernessMs >=
        closesAtMs
      ) {
        closesAtMs = this.moveWatermark(clockMs);
      }
    }
    this.flush();
  }

  /** Lets the log's clock advance an idle partition: windows close on silence too. */
  advanceClock(clockMs: number): void {
    this.moveWatermark(clockMs);
    this.flush();
  }

  /** Advances the watermark to at least this, whatever was heard: the end of all inputs, or a deadline. */
  advanceWatermark(watermarkMs: number): void {
    this.facts.watermarkMs = Math.max(this.facts.watermarkMs, watermarkMs);
    this.closeThrough(lastClosedWindow(this.facts.watermarkMs, this.settings));
    this.flush();
  }

  private hear(isCanary: boolean, eventTimeMs: number, clockMs: number): void {
    const { facts } = this;
    // A record is its own news: the clock before it may be far behind after a silence.
    const heardMs = Math.max(clockMs, eventTimeMs);
    if (isCanary) {
      if (eventTimeMs > facts.highestCanaryMs) facts.highestCanaryMs = eventTimeMs;
      facts.heardCanaryMs = heardMs;
    } else {
      if (eventTimeMs > facts.highestCurrentMs) facts.highestCurrentMs = eventTimeMs;
      facts.heardCurrentMs = heardMs;
    }
  }

  private moveWatermark(clockMs: number): number {
    this.facts.watermarkMs = watermarkAt(this.facts, clockMs, this.settings);
    this.closeThrough(lastClosedWindow(this.facts.watermarkMs, this.settings));
    return this.closesAtMs();
  }

  /** The watermark at which the next window closes. */
  private closesAtMs(): number {
    return (this.closedThrough + 2) * this.settings.lengthMs + this.settings.graceMs;
  }

  private offer(
    arriving: PredictionColumns,
    row: number,
    at: {
      readonly isCanary: boolean;
      readonly window: number;
      readonly sequence: number;
      readonly traffic: Traffic;
    },
  ): void {
    const a = arriving.key1[2 * row] ?? 0;
    const b = arriving.key1[2 * row + 1] ?? 0;
    const c = arriving.key2[2 * row] ?? 0;
    const d = arriving.key2[2 * row + 1] ?? 0;
    const slot = this.table.find(a, b, c, d);
    const marks = this.marksOf(arriving, row, at.traffic);
    const open = this.openWindow(at.window, at.sequence);
    if (slot === NO_SLOT) {
      const fresh = this.wait(arriving, row, { ...at, marks });
      this.slots.key1a[fresh] = a;
      this.slots.key1b[fresh] = b;
      this.slots.key2a[fresh] = c;
      this.slots.key2b[fresh] = d;
      this.slots.inTable[fresh] = 1;
      this.table.add(fresh);
      return;
    }
    this.keepUntil(slot, open);
    const arm = at.isCanary ? SEEN_CANARY : SEEN_CURRENT;
    if (((this.slots.seen[slot] ?? 0) & arm) !== 0) {
      this.repeat(slot, arriving, row, open.partial);
      return;
    }
    this.slots.seen[slot] = SEEN_CANARY | SEEN_CURRENT;
    this.setDigest(slot, arriving, row);
    if (this.pairs(slot, at.isCanary, arriving.eventTimeMs[row] ?? 0)) {
      this.match(slot, row, { ...at, marks });
    } else {
      // Both are the first of their arm and lie too far apart: each waits for its own window.
      this.wait(arriving, row, { ...at, marks });
    }
  }

  private marksOf(arriving: PredictionColumns, row: number, traffic: Traffic): number {
    const served = traffic.served(arriving, row);
    const due = traffic.due(arriving, row, served);
    const failed = ((arriving.flags[row] ?? 0) & FLAG.error) !== 0;
    return (served ? MARK_SERVED : 0) | (failed ? MARK_ERROR : 0) | (due ? MARK_DUE : 0);
  }

  private wait(
    arriving: PredictionColumns,
    row: number,
    at: {
      readonly isCanary: boolean;
      readonly window: number;
      readonly sequence: number;
      readonly marks: number;
    },
  ): number {
    if (this.slots.open >= this.openKeyCountMax) {
      throw new CoalmineError(
        'limit_reached',
        `partition ${this.partition} holds ${this.openKeyCountMax} open request ids, its limit`,
        { hints: ['raise limits.openKeyCountMax, or shorten window.length, grace or skewMax'] },
      );
    }
    const { slots } = this;
    const slot = slots.take();
    slots.copy(slot, arriving, row);
    slots.seen[slot] = at.isCanary ? SEEN_CANARY : SEEN_CURRENT;
    slots.fold[slot] = at.isCanary ? FOLD_CANARY : FOLD_CURRENT;
    slots.marks[slot] = at.marks;
    slots.inTable[slot] = 0;
    slots.sequence[slot] = at.sequence;
    slots.lifeWindow[slot] = at.window;
    this.setDigest(slot, arriving, row);
    const open = this.openWindow(at.window, at.sequence);
    slots.next[slot] = open.firstSlot;
    open.firstSlot = slot;
    this.waiting += 1;
    return slot;
  }

  /** A key that a later window's record depends on lives, and is read again, as long as that window. */
  private keepUntil(slot: number, open: OpenWindow): void {
    const { slots } = this;
    if (open.window > (slots.lifeWindow[slot] ?? 0)) slots.lifeWindow[slot] = open.window;
    open.neededFrom = Math.min(open.neededFrom, slots.sequence[slot] ?? 0);
  }

  private pairs(slot: number, isCanary: boolean, eventTimeMs: number): boolean {
    const { slots } = this;
    const waitingFor = isCanary ? FOLD_CURRENT : FOLD_CANARY;
    const apartMs = Math.abs(eventTimeMs - (slots.eventTimeMs[slot] ?? 0));
    return slots.fold[slot] === waitingFor && apartMs <= this.settings.skewMaxMs;
  }

  private match(
    slot: number,
    row: number,
    at: {
      readonly isCanary: boolean;
      readonly window: number;
      readonly sequence: number;
      readonly marks: number;
    },
  ): void {
    const { slots } = this;
    slots.fold[slot] = FOLD_NONE;
    this.waiting -= 1;
    this.counters.matched += 1;
    // The pair's window is the current arm's.
    const window = at.isCanary
      ? Math.floor((slots.eventTimeMs[slot] ?? 0) / this.settings.lengthMs)
      : at.window;
    const open = this.openWindow(window, slots.sequence[slot] ?? 0);
    open.neededFrom = Math.min(open.neededFrom, slots.sequence[slot] ?? 0);
    const buffer = at.isCanary ? this.byCanary : this.byCurrent;
    buffer.push(slot, row, open.partial, at.marks);
    if (buffer.length === buffer.capacity) this.flush();
  }

  private repeat(slot: number, arriving: PredictionColumns, row: number, partial: number): void {
    const at = 4 * slot + (arriving.arm === 'canary' ? 2 : 0);
    const same =
      this.slots.digest[at] === arriving.digest[2 * row] &&
      this.slots.digest[at + 1] === arriving.digest[2 * row + 1];
    if (same) this.counters.duplicate += 1;
    else this.counters.conflict += 1;
    this.sink.countRepeat(partial, same ? 'duplicate' : 'conflict');
  }

  private setDigest(slot: number, arriving: PredictionColumns, row: number): void {
    const at = 4 * slot + (arriving.arm === 'canary' ? 2 : 0);
    this.slots.digest[at] = arriving.digest[2 * row] ?? 0;
    this.slots.digest[at + 1] = arriving.digest[2 * row + 1] ?? 0;
  }

  private openWindow(window: number, sequence: number): OpenWindow {
    if (this.latest !== null && this.latest.window === window) return this.latest;
    let open = this.windows.get(window);
    if (open === undefined) {
      open = {
        window,
        partial: this.sink.partialOf(window),
        firstSlot: NO_SLOT,
        neededFrom: sequence,
      };
      this.windows.set(window, open);
    }
    this.latest = open;
    return open;
  }

  private closeThrough(window: number): void {
    if (window <= this.closedThrough) return;
    const closing = [...this.windows.values()]
      .filter((open) => open.window <= window)
      .sort((left, right) => left.window - right.window);
    this.closedThrough = window;
    for (const open of closing) this.close(open);
  }

  private close(open: OpenWindow): void {
    this.flush();
    const { slots } = this;
    let slot = open.firstSlot;
    this.windows.delete(open.window);
    this.unreleased.set(open.window, open.neededFrom);
    if (this.latest === open) this.latest = null;
    while (slot !== NO_SLOT) {
      const next = slots.next[slot] ?? NO_SLOT;
      this.expire(slot, open);
      slot = next;
    }
    this.flush();
    for (slot = open.firstSlot; slot !== NO_SLOT; ) {
      const next = slots.next[slot] ?? NO_SLOT;
      this.bury(slot, open.window);
      slot = next;
    }
    this.sink.close(open.window);
  }

  private expire(slot: number, open: OpenWindow): void {
    const { slots, counters } = this;
    const fold = slots.fold[slot] ?? FOLD_NONE;
    if (fold === FOLD_NONE) return;
    slots.fold[slot] = FOLD_NONE;
    this.waiting -= 1;
    const due = ((slots.marks[slot] ?? 0) & MARK_DUE) !== 0;
    const arm: Arm = fold === FOLD_CANARY ? 'canary' : 'current';
    if (!due) counters.notAsked += 1;
    else if (arm === 'canary') counters.unmatchedCanary += 1;
    else counters.unmatchedCurrent += 1;
    this.singles.push(slot, fold, open.partial, due ? 1 : 0);
    if (this.singles.length === this.singles.capacity) this.flush();
  }

  /** Takes a slot away, or hands it to the later window that still needs its key. */
  private bury(slot: number, window: number): void {
    const { slots } = this;
    const life = slots.lifeWindow[slot] ?? 0;
    if (life > window) {
      const later = this.windows.get(life);
      assert(later !== undefined, 'a window that keeps a key alive is open');
      slots.next[slot] = later.firstSlot;
      later.firstSlot = slot;
      return;
    }
    if (slots.inTable[slot] === 1) this.table.remove(slot);
    slots.release(slot);
  }

  private flush(): void {
    if (this.byCanary.length > 0 && this.canary !== null) {
      this.sink.foldPairs(this.canary, this.byCanary, this.slots);
      this.byCanary.length = 0;
    }
    if (this.byCurrent.length > 0 && this.current !== null) {
      this.sink.foldPairs(this.current, this.byCurrent, this.slots);
      this.byCurrent.length = 0;
    }
    if (this.singles.length > 0) {
      this.sink.foldSingles(this.singles, this.slots);
      this.singles.length = 0;
    }
  }
}
