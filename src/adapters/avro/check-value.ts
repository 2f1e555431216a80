import type avro from 'avsc';
import type { ByteReader } from './decode/byte-reader.ts';
import { type Physical, physicalOf } from './decode/schema-type.ts';

/** Walks over a value and makes nothing of it; whether it is one, the reader says. */
export type ValueCheck = (reader: ByteReader) => void;

/** Values within values: what lies deeper fails. */
const DEPTH_MAX = 64;

/**
 * The check of a type, compiled once. avsc believes the lengths that it reads: a few wrong bytes
 * would have it make a list of a billion entries, so bytes are walked over before they are read.
 */
export function compileCheck(type: avro.Type): ValueCheck {
  const known = new Map<avro.Type, ValueCheck>();
  let depth = 0;
  const checkOf = (inner: avro.Type | undefined): ValueCheck => {
    if (inner === undefined) return fail;
    const ready = known.get(inner);
    if (ready !== undefined) return ready;
    let compiled: ValueCheck = fail;
    // A record may hold itself: its check is known before it is complete.
    known.set(inner, (reader) => {
      depth += 1;
      if (depth > DEPTH_MAX) reader.failed = true;
      if (!reader.failed) compiled(reader);
      depth -= 1;
    });
    compiled = compile(physicalOf(inner), checkOf);
    return compiled;
  };
  return checkOf(type);
}

function compile(
  { kind, shape }: Physical,
  checkOf: (type: avro.Type | undefined) => ValueCheck,
): ValueCheck {
  switch (kind) {
    case 'null':
      return () => {};
    case 'boolean':
      return skipping(1);
    case 'float':
      return skipping(4);
    case 'double':
      return skipping(8);
    case 'fixed':
      return skipping(shape.size ?? 0);
    case 'int':
    case 'long':
    case 'enum':
      return (reader) => void reader.long();
    case 'string':
    case 'bytes':
      return (reader) => reader.range();
    case 'union':
      return unionCheck((shape.types ?? []).map(checkOf));
    case 'array':
      return isLong(shape.itemsType) ? blocksOfLongs : blocksOf(checkOf(shape.itemsType));
    case 'map':
      return blocksOf(inTurn([(reader) => reader.range(), checkOf(shape.valuesType)]));
    default:
      return inTurn((shape.fields ?? []).map((field) => checkOf(field.type)));
  }
}

function skipping(count: number): ValueCheck {
  return (reader) => reader.skip(count);
}

function inTurn(checks: readonly ValueCheck[]): ValueCheck {
  return (reader) => {
    for (const check of checks) check(reader);
  };
}

function unionCheck(branches: readonly ValueCheck[]): ValueCheck {
  return (reader) => {
    const check = branches[reader.long()] ?? fail;
    check(reader);
  };
}

function blocksOf(item: ValueCheck): ValueCheck {
  return (reader) => {
    for (let count = reader.block(); count > 0; count = reader.block()) {
      for (let i = 0; i < count && !reader.failed; i++) item(reader);
      if (reader.failed) return;
    }
  };
}

function isLong(type: avro.Type | undefined): boolean {
  return type !== undefined && ['int', 'long'].includes(physicalOf(type).kind);
}

/** Most bytes of a message are such lists: only the last byte of a number is below 128. */
function blocksOfLongs(reader: ByteReader): void {
  const { bytes, end } = reader;
  for (let count = reader.block(); count > 0; count = reader.block()) {
    let { at } = reader;
    while (count > 0 && at < end) {
      if ((bytes[at] ?? 0) < 128) count -= 1;
      at += 1;
    }
    reader.at = at;
    if (count > 0) reader.failed = true;
  }
}

function fail(reader: ByteReader): void {
  reader.failed = true;
}
