import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Arm } from '../../../core/events/arm.ts';
import {
  type OutcomeColumns,
  type PredictionColumns,
  STATUS_IGNORED,
  STATUS_USABLE,
} from '../../../core/events/batch.ts';
import { isEventTime } from '../../../core/events/parse-field.ts';
import { bytes, doubles, integers, shorts, textAt, wordLists, wordPairs } from './native.ts';
import { CODE_IGNORED, CODE_SPOOLED, type Problem } from './problems.ts';
import {
  type CommonColumns,
  type OutcomeSelect,
  type PredictionSelect,
  statusOf,
} from './select.ts';

/** Rows of a chunk at most: the size of DuckDB's vectors. */
export const CHUNK_ROWS_MAX = 2048;

const ALL_NAN = new Float64Array(CHUNK_ROWS_MAX).fill(Number.NaN);
const ALL_ONE = new Float64Array(CHUNK_ROWS_MAX).fill(1);
const ALL_NULL_CODES = new Uint16Array(CHUNK_ROWS_MAX);

/** A stretch of one file in memory: its columns, and what merging needs to know. */
export interface LoadedChunk {
  readonly length: number;
  /** Number of its first row in the file, from 0. */
  readonly firstRow: number;
  readonly predictions: PredictionColumns | null;
  readonly outcomes: OutcomeColumns | null;
  readonly status: Uint8Array;
  readonly eventTimeMs: Float64Array;
  readonly arrivalTimeMs: Float64Array;
  /** What the file is ordered by in the merge: NaN where a row has no believable time. */
  readonly orderTimeMs: Float64Array;
  /** Event times that may move the log's clock: NaN in rows that are not usable. */
  readonly clockTimeMs: Float64Array;
  readonly requestId: (row: number) => string;
  /** The row as JSON (or the spooled line's own report), for rows at fault. */
  readonly payload: (row: number) => string | null;
  /** Code of the problem column: what is wrong with a row at fault. */
  readonly problemCode: (row: number) => number;
}

interface ChunkSource {
  readonly chunk: DuckDBDataChunk;
  readonly firstRow: number;
}

type CommonPart = Omit<LoadedChunk, 'predictions' | 'outcomes'> & {
  readonly key1: Uint32Array;
  readonly key2: Uint32Array;
  readonly digest: Uint32Array;
};

