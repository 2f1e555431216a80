import type avro from 'avsc';
import type { ByteReader } from './byte-reader.ts';
import { type Physical, physicalOf } from './schema-type.ts';

/** Reads one value of a type as plain data: records and maps as objects, bytes as such. */
export type ValueReader = (reader: ByteReader) => unknown;

/** Values within values: what lies deeper fails. */
const DEPTH_MAX = 64;
/** Reading fails by a flag of the reader; this stands for the value that was not read. */
const NOTHING = null;

/**
 * The reader of a type, compiled once. Unlike avsc's own it takes whole numbers of 64 bits as
 * numbers (infinite where no double holds them), unwraps every union, and never throws.
 */
export function compileValueReader(type: avro.Type): ValueReader {
  const known = new Map<avro.Type, ValueReader>();
  let depth = 0;
  const readerOf = (inner: avro.Type): ValueReader => {
    const ready = known.get(inner);
    if (ready !== undefined) return ready;
    let compiled: ValueReader = readNothing;
    // A record may hold itself: its reader is known before it is complete.
    known.set(inner, (reader) => compiled(reader));
    const read = compile(physicalOf(inner), readerOf);
    compiled = (reader) => {
      depth += 1;
      if (depth > DEPTH_MAX) reader.failed = true;
      const value = reader.failed ? NOTHING : read(reader);
      depth -= 1;
      return value;
    };
    return compiled;
  };
  return readerOf(type);
}

function compile(physical: Physical, readerOf: (type: avro.Type) => ValueReader): ValueReader {
  const { kind, shape } = physical;
  switch (kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return (reader) => reader.boolean();
    case 'int':
    case 'long':
      return longReader(physical.divisor);
    case 'float':
      return (reader) => reader.float();
    case 'double':
      return (reader) => reader.double();
    case 'string':
      return readText;
    case 'bytes':
    case 'fixed':
      return bytesReader(physical);
    case 'enum':
      return enumReader(shape.symbols ?? []);
    case 'union':
      return unionReader((shape.types ?? []).map(readerOf));
    case 'array':
      return listReader(
        (shape.itemsType === undefined ? undefined : readerOf(shape.itemsType)) ?? readText,
      );
    case 'map':
      return mapReader(
        (shape.valuesType === undefined ? undefined : readerOf(shape.valuesType)) ?? readText,
      );
    default:
      return recordReader(
        (shape.fields ?? []).map(({ name, type }) => ({ name, read: readerOf(type) })),
      );
  }
}

function readNothing(): unknown {
  return NOTHING;
}

function readText(reader: ByteReader): string {
  reader.range();
  return reader.text();
}

function longReader(divisor: number): ValueReader {
  return divisor === 1 ? (reader) => reader.long() : (reader) => reader.long() / divisor;
}

function bytesReader({ kind, shape, decimals }: Physical): ValueReader {
  const size = shape.size ?? 0;
  return (reader) => {
    if (kind === 'bytes') reader.range();
    else {
      reader.from = reader.at;
      reader.skip(size);
      reader.to = reader.at;
    }
    if (reader.failed) return NOTHING;
    const bytes = reader.bytes.slice(reader.from, reader.to);
    return decimals === null ? bytes : decimalOf(bytes) / 10 ** decimals;
  };
}

/** A whole number in two's complement, highest byte first; bytes of none are 0. */
function decimalOf(bytes: Uint8Array): number {
  let value = (bytes[0] ?? 0) > 127 ? -1 : 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

function enumReader(symbols: readonly string[]): ValueReader {
  return (reader) => {
    const symbol = symbols[reader.long()];
    if (symbol === undefined) reader.failed = true;
    return symbol ?? NOTHING;
  };
}

function unionReader(branches: readonly ValueReader[]): ValueReader {
  return (reader) => {
    const read = branches[reader.long()];
    if (read !== undefined) return read(reader);
    reader.failed = true;
    return NOTHING;
  };
}

function listReader(read: ValueReader): ValueReader {
  return (reader) => {
    const list: unknown[] = [];
    for (let left = reader.block(); left > 0; left = reader.block()) {
      for (let i = 0; i < left && !reader.failed; i += 1) list.push(read(reader));
    }
    return list;
  };
}

function mapReader(read: ValueReader): ValueReader {
  return (reader) => {
    const map: Record<string, unknown> = {};
    for (let left = reader.block(); left > 0; left = reader.block()) {
      for (let i = 0; i < left && !reader.failed; i += 1)
        setOwn(map, readText(reader), read(reader));
    }
    return map;
  };
}

function recordReader(
  fields: readonly { readonly name: string; readonly read: ValueReader }[],
): ValueReader {
  return (reader) => {
    const record: Record<string, unknown> = {};
    for (const { name, read } of fields) {
      if (reader.failed) return NOTHING;
      setOwn(record, name, read(reader));
    }
    return record;
  };
}

/** `__proto__` is a key like any other here. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, configurable: true });
}
