import type { OutcomeColumns } from '../../../core/events/batch.ts';
import { longRequestIdDetail, utf8Length } from '../../../core/events/parse-field.ts';
import type { Outcome } from '../../../core/events/prediction.ts';
import { hash128 } from '../../../core/foundation/hash128.ts';
import { outcomeMetricsOf } from '../../../pipeline/line.ts';
import { outcomeNamesOf } from '../../../pipeline/partition-line.ts';
import type { JoinTarget, RawBatch, SideBatch } from '../../../pipeline/stream/ports.ts';
import { ContentDigest } from './digest.ts';
import {
  type DeadRecords,
  futureProblem,
  type Problem,
  type Rejected,
  tooLargeProblem,
} from './problems.ts';
import { nameHashOf } from './value-columns.ts';
import { rangeOf } from './write-prediction.ts';

const NAMES = {
  eventTime: nameHashOf('event_time'),
  metric: nameHashOf('metric'),
  value: nameHashOf('value'),
};

/** A checked outcome, and the record it stood in. */
export interface OutcomeRow {
  readonly outcome: Outcome;
  /** Position of its record in the batch. */
  readonly record: number;
}

/** Everything that one batch brought to a topic of outcomes. */
export interface DecodedOutcomes {
  readonly batch: RawBatch;
  readonly rows: readonly OutcomeRow[];
  readonly rejected: readonly Rejected[];
  readonly emptyCount: number;
  readonly dead: DeadRecords;
}

/** Deals the outcomes of a batch to the rollouts that read their topic, by model. */
export function dealOutcomes(
  decoded: DecodedOutcomes,
  targets: readonly JoinTarget[],
): readonly SideBatch[] {
  const { batch, rows, rejected, emptyCount, dead } = decoded;
  return targets.map((target): SideBatch => {
    let deadCount = 0;
    for (const { record, problem, model } of rejected) {
      if (model !== null && model !== target.plan.model) continue;
      deadCount += 1;
      dead.add(record, problem);
    }
    const usable = rows.filter((row) => {
      if (row.outcome.model !== target.plan.model) return false;
      const problem = problemOf(row, batch, target);
      if (problem === null) return true;
      deadCount += 1;
      dead.add(row.record, problem);
      return false;
    });
    return {
      rolloutId: target.rolloutId,
      side: 'outcomes',
      partition: batch.partition,
      columns: usable.length === 0 ? null : outcomeColumns(usable, batch, target),
      offsets: Float64Array.from(usable, ({ record }) => batch.records[record]?.offset ?? 0),
      nextOffset: batch.nextOffset,
      ignoredCount: rows.length + rejected.length + emptyCount - usable.length - deadCount,
      deadCount,
    };
  });
}

function problemOf(
  { outcome, record }: OutcomeRow,
  batch: RawBatch,
  { plan }: JoinTarget,
): Problem | null {
  const raw = batch.records[record];
  const arrivalMs = Math.min(raw?.timestampMs ?? Infinity, batch.receivedAtMs);
  const aheadMs = outcome.eventTimeMs - arrivalMs;
  if (aheadMs > plan.window.futureMaxMs) return futureProblem(aheadMs, plan.window.futureMaxMs);
  const size = raw?.value?.length ?? 0;
  if (size > plan.limits.recordSizeMaxBytes)
    return tooLargeProblem(size, plan.limits.recordSizeMaxBytes);
  const length = utf8Length(outcome.requestId);
  if (length <= plan.limits.requestIdLengthMax) return null;
  const detail = longRequestIdDetail(length, plan.limits.requestIdLengthMax);
  return { reason: 'long_request_id', field: 'request_id', detail };
}

function outcomeColumns(
  rows: readonly OutcomeRow[],
  batch: RawBatch,
  target: JoinTarget,
): OutcomeColumns {
  const names = outcomeNamesOf(outcomeMetricsOf(target.plan));
  const key1 = new Uint32Array(2 * rows.length);
  const key2 = new Uint32Array(2 * rows.length);
  const digests = new Uint32Array(2 * rows.length);
  const words = new Uint32Array(4);
  const digest = new ContentDigest();
  for (const [row, { outcome }] of rows.entries()) {
    hash128(rangeOf(outcome.requestId), outcome.rowIndex, words);
    key1.set(words.subarray(0, 2), 2 * row);
    key2.set(words.subarray(2), 2 * row);
    hash128(rangeOf(outcome.metric), 0, words);
    digest.reset();
    digest.add(NAMES.metric, words[0] ?? 0, words[1] ?? 0);
    digest.addNumber(NAMES.eventTime, outcome.eventTimeMs);
    digest.addNumber(NAMES.value, outcome.value);
    digests[2 * row] = digest.low;
    digests[2 * row + 1] = digest.high;
  }
  return {
    length: rows.length,
    key1,
    key2,
    digest: digests,
    eventTimeMs: Float64Array.from(rows, ({ outcome }) => outcome.eventTimeMs),
    arrivalTimeMs: Float64Array.from(
      rows,
      ({ record }) => batch.records[record]?.timestampMs ?? Number.NaN,
    ),
    status: new Uint8Array(rows.length),
    metric: Int32Array.from(rows, ({ outcome }) => names.indexOf(outcome.metric)),
    value: Float64Array.from(rows, ({ outcome }) => outcome.value),
  };
}
