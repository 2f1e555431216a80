import { memoryLog } from '../../src/adapters/memory/log.ts';
import { ARMS } from '../../src/core/events/arm.ts';
import { FLAG, STATUS_IGNORED, STATUS_USABLE } from '../../src/core/events/batch.ts';
import type { DecisionRule, WindowSettings } from '../../src/core/events/plan.ts';
import type { Prediction } from '../../src/core/events/prediction.ts';
import type { ReferenceProfile } from '../../src/core/events/profile.ts';
import { PartitionJoiner } from '../../src/core/join/partition-joiner.ts';
import { type PlainRecord, type PlainTraffic, plainJoin } from '../../src/core/join/plain-join.ts';
import {
  type Due,
  type JoinCounters,
  sumCounters,
  type Traffic,
  unaccounted,
} from '../../src/core/join/sink.ts';
import { layoutOf, type PartialLayout } from '../../src/core/windows/layout.ts';
import { addPartial, emptyPartial, type WindowPartial } from '../../src/core/windows/partial.ts';
import { type ClosedPartial, PartitionFolder } from '../../src/core/windows/partition-folder.ts';
import { plainFold } from '../../src/core/windows/plain-fold.ts';
import { FrameSplitter } from '../../src/pipeline/frame-split.ts';
import type { LogFrame, PredictionLog } from '../../src/pipeline/ports.ts';
import { MODEL } from './predictions.ts';

/** Windows of a minute, 30 s of grace and of skew, 5 s out of order, 30 s until an arm is idle. */
export const SETTINGS: WindowSettings = {
  lengthMs: 60_000,
  graceMs: 30_000,
  skewMaxMs: 30_000,
  outOfOrdernessMs: 5_000,
  futureMaxMs: 60_000,
  idleTimeoutMs: 30_000,
  late: 'drop',
};

export interface JoinOptions {
  readonly predictions: readonly Prediction[];
  readonly settings?: WindowSettings;
  readonly partitionCount?: number;
  readonly frameSize?: number;
  readonly profile?: ReferenceProfile | null;
  readonly decision?: DecisionRule;
  /** Whether the other arm was asked too; always, when left out. */
  readonly due?: (requestId: string, served: boolean) => Due;
  readonly openKeyCountMax?: number;
  readonly futureMaxMs?: number;
  readonly sampleSize?: number;
  /** Leave the last windows open. */
  readonly keepOpen?: boolean;
}

export interface Joined {
  readonly counters: JoinCounters;
  /** Predictions that still wait. */
  readonly waiting: number;
  /** Memory of open request ids at the end. */
  readonly openBytes: number;
  /** Merged over partitions, by window. */
  readonly partials: ReadonlyMap<number, WindowPartial>;
  /** In the order in which partitions closed them. */
  readonly closed: readonly ClosedPartial[];
  /** With `late: amend`: reported windows as they were when they took no more records. */
  readonly settled: readonly { readonly closed: ClosedPartial; readonly isAmended: boolean }[];
}

export const SKEW_TOLERANCE = 1e-9;
const DECISION: DecisionRule = { threshold: 0.5, tolerance: null, ranking: null };

function openLog(options: JoinOptions, frameSize: number): PredictionLog {
  const { predictions, futureMaxMs = Number.POSITIVE_INFINITY } = options;
  const rankedItemCount = options.decision?.ranking?.itemCount ?? 0;
  return memoryLog({ predictions, ...MODEL, frameSize, futureMaxMs, rankedItemCount });
}

/** Joins and folds a log as the line does, but without its deadlines: the joiners alone. */
export async function join(options: JoinOptions): Promise<Joined> {
  const { partitionCount = 1, profile = null, frameSize = 1000 } = options;
  const layout = layoutOf(profile);
  const log = openLog(options, frameSize);
  const closed: ClosedPartial[] = [];
  const settled: { closed: ClosedPartial; isAmended: boolean }[] = [];
  const joiners = Array.from({ length: partitionCount }, (_, partition) => {
    const sink = new PartitionFolder({
      schema: log.schema,
      decision: options.decision ?? DECISION,
      skewTolerance: SKEW_TOLERANCE,
      sampleSize: options.sampleSize ?? 1000,
      layoutOfWindow: () => layout,
      onClosed: (one) => closed.push(one),
      onSettled: (one, isAmended) => settled.push({ closed: one, isAmended }),
      listener: null,
    });
    const settings = options.settings ?? SETTINGS;
    const openKeyCountMax = options.openKeyCountMax ?? 1_000_000;
    return new PartitionJoiner({ partition, settings, schema: log.schema, sink, openKeyCountMax });
  });
  const splitter = new FrameSplitter(partitionCount, (options.settings ?? SETTINGS).lengthMs);
  const { due = () => true } = options;
  const traffic: Traffic = {
    served: (columns, row) => ((columns.flags[row] ?? 0) & FLAG.shadow) === 0,
    due: (columns, row, served) => due(columns.requestId(row), served),
  };
  for (let frame = await log.next(); frame !== null; frame = await log.next()) {
    splitAll(splitter, frame);
    for (const joiner of joiners) {
      const { predictions } = splitter.input(joiner.partition);
      joiner.advance([frame.current, frame.canary], predictions, traffic);
      joiner.advanceClock(splitter.clockMs);
      if (unaccounted(joiner.counters, joiner.waiting) !== 0) throw new Error('a record is lost');
    }
  }
  if (options.keepOpen !== true)
    for (const joiner of joiners) joiner.advanceWatermark(Number.MAX_SAFE_INTEGER);
  return {
    counters: sumCounters(joiners.map((joiner) => joiner.counters)),
    waiting: joiners.reduce((sum, joiner) => sum + joiner.waiting, 0),
    openBytes: joiners.reduce((sum, joiner) => sum + joiner.openBytes, 0),
    partials: mergeByWindow(closed, layout),
    closed,
    settled,
  };
}

