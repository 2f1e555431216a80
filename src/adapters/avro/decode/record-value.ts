import { parseJsonText } from '../../../core/events/json-text.ts';
import type { RawRecord } from '../../../pipeline/stream/ports.ts';
import { ByteReader } from './byte-reader.ts';
import { type Problem, tooLargeProblem } from './problems.ts';
import { type FoundReader, HEADER_LENGTH, schemaIdOf } from './schema-readers.ts';

/** What came of reading a record's value as plain data. */
export type ReadValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** How the values of a batch are read. */
export interface ValueFormat {
  readonly format: 'avro' | 'json';
  readonly sizeMax: number;
  readonly readers: ReadonlyMap<number, FoundReader>;
}

const decoder = new TextDecoder();
const reader = new ByteReader();

/** The value of a record, be it Avro or JSON. */
export function readRecord({ value }: RawRecord, format: ValueFormat): ReadValue {
  if (value === null) return failed('tombstone', 'the record has no value');
  if (value.length > format.sizeMax)
    return { ok: false, problem: tooLargeProblem(value.length, format.sizeMax) };
  const isAvro = format.format === 'avro' && value[0] === 0;
  return isAvro ? readAvro(value, format) : readJson(value);
}

function readAvro(value: Uint8Array, { readers }: ValueFormat): ReadValue {
  const id = schemaIdOf(value);
  if (id === null) {
    const detail = `the value has ${value.length} bytes, less than a schema id takes`;
    return failed('undecodable', detail);
  }
  const found = readers.get(id);
  if (found === undefined || 'unknown' in found)
    return failed('unknown_schema', found?.unknown ?? `the registry has no schema ${id}`);
  reader.open(value, HEADER_LENGTH);
  const read = found.readValue(reader);
  if (reader.isDone()) return { ok: true, value: read };
  const detail = reader.failed
    ? `the bytes end early, or are not of schema ${id}`
    : `${reader.end - reader.at} bytes are left behind a value of schema ${id}`;
  return failed('undecodable', detail);
}

function readJson(value: Uint8Array): ReadValue {
  const json = parseJsonText(decoder.decode(value));
  return json.ok ? json : failed('not_json', json.detail);
}

function failed(reason: Problem['reason'], detail: string): ReadValue {
  return { ok: false, problem: { reason, field: null, detail } };
}
