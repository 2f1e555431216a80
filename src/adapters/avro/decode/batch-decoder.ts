import type { Field } from '../../../core/events/field.ts';
import type { FieldMap, Privacy } from '../../../core/events/field-map.ts';
import { isJsonRecord, type Rejection } from '../../../core/events/parse-field.ts';
import { parseOutcome } from '../../../core/events/parse-outcome.ts';
import { parsePrediction, type RecordLimits } from '../../../core/events/parse-prediction.ts';
import type {
  BatchDecoder,
  JoinTarget,
  RawBatch,
  SchemaSource,
  SideBatch,
} from '../../../pipeline/stream/ports.ts';
import { dealPredictions } from './deal-predictions.ts';
import { Interner } from './interner.ts';
import { dealOutcomes, type OutcomeRow } from './outcomes.ts';
import { PredictionRows } from './prediction-rows.ts';
import { DeadRecords, type Rejected } from './problems.ts';
import { keyProblem } from './record-key.ts';
import { readRecord } from './record-value.ts';
import { type FoundReader, SchemaReaders } from './schema-readers.ts';
import { SideColumns } from './side-columns.ts';
import { outcomeTargets, predictionTargets, type ReadingTarget } from './sides.ts';
import { writePrediction } from './write-prediction.ts';

/** A topic that other people write, and how its records are made ours. */
export interface DecodedTopic {
  readonly topic: string;
  readonly format: 'avro' | 'json';
  readonly fieldMap: FieldMap | null;
  readonly privacy: Privacy;
}

export interface BatchDecoderOptions {
  readonly topics: readonly DecodedTopic[];
  readonly schemas: SchemaSource;
  /** Compiled readers that are kept, and ids that are known to be unknown. */
  readonly schemaCountMax: number;
}

/** A decoder that reads what the topics' writers wrote. Topics that are not named hold our own schemas. */
export function createBatchDecoder(options: BatchDecoderOptions): BatchDecoder {
  const interner = new Interner();
  const rows = new PredictionRows(interner);
  const columns = new SideColumns(interner);
  const readers = new SchemaReaders(options.schemas, options.schemaCountMax);
  const topics = new Map(options.topics.map((topic) => [topic.topic, topic]));
  return {
    async decode(batch, targets) {
      const topic = topics.get(batch.topic) ?? { ...OURS, topic: batch.topic };
      const found = await readers.forBatch(batch);
      const dead = new DeadRecords(batch, topic.privacy.keepDeadLetterPayload);
      const pass = { batch, topic, readers: found, dead };
      interner.tidy();
      const sides: SideBatch[] = [];
      const arms = predictionTargets(batch.topic, targets);
      if (arms.length > 0) sides.push(...decodePredictions(pass, arms, { rows, columns }));
      const outcomes = outcomeTargets(batch.topic, targets);
      if (outcomes.length > 0) sides.push(...decodeOutcomes(pass, outcomes));
      return { sides, dead: dead.list() };
    },
  };
}

const OURS: Omit<DecodedTopic, 'topic'> = {
  format: 'avro',
  fieldMap: null,
  privacy: { drop: [], hash: [], keep: null, keepDeadLetterPayload: false },
};

/** One batch on its way through the decoder. */
interface Pass {
  readonly batch: RawBatch;
  readonly topic: DecodedTopic;
  readonly readers: ReadonlyMap<number, FoundReader>;
  readonly dead: DeadRecords;
}

function decodePredictions(
  pass: Pass,
  targets: readonly ReadingTarget[],
  into: { readonly rows: PredictionRows; readonly columns: SideColumns },
): readonly SideBatch[] {
  const { rows } = into;
  const limits = loosestLimits(targets.map(({ target }) => target));
  const rejected: Rejected[] = [];
  rows.begin(watchedFields(targets));
  for (const [record, raw] of pass.batch.records.entries()) {
    const read = readRecord(raw, { ...limits, format: pass.topic.format, readers: pass.readers });
    if (!read.ok) {
      rejected.push({ problem: read.problem, record, model: null, version: null });
      continue;
    }
    const parsed = parsePrediction(read.value, limits);
    if (!parsed.ok) {
      rejected.push(rejectedOf(read.value, parsed, record));
      continue;
    }
    const { model, version, requestId } = parsed.value;
    const problem = limits.needsKey ? keyProblem(raw.key, requestId) : null;
    if (problem !== null) rejected.push({ problem, record, model, version });
    else writePrediction(rows, parsed.value, record);
  }
  const { batch, dead } = pass;
  return dealPredictions({ batch, rows, rejected, emptyCount: 0, dead }, targets, into.columns);
}

function decodeOutcomes(pass: Pass, targets: readonly JoinTarget[]): readonly SideBatch[] {
  const limits = loosestLimits(targets);
  const rejected: Rejected[] = [];
  const rows: OutcomeRow[] = [];
  for (const [record, raw] of pass.batch.records.entries()) {
    const read = readRecord(raw, { ...limits, format: pass.topic.format, readers: pass.readers });
    if (!read.ok) {
      rejected.push({ problem: read.problem, record, model: null, version: null });
      continue;
    }
    const parsed = parseOutcome(read.value, limits);
    if (!parsed.ok) {
      rejected.push(rejectedOf(read.value, parsed, record));
      continue;
    }
    const { model, requestId } = parsed.value;
    const problem = limits.needsKey ? keyProblem(raw.key, requestId) : null;
    if (problem !== null) rejected.push({ problem, record, model, version: null });
    else rows.push({ outcome: parsed.value, record });
  }
  return dealOutcomes({ ...pass, rows, rejected, emptyCount: 0 }, targets);
}

interface LoosestLimits extends RecordLimits {
  readonly sizeMax: number;
  /** Keys matter where there is more than one partition. */
  readonly needsKey: boolean;
}

/** What no target accepts is not looked at; each has its own limits afterwards. */
function loosestLimits(targets: readonly JoinTarget[]): LoosestLimits {
  const limits = targets.map(({ plan }) => plan.limits);
  return {
    sizeMax: Math.max(...limits.map(({ recordSizeMaxBytes }) => recordSizeMaxBytes)),
    requestIdLengthMax: Math.max(...limits.map(({ requestIdLengthMax }) => requestIdLengthMax)),
    needsKey: targets.some(({ partitionCount }) => partitionCount > 1),
  };
}

/** Every field that has a column in some rollout: those are never crowded out. */
function* watchedFields(targets: readonly ReadingTarget[]): Iterable<Field> {
  for (const { target } of targets) {
    yield* target.schema.layout.numbers;
    yield* target.schema.layout.categories;
  }
}

function rejectedOf(value: unknown, problem: Rejection, record: number): Rejected {
  const { reason, field, detail } = problem;
  const { model = null, version = null } = isJsonRecord(value) ? value : {};
  return {
    problem: { reason, field, detail },
    record,
    model: typeof model === 'string' ? model : null,
    version: typeof version === 'string' ? version : null,
  };
}
