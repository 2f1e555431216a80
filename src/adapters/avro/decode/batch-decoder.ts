import type { Field } from '../../../core/events/field.ts';
import { isJsonRecord, type Rejection } from '../../../core/events/parse-field.ts';
import { parseOutcome } from '../../../core/events/parse-outcome.ts';
import { parsePrediction, type RecordLimits } from '../../../core/events/parse-prediction.ts';
import type { HashText } from '../../../core/events/privacy.ts';
import type {
  BatchDecoder,
  JoinTarget,
  RawBatch,
  RawRecord,
  SchemaSource,
  SideBatch,
} from '../../../pipeline/stream/ports.ts';
import { dealPredictions } from './deal-predictions.ts';
import { Interner } from './interner.ts';
import { dealOutcomes, type OutcomeRow } from './outcomes.ts';
import { PredictionRows } from './prediction-rows.ts';
import { DeadRecords, type Rejected } from './problems.ts';
import type { Program } from './program.ts';
import { keyProblem } from './record-key.ts';
import { readRecord } from './record-value.ts';
import { ProgramRunner } from './run-program.ts';
import { type FoundReader, SchemaReaders, schemaIdOf } from './schema-readers.ts';
import { SideColumns } from './side-columns.ts';
import { outcomeTargets, predictionTargets, type ReadingTarget } from './sides.ts';
import { type DecodedTopic, TopicReader } from './topic-reader.ts';
import { writePrediction } from './write-prediction.ts';

/** What a decoder is made of. */
export interface BatchDecoderOptions {
  readonly topics: readonly DecodedTopic[];
  readonly schemas: SchemaSource;
  /** Compiled readers that are kept, and ids that are known to be unknown. */
  readonly schemaCountMax: number;
  /** The keyed hash of `privacy.hash`; null when no topic hashes. */
  readonly hashText: HashText | null;
}

/**
 * A decoder that reads what the topics' writers wrote. Topics that are not named hold our own schemas.
 * Throws `config_invalid` for a field map or privacy rules that cannot be meant.
 */
export function createBatchDecoder(options: BatchDecoderOptions): BatchDecoder {
  const interner = new Interner();
  const rows = new PredictionRows(interner);
  const tools = { rows, runner: new ProgramRunner(rows), columns: new SideColumns(interner) };
  const readers = new SchemaReaders(options.schemas, options.schemaCountMax);
  const readerOf = (topic: DecodedTopic): TopicReader =>
    new TopicReader(topic, rows.values, options.hashText);
  const topics = new Map(options.topics.map((topic) => [topic.topic, readerOf(topic)]));
  const ours = readerOf(OURS);
  return {
    async decode(batch, targets) {
      const topic = topics.get(batch.topic) ?? ours;
      const found = await readers.forBatch(batch);
      const dead = new DeadRecords(batch, topic.keepsPayload);
      const pass = { batch, topic, readers: found, dead };
      interner.tidy();
      const sides: SideBatch[] = [];
      const arms = predictionTargets(batch.topic, targets);
      if (arms.length > 0) sides.push(...decodePredictions(pass, arms, tools));
      const outcomes = outcomeTargets(batch.topic, targets);
      if (outcomes.length > 0) sides.push(...decodeOutcomes(pass, outcomes));
      return { sides, dead: dead.list() };
    },
  };
}

const OURS: DecodedTopic = {
  topic: '',
  format: 'avro',
  fieldMap: null,
  privacy: { drop: [], hash: [], keep: null, keepDeadLetterPayload: false },
};

/** One batch on its way through the decoder. */
interface Pass {
  readonly batch: RawBatch;
  readonly topic: TopicReader;
  readonly readers: ReadonlyMap<number, FoundReader>;
  readonly dead: DeadRecords;
}

/** What is used again for every batch. */
interface Tools {
  readonly rows: PredictionRows;
  readonly runner: ProgramRunner;
  readonly columns: SideColumns;
}

function decodePredictions(
  pass: Pass,
  targets: readonly ReadingTarget[],
  { rows, runner, columns }: Tools,
): readonly SideBatch[] {
  const { batch, topic, dead } = pass;
  const limits = loosestLimits(targets.map(({ target }) => target));
  const rejected: Rejected[] = [];
  let emptyCount = 0;
  rows.begin(watchedFields(targets), mostRankedItems(targets));
  runner.begin({ ...limits, constants: topic.destinations?.constants ?? [] });
  for (const [record, raw] of batch.records.entries()) {
    const program = programOf(pass, raw, limits.sizeMax);
    if (program !== null && runner.run(program, raw, record)) continue;
    const values = valuesOf(pass, limits, { raw, record, rejected });
    if (values?.length === 0) emptyCount += 1;
    for (const value of values ?? []) {
      const parsed = parsePrediction(value, limits);
      if (!parsed.ok) {
        rejected.push(rejectedOf(value, parsed, record));
        continue;
      }
      const { model, version, requestId } = parsed.value;
      const problem = limits.needsKey ? keyProblem(raw.key, requestId) : null;
      if (problem !== null) rejected.push({ problem, record, model, version });
      else writePrediction(rows, parsed.value, record);
    }
  }
  return dealPredictions({ batch, rows, rejected, emptyCount, dead }, targets, columns);
}

/** The program that reads a record; null when it is to be read whole, or cannot be read. */
function programOf(
  { topic, readers }: Pass,
  { value }: RawRecord,
  sizeMax: number,
): Program | null {
  if (topic.format === 'json' || value === null || value.length > sizeMax) return null;
  const id = schemaIdOf(value);
  const reader = id === null ? undefined : readers.get(id);
  return reader === undefined || 'unknown' in reader ? null : topic.programOf(reader);
}

/** What a record holds, in the form of the contract; one that cannot be read at all is rejected. */
function valuesOf(
  { topic, readers }: Pass,
  { sizeMax }: LoosestLimits,
  {
    raw,
    record,
    rejected,
  }: { readonly raw: RawRecord; readonly record: number; readonly rejected: Rejected[] },
): readonly unknown[] | null {
  const read = readRecord(raw, { sizeMax, format: topic.format, readers });
  const mapped = read.ok ? topic.map(read.value, raw) : read;
  if (mapped.ok) return mapped.values;
  rejected.push({ problem: mapped.problem, record, model: null, version: null });
  return null;
}

function decodeOutcomes(pass: Pass, targets: readonly JoinTarget[]): readonly SideBatch[] {
  const limits = loosestLimits(targets);
  const rejected: Rejected[] = [];
  const rows: OutcomeRow[] = [];
  let emptyCount = 0;
  for (const [record, raw] of pass.batch.records.entries()) {
    const values = valuesOf(pass, limits, { raw, record, rejected });
    if (values?.length === 0) emptyCount += 1;
    for (const value of values ?? []) {
      const parsed = parseOutcome(value, limits);
      if (!parsed.ok) {
        rejected.push(rejectedOf(value, parsed, record));
        continue;
      }
      const { model, requestId } = parsed.value;
      const problem = limits.needsKey ? keyProblem(raw.key, requestId) : null;
      if (problem !== null) rejected.push({ problem, record, model, version: null });
      else rows.push({ outcome: parsed.value, record });
    }
  }
  return dealOutcomes({ ...pass, rows, rejected, emptyCount }, targets);
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

function mostRankedItems(targets: readonly ReadingTarget[]): number {
  return Math.max(0, ...targets.map(({ target }) => target.schema.rankedItemCount));
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
