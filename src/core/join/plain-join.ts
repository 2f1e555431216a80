import type { Arm } from '../events/arm.ts';
import { ARMS } from '../events/arm.ts';
import type { WindowSettings } from '../events/plan.ts';
import type { Prediction } from '../events/prediction.ts';
import type { Due, JoinCounters } from './sink.ts';
import { noCounters } from './sink.ts';

/**
 * The join of `partition-joiner.ts` in plain words: records are objects, keys are strings, nothing
 * is reused or batched. Slow and easy to read; the fast one must give the same.
 */

/** One record of one partition, in log order. */
export interface PlainRecord {
  readonly arm: Arm;
  readonly prediction: Prediction;
  readonly status: 'usable' | 'ignored' | 'dead';
  /** The log's clock just before the record. */
  readonly clockMs: number;
}

/** Who was served, and whether the other arm was asked. */
export interface PlainTraffic {
  readonly served: (prediction: Prediction, arm: Arm) => boolean;
  readonly due: (prediction: Prediction, served: boolean) => Due;
}

/** One arm's answer and what traffic says of it. */
export interface PlainHalf {
  readonly arm: Arm;
  readonly prediction: Prediction;
  readonly served: boolean;
  readonly due: Due;
}

/** All that belongs to one window. */
export interface PlainWindow {
  readonly pairs: { readonly current: PlainHalf; readonly canary: PlainHalf }[];
  readonly singles: PlainHalf[];
  duplicate: number;
  conflict: number;
}

export interface PlainJoined {
  readonly counters: JoinCounters;
  readonly windows: ReadonlyMap<number, PlainWindow>;
}

/** The first prediction of each arm under one key, and the last window that a record of it fell in. */
interface Key {
  readonly first: { current: PlainHalf | null; canary: PlainHalf | null };
  lastWindow: number;
}

/**
 * Joins the records of one partition and closes every window in the end.
 *
 * @example two halves of one request within `skewMax` give one pair, in the current arm's window
 */
export function plainJoin(
  records: readonly PlainRecord[],
  settings: WindowSettings,
  traffic: PlainTraffic,
): PlainJoined {
  const joiner = new PlainJoiner(settings, traffic);
  for (const record of records) joiner.read(record);
  joiner.closeAll();
  return joiner;
}

class PlainJoiner implements PlainJoined {
  readonly counters = noCounters();
  readonly windows = new Map<number, PlainWindow>();
  private readonly settings: WindowSettings;
  private readonly traffic: PlainTraffic;
  private readonly watermark: PlainWatermark;
  private readonly keys = new Map<string, Key>();
  private readonly waiting = new Set<PlainHalf>();

  constructor(settings: WindowSettings, traffic: PlainTraffic) {
    this.settings = settings;
    this.traffic = traffic;
    this.watermark = new PlainWatermark(settings);
  }

  read({ arm, prediction, status, clockMs }: PlainRecord): void {
    const { counters, watermark } = this;
    counters.read += 1;
    if (status === 'ignored') counters.ignored += 1;
    if (status === 'dead') counters.deadLettered += 1;
    if (status !== 'usable') return;
    watermark.advance(clockMs);
    this.expire();
    if (this.isClosed(this.windowOf(prediction))) counters.late += 1;
    else {
      const served = this.traffic.served(prediction, arm);
      this.accept({ arm, prediction, served, due: this.traffic.due(prediction, served) });
    }
    watermark.hear(arm, prediction, clockMs);
    watermark.advance(clockMs);
    this.expire();
  }

  closeAll(): void {
    this.watermark.ms = Number.MAX_SAFE_INTEGER;
    this.expire();
  }

  private accept(half: PlainHalf): void {
    const { arm, prediction } = half;
    const name = JSON.stringify([prediction.requestId, prediction.rowIndex]);
    const number = this.windowOf(prediction);
    const key = this.keys.get(name) ?? {
      first: { current: null, canary: null },
      lastWindow: number,
    };
    this.keys.set(name, key);
    key.lastWindow = Math.max(key.lastWindow, number);
    const first = key.first[arm];
    if (first !== null) {
      const kind = sameContent(first.prediction, prediction) ? 'duplicate' : 'conflict';
      this.counters[kind] += 1;
      this.window(half)[kind] += 1;
      return;
    }
    key.first[arm] = half;
    this.pairOrWait(half, key.first[arm === 'current' ? 'canary' : 'current']);
  }

