import { ARMS, type Arm } from '../../core/events/arm.ts';
import { STATUS_IGNORED, STATUS_USABLE } from '../../core/events/batch.ts';
import { DEAD_LETTER_REASON_LIST, type DeadLetter } from '../../core/events/dead-letter.ts';
import type { Outcome, Prediction } from '../../core/events/prediction.ts';
import { isLoneFuture, LOOK_AHEAD_ROWS } from '../../core/join/lone-future.ts';
import type { LogFrame, PredictionLog } from '../../pipeline/ports.ts';
import { outcomeColumns, predictionColumns, type WithStatus } from './log-columns.ts';
import { type MemorySchema, schemaOf } from './log-schema.ts';

/** What a memory log holds. */
export interface MemoryLogOptions {
  /** Both arms' predictions, in the order of the log. */
  readonly predictions: readonly Prediction[];
  /** Placed among the predictions by event time, after those of the same time. */
  readonly outcomes?: readonly Outcome[];
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly outcomeMetrics?: readonly string[];
  /** Records further ahead are dead letters; by default none are. */
  readonly futureMaxMs?: number;
  readonly featuresMax?: number;
  /** Items of a ranking that are carried; by default none are. */
  readonly rankedItemCount?: number;
  /** Records in a frame. */
  readonly frameSize: number;
  readonly from?: string | null;
}

type Entry =
  | { readonly side: Arm | null; readonly record: Prediction }
  | { readonly side: 'outcomes'; readonly record: Outcome };

/** A log in memory: the same port as the log over files, for tests and small tools. */
export function memoryLog(options: MemoryLogOptions): PredictionLog {
  const schema = schemaOf(options.predictions, options.featuresMax, options.rankedItemCount);
  const entries = mergedEntries(options);
  const statuses = judgeEntries(entries, options);
  let next = positionOf(options.from ?? null);
  return {
    schema: {
      layout: schema.layout,
      dictionaries: schema.dictionaries,
      rankedItemCount: schema.rankedItemCount,
    },
    next: async () => {
      if (next >= entries.length) return null;
      const first = next;
      next = Math.min(entries.length, first + options.frameSize);
      return frameOf({ entries, statuses, first, end: next }, schema, options);
    },
    close: async () => undefined,
  };
}

function positionOf(token: string | null): number {
  const parsed: unknown = token === null ? 0 : JSON.parse(token);
  return typeof parsed === 'number' ? parsed : 0;
}

function mergedEntries(options: MemoryLogOptions): readonly Entry[] {
  const versions = { current: options.currentVersion, canary: options.canaryVersion };
  const entries: Entry[] = [];
  const outcomes = options.outcomes ?? [];
  let at = 0;
  for (const record of options.predictions) {
    for (; at < outcomes.length; at += 1) {
      const outcome = outcomes[at];
      if (outcome === undefined || outcome.eventTimeMs >= record.eventTimeMs) break;
      entries.push({ side: 'outcomes', record: outcome });
    }
    const side = ARMS.find(
      (arm) => record.model === options.model && record.version === versions[arm],
    );
    entries.push({ side: side ?? null, record });
  }
  const rest = outcomes.slice(at);
  return [...entries, ...rest.map((record): Entry => ({ side: 'outcomes', record }))];
}

/** The status of every record: known at the start, so that it does not depend on where one resumes. */
function judgeEntries(entries: readonly Entry[], options: MemoryLogOptions): readonly number[] {
  const futureMaxMs = options.futureMaxMs ?? Number.POSITIVE_INFINITY;
  const future = 1 + DEAD_LETTER_REASON_LIST.indexOf('future');
  let clockMs = Number.NEGATIVE_INFINITY;
  return entries.map(({ side, record }, at) => {
    if (side === null || record.model !== options.model) return STATUS_IGNORED;
    const { eventTimeMs, arrivalTimeMs } = record;
    if (arrivalTimeMs !== null) {
      if (eventTimeMs > arrivalTimeMs + futureMaxMs) return future;
    } else if (side !== 'outcomes' && eventTimeMs > clockMs + futureMaxMs) {
      // Both arms are in one sequence here: twice as many neighbours as a file of one arm has.
      const after = entries.slice(at + 1, at + 1 + 2 * LOOK_AHEAD_ROWS);
      const nearbyMs = Float64Array.from(after, (entry) => entry.record.eventTimeMs);
      const candidate = { timeMs: eventTimeMs, clockMs, futureMaxMs, nearbyMs };
      if (isLoneFuture({ ...candidate, nearbyLength: nearbyMs.length })) return future;
    }
    if (side !== 'outcomes') clockMs = Math.max(clockMs, eventTimeMs);
    return STATUS_USABLE;
  });
}

interface Stretch {
  readonly entries: readonly Entry[];
  readonly statuses: readonly number[];
  readonly first: number;
  readonly end: number;
}

function frameOf(stretch: Stretch, schema: MemorySchema, options: MemoryLogOptions): LogFrame {
  const { entries, statuses, first, end } = stretch;
  const rows = { current: rowList<Prediction>(), canary: rowList<Prediction>() };
  const outcomes = rowList<Outcome>();
  const order = new Int32Array(end - first);
  const deadLetters: LogFrame['deadLetters'][number][] = [];
  for (let at = first; at < end; at += 1) {
    const entry = entries[at];
    const status = statuses[at] ?? STATUS_USABLE;
    if (entry === undefined) break;
    if (entry.side === 'outcomes') {
      order[at - first] = (outcomes.length << 2) | 2;
      outcomes.push({ record: entry.record, status });
    } else {
      // Another model's record stands with the current arm, as in a file that both share.
      const arm = entry.side ?? 'current';
      order[at - first] = (rows[arm].length << 2) | ARMS.indexOf(arm);
      rows[arm].push({ record: entry.record, status });
    }
    if (status !== STATUS_USABLE && status !== STATUS_IGNORED) {
      deadLetters.push({ sequence: at, letter: futureLetter(at, entry.record) });
    }
  }
  const columnsOf = (arm: Arm): LogFrame['current'] =>
    rows[arm].length === 0 ? null : predictionColumns(arm, rows[arm], schema);
  return {
    current: columnsOf('current'),
    canary: columnsOf('canary'),
    outcomes: outcomes.length === 0 ? null : outcomeColumns(outcomes, options.outcomeMetrics ?? []),
    order,
    length: end - first,
    firstSequence: first,
    resumeToken: JSON.stringify(end),
    deadLetters,
  };
}

function rowList<T>(): WithStatus<T>[] {
  return [];
}

function futureLetter(at: number, record: Prediction | Outcome): DeadLetter {
  return {
    reason: 'future',
    field: 'event_time',
    detail: `event_time ${record.eventTimeMs} is further ahead than futureMax allows`,
    source: { kind: 'topic', topic: 'memory', partition: 0, offset: String(at) },
    payload: JSON.stringify(record),
  };
}