/** Partials of all partitions, added up by window. */
export function mergeByWindow(
  closed: readonly ClosedPartial[],
  layout: PartialLayout,
): Map<number, WindowPartial> {
  const partials = new Map<number, WindowPartial>();
  for (const { window, partial } of closed) {
    const merged = partials.get(window) ?? emptyPartial(layout);
    addPartial(merged, partial);
    partials.set(window, merged);
  }
  return partials;
}

function splitAll(splitter: FrameSplitter, frame: LogFrame): void {
  splitter.split(frame, {
    from: 0,
    end: frame.length,
    oldestWindow: Number.POSITIVE_INFINITY,
    horizonMsOf: () => Number.POSITIVE_INFINITY,
  });
}

/** The same by the plain join and fold. */
export async function joinPlainly(
  options: JoinOptions,
): Promise<Pick<Joined, 'counters' | 'partials'>> {
  const { partitionCount = 1, profile = null } = options;
  const layout = layoutOf(profile);
  const settings = options.settings ?? SETTINGS;
  const { due = () => true } = options;
  const traffic: PlainTraffic = {
    served: (prediction) => prediction.served !== false,
    due: (prediction, served) => due(prediction.requestId, served),
  };
  const partials = new Map<number, WindowPartial>();
  const all: JoinCounters[] = [];
  for (const records of await plainRecords(options, partitionCount)) {
    const joined = plainJoin(records, settings, traffic);
    all.push(joined.counters);
    for (const [number, window] of joined.windows) {
      const folded = plainFold(window, {
        layout,
        decision: options.decision ?? DECISION,
        skewTolerance: SKEW_TOLERANCE,
      });
      const merged = partials.get(number) ?? emptyPartial(layout);
      addPartial(merged, folded);
      partials.set(number, merged);
    }
  }
  return { counters: sumCounters(all), partials };
}

/** A log's records dealt to partitions, each with its status and the clock before it. */
async function plainRecords(
  options: JoinOptions,
  partitionCount: number,
): Promise<readonly PlainRecord[][]> {
  const frame = await openLog(options, options.predictions.length + 1).next();
  const partitions: PlainRecord[][] = Array.from({ length: partitionCount }, () => []);
  if (frame === null) return partitions;
  let clockMs = Number.NEGATIVE_INFINITY;
  for (const [i, prediction] of options.predictions.entries()) {
    const entry = frame.order[i] ?? 0;
    const arm = ARMS[entry & 1] ?? 'current';
    const columns = arm === 'current' ? frame.current : frame.canary;
    const row = entry >> 2;
    const code = columns?.status[row];
    const status = code === STATUS_USABLE ? 'usable' : code === STATUS_IGNORED ? 'ignored' : 'dead';
    const partition = (columns?.key1[2 * row + 1] ?? 0) % partitionCount;
    partitions[partition]?.push({ arm, prediction, status, clockMs });
    if (status === 'usable')
      clockMs = Math.max(clockMs, prediction.arrivalTimeMs ?? prediction.eventTimeMs);
  }
  return partitions;
}

/** What of a partial is not zero, by position: for tests to compare and to print. */
export function numbersOf(partial: WindowPartial): object {
  const nonZero = (values: Float64Array): [number, number][] =>
    [...values.entries()].filter(([, value]) => value !== 0);
  return {
    counts: nonZero(partial.counts),
    sumHigh: nonZero(partial.sumHigh),
    sumLow: nonZero(partial.sumLow),
    sampling: Array.from(partial.sampling),
  };
}

/** Non-empty windows by number, in order. */
export function windowsOf(partials: ReadonlyMap<number, WindowPartial>): [number, object][] {
  return [...partials]
    .filter(([, partial]) => partial.counts.some((count) => count !== 0))
    .sort(([left], [right]) => left - right)
    .map(([number, partial]) => [number, numbersOf(partial)]);
}
