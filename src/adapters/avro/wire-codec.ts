import type avro from 'avsc';
import { assert } from '../../core/foundation/assert.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { compileCheck, type ValueCheck } from './check-value.ts';
import { ByteReader } from './decode/byte-reader.ts';
import { avroType, type SchemaName, schemaText, typeOfSchema } from './schema-file.ts';

/** One kind of record in Confluent's wire format: a zero byte, the id of its schema in 4 bytes, Avro. */
export interface WireCodec<T> {
  /** Rejects with `registry_unavailable` or `registry_refused` as long as the schema has no id. */
  readonly encode: (record: T) => Promise<Uint8Array>;
  /** Rejects with `undecodable`, or `registry_unavailable` for a schema that was not seen before. */
  readonly decode: (bytes: Uint8Array) => Promise<T>;
}

export interface WireCodecOptions<T> {
  readonly registry: SchemaRegistrar;
  /** `<topic>-value`, as Confluent's clients name it. */
  readonly subject: string;
  readonly schema: SchemaName;
  /** The record as Avro has it, and back. */
  readonly toWire: (record: T) => unknown;
  readonly fromWire: (wire: unknown) => T;
}

const HEADER_BYTES = 5;

/** Writes with our newest schema; reads what any of its versions wrote, each resolved once. */
export function wireCodec<T>(options: WireCodecOptions<T>): WireCodec<T> {
  const { registry, subject, schema, toWire, fromWire } = options;
  const type = avroType(schema);
  const write = bodyWriter(type);
  const ownId = remembered(async () => await registry.idOf(subject, schemaText(schema)));
  const writerOf = remembered(async (id: number) => await readWriter(options, type, id));
  const reader = new ByteReader();
  return {
    async encode(record) {
      // The body first: what cannot be written fails with or without a registry.
      const bytes = write(toWire(record));
      bytes.writeUInt32BE(await ownId(0), 1);
      return bytes;
    },
    async decode(bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (buffer.length < HEADER_BYTES || buffer[0] !== 0)
        throw undecodable(schema, 'it does not begin with a zero byte and a schema id');
      const id = buffer.readUInt32BE(1);
      const { check, resolver } = await writerOf(id);
      reader.open(buffer, HEADER_BYTES);
      check(reader);
      if (!reader.isDone())
        throw undecodable(schema, `schema ${id}: its bytes are cut or too many`);
      try {
        const { value } = type.decode(buffer, HEADER_BYTES, resolver ?? undefined);
        return fromWire(value);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw undecodable(schema, `schema ${id}: ${why}`, cause);
      }
    },
  };
}

/** Encodes behind room for the header. The scratch buffer grows to the longest message and is kept. */
function bodyWriter(type: avro.Type): (value: unknown) => Buffer {
  let scratch = Buffer.alloc(16_384);
  return (value) => {
    let end = type.encode(value, scratch, HEADER_BYTES);
    if (end < 0) {
      scratch = Buffer.alloc(2 * (scratch.length - end));
      end = type.encode(value, scratch, HEADER_BYTES);
    }
    assert(end >= HEADER_BYTES, 'a message fits the buffer that was made for it');
    return Buffer.from(scratch.subarray(0, end));
  };
}

/** How bytes of one schema are read. */
interface Writer {
  readonly check: ValueCheck;
  /** Null: it is the schema that we have. */
  readonly resolver: avro.Resolver | null;
}

async function readWriter(
  { registry, schema }: Pick<WireCodecOptions<never>, 'registry' | 'schema'>,
  reader: avro.Type,
  id: number,
): Promise<Writer> {
  const known = await registry.schemaOf(id);
  if (known.kind === 'unknown') throw undecodable(schema, `schema ${id}: ${known.detail}`);
  try {
    const writer = typeOfSchema(known.text);
    const resolver = reader.equals(writer) ? null : reader.createResolver(writer);
    return { check: compileCheck(writer), resolver };
  } catch (cause) {
    throw undecodable(schema, `schema ${id} is not a version of it`, cause);
  }
}

function undecodable(what: string, why: string, cause?: unknown): CoalmineError {
  return new CoalmineError('undecodable', `a ${what} does not decode: ${why}`, { cause });
}

/** Answers are kept by key; a failure is forgotten, so that the next caller asks again. */
function remembered<T>(ask: (key: number) => Promise<T>): (key: number) => Promise<T> {
  const answers = new Map<number, Promise<T>>();
  return async (key) => {
    const known = answers.get(key);
    if (known !== undefined) return await known;
    const asked = ask(key);
    answers.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      answers.delete(key);
      throw error;
    }
  };
}