/** A chunk of a prediction file as the columns of one arm. */
export function loadPredictions(
  source: ChunkSource,
  select: PredictionSelect,
  arm: Arm,
): LoadedChunk {
  const { chunk } = source;
  const { columns } = select;
  const common = loadCommon(source, select);
  const optional = (column: number | null, absent: Float64Array): Float64Array =>
    column === null ? absent : doubles(chunk, column);
  const { rowIndex, unitId, sessionStart } = columns;
  const predictions: PredictionColumns = {
    arm,
    length: common.length,
    key1: common.key1,
    key2: common.key2,
    digest: common.digest,
    eventTimeMs: common.eventTimeMs,
    arrivalTimeMs: common.arrivalTimeMs,
    flags: bytes(chunk, columns.flags),
    status: common.status,
    latencyMs: optional(columns.latency, ALL_NAN),
    samplingFraction: optional(columns.sampling, ALL_ONE),
    numbers: columns.numbers.map((column) => optional(column, ALL_NAN)),
    codes: columns.codes.map((column) =>
      column === null ? ALL_NULL_CODES : shorts(chunk, column),
    ),
    rankedItems: columns.rankedItems === null ? null : wordLists(chunk, columns.rankedItems),
    requestId: common.requestId,
    rowIndex: (row) => (rowIndex === null ? 0 : (integers(chunk, rowIndex)[row] ?? 0)),
    unitId: (row) => (unitId === null ? null : textAt(chunk, unitId, row)) ?? common.requestId(row),
    sessionStartMs: (row) =>
      sessionStart === null ? null : finiteOrNull(doubles(chunk, sessionStart)[row]),
  };
  return { ...common, predictions, outcomes: null };
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** A chunk of an outcome file as columns. */
export function loadOutcomes(source: ChunkSource, select: OutcomeSelect): LoadedChunk {
  const common = loadCommon(source, select);
  const outcomes: OutcomeColumns = {
    length: common.length,
    key1: common.key1,
    key2: common.key2,
    digest: common.digest,
    eventTimeMs: common.eventTimeMs,
    arrivalTimeMs: common.arrivalTimeMs,
    status: common.status,
    metric: integers(source.chunk, select.columns.metric),
    value: doubles(source.chunk, select.columns.value),
  };
  return { ...common, predictions: null, outcomes };
}

interface SelectOfChunk {
  readonly problems: readonly Problem[];
  readonly payload: number;
  readonly columns: CommonColumns;
}

function loadCommon({ chunk, firstRow }: ChunkSource, select: SelectOfChunk): CommonPart {
  const { columns, problems, payload } = select;
  const length = chunk.rowCount;
  const codes = bytes(chunk, columns.problem);
  const eventTimeMs = doubles(chunk, columns.eventTime);
  const arrivalTimeMs =
    columns.arrivalTime === null ? ALL_NAN : doubles(chunk, columns.arrivalTime);
  // A copy of our own: a lone future record is marked in it later.
  const status = statusColumn(codes, length, {
    problems,
    spooledStatus: (row) => spooledStatus(textAt(chunk, payload, row)),
  });
  const hasArrival = columns.arrivalTime !== null;
  return {
    length,
    firstRow,
    key1: wordPairs(chunk, columns.key1),
    key2: wordPairs(chunk, columns.key2),
    digest: wordPairs(chunk, columns.digest),
    status,
    eventTimeMs,
    arrivalTimeMs,
    clockTimeMs: clockTimes(eventTimeMs, status, length),
    orderTimeMs: orderTimes(eventTimeMs, hasArrival ? arrivalTimeMs : null, length),
    requestId: (row) => textAt(chunk, columns.requestId, row) ?? '',
    payload: (row) => textAt(chunk, payload, row),
    problemCode: (row) => codes[row] ?? 0,
  };
}

interface StatusRules {
  readonly problems: readonly Problem[];
  readonly spooledStatus: (row: number) => number;
}

function statusColumn(codes: Uint8Array, length: number, rules: StatusRules): Uint8Array {
  const status = new Uint8Array(length);
  for (let row = 0; row < length; row += 1) {
    const code = codes[row] ?? 0;
    if (code === 0) continue;
    const problem = rules.problems[code - 1];
    if (code === CODE_IGNORED) status[row] = STATUS_IGNORED;
    else if (code === CODE_SPOOLED) status[row] = rules.spooledStatus(row);
    else if (problem !== undefined) status[row] = statusOf(problem);
  }
  return status;
}

/** The spooled report is JSON that begins with its status. */
function spooledStatus(report: string | null): number {
  const match = /^\{"status":([0-9]+)/.exec(report ?? '');
  return match === null ? 1 : Number(match[1]);
}

function clockTimes(times: Float64Array, status: Uint8Array, length: number): Float64Array {
  for (let row = 0; row < length; row += 1) {
    if (status[row] !== STATUS_USABLE) {
      return times.map((time, at) => (status[at] === STATUS_USABLE ? time : Number.NaN));
    }
  }
  return times;
}

/** Arrival times where there are some, else event times; what cannot be believed is NaN. */
function orderTimes(
  eventTimes: Float64Array,
  arrivalTimes: Float64Array | null,
  length: number,
): Float64Array {
  const times = new Float64Array(length);
  for (let row = 0; row < length; row += 1) {
    const arrival = arrivalTimes === null ? Number.NaN : (arrivalTimes[row] ?? Number.NaN);
    const time = arrival === arrival ? arrival : (eventTimes[row] ?? Number.NaN);
    times[row] = isEventTime(time) ? time : Number.NaN;
  }
  return times;
}
