import type { Arm } from '../../../core/events/arm.ts';
import { longRequestIdDetail } from '../../../core/events/parse-field.ts';
import type { JoinTarget, RawBatch, RawRecord, SideBatch } from '../../../pipeline/stream/ports.ts';
import type { PredictionRows } from './prediction-rows.ts';
import type { DeadRecords } from './problems.ts';
import { futureProblem, type Problem, type Rejected, tooLargeProblem } from './problems.ts';
import type { SideColumns } from './side-columns.ts';
import { armOf, type ReadingTarget } from './sides.ts';

/** Everything that one batch brought to a topic of predictions. */
export interface Decoded {
  readonly batch: RawBatch;
  readonly rows: PredictionRows;
  readonly rejected: readonly Rejected[];
  /** Records that hold no prediction at all: a list of none. */
  readonly emptyCount: number;
  readonly dead: DeadRecords;
}

/** Deals the rows of a batch to the arms of the rollouts that read its topic. */
export function dealPredictions(
  decoded: Decoded,
  targets: readonly ReadingTarget[],
  columns: SideColumns,
): readonly SideBatch[] {
  const groups = groupRows(decoded.rows);
  return targets.flatMap((reading) => {
    const shares = reading.arms.map((arm) => shareOf(decoded, reading, { arm, groups }));
    for (const one of decoded.rejected) countRejected(one, reading, { shares, dead: decoded.dead });
    const used = shares.reduce((sum, share) => sum + share.rows.length + share.deadCount, 0);
    const read = decoded.rows.length + decoded.rejected.length + decoded.emptyCount;
    return shares.map((share, i): SideBatch => {
      const { rows, deadCount, arm } = share;
      const { batch } = decoded;
      return {
        rolloutId: reading.target.rolloutId,
        side: arm,
        partition: batch.partition,
        columns: rows.length === 0 ? null : columns.of(decoded, reading.target, { arm, rows }),
        offsets: Float64Array.from(rows, (row) => recordOf(decoded, row)?.offset ?? 0),
        nextOffset: batch.nextOffset,
        ignoredCount: i === 0 ? read - used : 0,
        deadCount,
      };
    });
  });
}

/** The rows of one model and version. */
interface Group {
  readonly model: string;
  readonly version: string;
  readonly rows: number[];
}

function groupRows(rows: PredictionRows): readonly Group[] {
  const groups = new Map<number, Group>();
  let lastKey = -1;
  let last: Group | undefined;
  for (let row = 0; row < rows.length; row += 1) {
    const modelId = rows.modelIds[row] ?? 0;
    const versionId = rows.versionIds[row] ?? 0;
    const key = modelId * 2 ** 26 + versionId;
    if (key !== lastKey) {
      last = groups.get(key);
      lastKey = key;
      if (last === undefined) {
        const { interner } = rows;
        last = { model: interner.textOf(modelId), version: interner.textOf(versionId), rows: [] };
        groups.set(key, last);
      }
    }
    last?.rows.push(row);
  }
  return [...groups.values()];
}

interface Share {
  readonly arm: Arm;
  readonly rows: Int32Array;
  deadCount: number;
}

/** The usable rows of an arm; what breaks a limit of this rollout's plan is dead. */
function shareOf(
  decoded: Decoded,
  reading: ReadingTarget,
  { arm, groups }: { readonly arm: Arm; readonly groups: readonly Group[] },
): Share {
  const mine = groups.filter((group) => armOf(reading, group.model, group.version) === arm);
  const all = mine.length === 1 ? (mine[0]?.rows ?? []) : mine.flatMap(({ rows }) => rows);
  if (mine.length > 1) all.sort((left, right) => left - right);
  let deadCount = 0;
  const usable = all.filter((row) => {
    const problem = problemOf(decoded, row, reading.target);
    if (problem === null) return true;
    deadCount += 1;
    decoded.dead.add(decoded.rows.record[row] ?? 0, problem);
    return false;
  });
  return { arm, rows: Int32Array.from(usable), deadCount };
}

function recordOf(decoded: Decoded, row: number): RawRecord | undefined {
  return decoded.batch.records[decoded.rows.record[row] ?? 0];
}

/** What is wrong with a row for one rollout, and may be right for another. */
function problemOf(decoded: Decoded, row: number, { plan }: JoinTarget): Problem | null {
  const { rows, batch } = decoded;
  const raw = recordOf(decoded, row);
  const arrivalMs = Math.min(raw?.timestampMs ?? Infinity, batch.receivedAtMs);
  const aheadMs = (rows.eventTimeMs[row] ?? 0) - arrivalMs;
  if (aheadMs > plan.window.futureMaxMs) return futureProblem(aheadMs, plan.window.futureMaxMs);
  const size = raw?.value?.length ?? 0;
  if (size > plan.limits.recordSizeMaxBytes)
    return tooLargeProblem(size, plan.limits.recordSizeMaxBytes);
  const length = rows.requestIds.lengthOf(row);
  const lengthMax = plan.limits.requestIdLengthMax;
  if (length <= lengthMax) return null;
  const detail = longRequestIdDetail(length, lengthMax);
  return { reason: 'long_request_id', field: 'request_id', detail };
}

function countRejected(
  { record, problem, model, version }: Rejected,
  reading: ReadingTarget,
  { shares, dead }: { readonly shares: readonly Share[]; readonly dead: DeadRecords },
): void {
  const isNobodys = model === null || (version === null && model === reading.target.plan.model);
  const arm = isNobodys ? reading.arms[0] : armOf(reading, model, version ?? '');
  const share = shares.find((one) => one.arm === arm);
  if (share === undefined) return;
  share.deadCount += 1;
  dead.add(record, problem);
}