  private pairOrWait(half: PlainHalf, other: PlainHalf | null): void {
    const { waiting, settings } = this;
    if (other === null || !waiting.has(other) || apartMs(half, other) > settings.skewMaxMs) {
      waiting.add(half);
      return;
    }
    waiting.delete(other);
    this.counters.matched += 1;
    const [current, canary] = half.arm === 'current' ? [half, other] : [other, half];
    this.window(current).pairs.push({ current, canary });
  }

  /** Gives up waiting, and forgets keys, in windows that are closed. */
  private expire(): void {
    const { counters, waiting, keys } = this;
    for (const half of waiting) {
      if (!this.isClosed(this.windowOf(half.prediction))) continue;
      waiting.delete(half);
      this.window(half).singles.push(half);
      if (half.due === 'in_shadow') counters.dueInShadow += 1;
      else if (!half.due) counters.notAsked += 1;
      else counters[half.arm === 'current' ? 'unmatchedCurrent' : 'unmatchedCanary'] += 1;
    }
    for (const [name, key] of keys) if (this.isClosed(key.lastWindow)) keys.delete(name);
  }

  private window(half: PlainHalf): PlainWindow {
    const number = this.windowOf(half.prediction);
    const found = this.windows.get(number);
    if (found !== undefined) return found;
    const fresh: PlainWindow = { pairs: [], singles: [], duplicate: 0, conflict: 0 };
    this.windows.set(number, fresh);
    return fresh;
  }

  private windowOf(prediction: Prediction): number {
    return Math.floor(prediction.eventTimeMs / this.settings.lengthMs);
  }

  private isClosed(window: number): boolean {
    const { lengthMs, graceMs } = this.settings;
    return (window + 1) * lengthMs + graceMs <= this.watermark.ms;
  }
}

function apartMs(one: PlainHalf, other: PlainHalf): number {
  return Math.abs(one.prediction.eventTimeMs - other.prediction.eventTimeMs);
}

/** Where and when it arrived is no part of what a record says. */
function sameContent(one: Prediction, other: Prediction): boolean {
  return plainContent(one) === plainContent(other);
}

function plainContent(prediction: Prediction): string {
  const { arrivalTimeMs: _arrival, ...said } = prediction;
  return JSON.stringify(said, (_key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  });
}

/** The watermark of join contract 3, computed anew at every record. */
class PlainWatermark {
  ms = -Infinity;
  private readonly settings: WindowSettings;
  private readonly highestMs = { current: -Infinity, canary: -Infinity };
  private readonly heardMs: Record<Arm, number | null> = { current: null, canary: null };

  constructor(settings: WindowSettings) {
    this.settings = settings;
  }

  advance(clockMs: number): void {
    const { highestMs, settings } = this;
    const awake = ARMS.filter((arm) => !this.isIdle(arm, clockMs));
    const frontMs =
      awake.length === 0
        ? Math.max(highestMs.current, highestMs.canary, clockMs)
        : Math.min(...awake.map((arm) => highestMs[arm]));
    this.ms = Math.max(this.ms, frontMs - settings.outOfOrdernessMs);
  }

  hear(arm: Arm, prediction: Prediction, clockMs: number): void {
    const { heardMs, highestMs } = this;
    const atMs = Math.max(clockMs, prediction.arrivalTimeMs ?? prediction.eventTimeMs);
    // An arm that has not spoken yet is given its idle timeout too.
    heardMs.current ??= atMs;
    heardMs.canary ??= atMs;
    heardMs[arm] = atMs;
    highestMs[arm] = Math.max(highestMs[arm], prediction.eventTimeMs);
  }

  private isIdle(arm: Arm, clockMs: number): boolean {
    const heardMs = this.heardMs[arm];
    return heardMs !== null && clockMs - heardMs > this.settings.idleTimeoutMs;
  }
}
