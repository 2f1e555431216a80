import { readRecord } from '../adapters/avro/decode/record-value.ts';
import { SchemaReaders } from '../adapters/avro/decode/schema-readers.ts';
import { wireCodec } from '../adapters/avro/wire-codec.ts';
import { ARM_VERSION, compileFieldMap } from '../core/events/field-map-compile.ts';
import { isJsonRecord, type Parsed } from '../core/events/parse-field.ts';
import { parsePrediction } from '../core/events/parse-prediction.ts';
import type { Prediction } from '../core/events/prediction.ts';
import { predictionRecord } from '../core/events/prediction-record.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { PredictionReader } from '../pipeline/shadow/ports.ts';
import type { RawRecord, SchemaRegistrar, SchemaSource } from '../pipeline/stream/ports.ts';
import type { InputTopic } from './service/service-config.ts';

export interface ReaderLimits {
  readonly messageBytesMax: number;
  readonly schemaCountMax: number;
  readonly requestIdLengthMax: number;
}

const decoder = new TextDecoder();

/**
 * Reads logged predictions whole, as they were logged: what privacy rules would drop, the canary
 * must be asked with.
 *
 * @throws CoalmineError `config_invalid` for a field map with problems
 */
export function predictionReader(
  input: Pick<InputTopic, 'topic' | 'format' | 'fieldMap'>,
  registry: SchemaSource,
  options: ReaderLimits & { readonly currentVersion: string },
): PredictionReader {
  const compiled = compileFieldMap(input.fieldMap);
  if (!compiled.ok) {
    const hints = compiled.problems.map(({ at, detail }) => `${at}: ${detail}`);
    const message = `the field map of topic '${input.topic}' has problems`;
    throw new CoalmineError('config_invalid', message, { hints });
  }
  const { map } = compiled.fieldMap;
  const schemas = new SchemaReaders(registry, options.schemaCountMax);
  const parse = (value: unknown): Parsed<Prediction> =>
    parsePrediction(withVersion(value, options.currentVersion), options);
  return {
    async read(batch) {
      const readers = await schemas.forBatch(batch);
      const format = { format: input.format, sizeMax: options.messageBytesMax, readers };
      return batch.records.map((record) => {
        const read = readRecord(record, format);
        const mapped = read.ok ? map(sourceOf(record, read.value)) : read;
        const parsed = mapped.ok ? allOf(mapped.values.map(parse)) : mapped.problem;
        if (!('reason' in parsed)) return { record, parsed };
        return { record, parsed: { ...parsed, ok: false } };
      });
    },
  };
}

function sourceOf(record: RawRecord, value: unknown) {
  const key = record.key === null ? null : decoder.decode(record.key);
  return { record: value, key, headers: record.headers, recordTimeMs: record.timestampMs };
}

/** The first problem, or all of them. */
function allOf(rows: readonly Parsed<Prediction>[]): Parsed<readonly Prediction[]> {
  const values: Prediction[] = [];
  for (const row of rows) {
    if (!row.ok) return row;
    values.push(row.value);
  }
  return { ok: true, value: values };
}

/** A record that holds both arms need not name their versions. */
function withVersion(value: unknown, currentVersion: string): unknown {
  const isUnnamed = isJsonRecord(value) && value['version'] === ARM_VERSION.current;
  return isUnnamed ? { ...value, version: currentVersion } : value;
}

/**
 * Encodes the canary's predictions for its topic, in the fields of the contract. What the rules of
 * the other topic drop is not written a second time.
 */
export function predictionEncoder(
  { topic, format }: Pick<InputTopic, 'topic' | 'format'>,
  isDropped: (name: string) => boolean,
  registry: SchemaRegistrar,
): (prediction: Prediction) => Promise<Uint8Array> {
  const toWire = (prediction: Prediction) => contractOf(prediction, isDropped);
  if (format === 'json') {
    const encoder = new TextEncoder();
    return (prediction) => Promise.resolve(encoder.encode(JSON.stringify(toWire(prediction))));
  }
  const codec = wireCodec<Prediction>({
    registry,
    subject: `${topic}-value`,
    schema: 'Prediction',
    toWire,
    fromWire: () => {
      throw new CoalmineError('undecodable', 'predictions are only written here');
    },
  });
  return codec.encode;
}

/** A prediction by the names of `schemas/Prediction.avsc`. */
function contractOf(
  prediction: Prediction,
  isDropped: (name: string) => boolean,
): Readonly<Record<string, unknown>> {
  const kept = (prefix: string, values: Prediction['features']) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !isDropped(`${prefix}.${name}`)));
  const context = kept('context', prediction.context);
  return {
    ...predictionRecord(prediction),
    unit_id: isDropped('unit_id') ? null : prediction.unitId,
    served: prediction.served ?? true,
    features: kept('feature', prediction.features),
    context: Object.keys(context).length === 0 ? null : context,
  };
}
