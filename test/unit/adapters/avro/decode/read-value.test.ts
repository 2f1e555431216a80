import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../../../src/adapters/avro/decode/byte-reader.ts';
import { compileValueReader } from '../../../../../src/adapters/avro/decode/read-value.ts';
import { typeOf } from '../../../../../src/adapters/avro/decode/schema-type.ts';

/** Every kind of type, some within others. */
const EVERYTHING = {
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'int', type: 'int' },
    { name: 'long', type: 'long' },
    { name: 'float', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'text', type: 'string' },
    { name: 'bytes', type: 'bytes' },
    { name: 'two', type: { type: 'fixed', name: 'Two', size: 2 } },
    { name: 'color', type: { type: 'enum', name: 'Color', symbols: ['red', 'green'] } },
    { name: 'list', type: { type: 'array', items: ['null', 'string'] } },
    { name: 'map', type: { type: 'map', values: { type: 'array', items: 'int' } } },
    {
      name: 'chain',
      type: [
        'null',
        { type: 'record', name: 'Chain', fields: [{ name: 'next', type: ['null', 'Chain'] }] },
      ],
    },
  ],
} as const;
const WRITER = avro.Type.forSchema(JSON.parse(JSON.stringify(EVERYTHING)));

const everything = fc.record({
  flag: fc.boolean(),
  int: fc.integer(),
  long: fc.maxSafeInteger().filter((n) => Math.abs(n) < 2 ** 52),
  float: fc.float(),
  double: fc.double(),
  text: fc.string({ unit: 'binary' }),
  bytes: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  two: fc.uint8Array({ minLength: 2, maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
  color: fc.constantFrom('red', 'green'),
  list: fc.array(fc.option(fc.string(), { nil: null }), { maxLength: 4 }),
  map: fc.dictionary(
    fc.string({ maxLength: 4 }),
    fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
    {
      maxKeys: 3,
    },
  ),
  chain: fc.constantFrom(null, { next: null }, { next: { next: { next: null } } }),
});

/** What a reader made of bytes that lie in the middle of others, and whether that was all of them. */
function read(schema: unknown, bytes: Uint8Array): { value: unknown; isDone: boolean } {
  const around = Buffer.concat([Buffer.of(1, 2, 3), bytes, Buffer.of(4, 5)]);
  const reader = new ByteReader();
  reader.open(around.subarray(3, 3 + bytes.length), 0);
  const value = compileValueReader(typeOf(JSON.stringify(schema)))(reader);
  return { value, isDone: reader.isDone() };
}

function longBytes(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

describe('reading Avro', () => {
  it('gives what avsc wrote', () => {
    fc.assert(
      fc.property(everything, (value) => {
        const { value: found, isDone } = read(EVERYTHING, WRITER.toBuffer(value));
        expect(isDone).toBe(true);
        const plain = {
          ...value,
          bytes: new Uint8Array(value.bytes),
          two: new Uint8Array(value.two),
        };
        expect(found).toEqual({ ...plain, text: value.text.toWellFormed() });
      }),
    );
  });

  it('notices every cut, and every byte too many', () => {
    fc.assert(
      fc.property(everything, fc.nat(), (value, cut) => {
        const bytes = WRITER.toBuffer(value);
        expect(read(EVERYTHING, bytes.subarray(0, cut % bytes.length)).isDone).toBe(false);
        expect(read(EVERYTHING, Buffer.concat([bytes, Buffer.of(0)])).isDone).toBe(false);
      }),
    );
  });

  it('ends on any bytes, without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const schemas = [
          EVERYTHING,
          { type: 'array', items: 'null' },
          { type: 'map', values: 'null' },
        ];
        for (const schema of schemas) expect(() => read(schema, bytes)).not.toThrow();
      }),
    );
  });

  it('gives whole numbers of 64 bits, and an infinity where no double holds them', () => {
    const limits = [0n, -1n, 2n ** 31n, -(2n ** 40n), 2n ** 53n - 1n, -(2n ** 53n) + 1n];
    for (const one of limits) expect(read('long', longBytes(one)).value).toBe(Number(one));
    for (const one of [2n ** 53n, 2n ** 63n - 1n])
      expect(read('long', longBytes(one)).value).toBe(Infinity);
    for (const one of [-(2n ** 53n), -(2n ** 63n)])
      expect(read('long', longBytes(one)).value).toBe(-Infinity);
    expect(read('long', new Uint8Array(11).fill(255)).isDone).toBe(false);
  });

  it('gives times in ms, whatever their unit, and decimals as numbers', () => {
    const at = 1_000_000_000_123_456n;
    const long = (logicalType: string) => ({ type: 'long', logicalType });
    expect(read(long('timestamp-millis'), longBytes(1234n)).value).toBe(1234);
    expect(read(long('timestamp-micros'), longBytes(at)).value).toBeCloseTo(
      1_000_000_000_123.456,
      3,
    );
    expect(read(long('local-timestamp-micros'), longBytes(5000n)).value).toBe(5);
    expect(read(long('timestamp-nanos'), longBytes(5_000_000n)).value).toBeCloseTo(5, 9);
    // A ms in micros is that ms again: 1e-3 times as much would now and then be a little less.
    for (let ms = 986_947_200_000; ms < 986_947_200_500; ms += 1)
      expect(read(long('timestamp-micros'), longBytes(BigInt(ms) * 1000n)).value).toBe(ms);
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 };
    expect(read(decimal, Buffer.of(4, 0x04, 0xd2)).value).toBe(12.34);
    expect(read(decimal, Buffer.of(2, 0xff)).value).toBe(-0.01);
    expect(read(decimal, Buffer.of(0)).value).toBe(0);
  });

  it('unwraps unions of any branches, and fails on a branch that there is not', () => {
    const union = ['null', 'int', 'double', 'string'];
    expect(read(union, Buffer.of(0)).value).toBeNull();
    expect(read(union, Buffer.of(2, 6)).value).toBe(3);
    expect(read(union, Buffer.of(6, 2, 97)).value).toBe('a');
    expect(read(union, Buffer.of(8)).isDone).toBe(false);
    expect(read(union, Buffer.of(1)).isDone).toBe(false);
  });

  it('does not follow a record into itself for ever', () => {
    const deep = Buffer.from([...Array.from({ length: 200 }, () => 2), 0]);
    const chain = EVERYTHING.fields[11].type;
    expect(read(chain, deep).isDone).toBe(false);
    expect(read(chain, Buffer.of(2, 2, 0))).toEqual({
      value: { next: { next: null } },
      isDone: true,
    });
  });

  it('takes __proto__ for a key like any other', () => {
    const bytes = Buffer.concat([Buffer.of(2, 18), Buffer.from('__proto__'), Buffer.of(2, 0)]);
    const { value } = read({ type: 'map', values: 'int' }, bytes);
    expect(Object.entries(value ?? {})).toEqual([['__proto__', 1]]);
  });

  it('reads a schema that refers to others by name', () => {
    const inner =
      '{"type":"record","name":"Inner","namespace":"x","fields":[{"name":"n","type":"int"}]}';
    const outer = '{"type":"record","name":"Outer","fields":[{"name":"inner","type":"x.Inner"}]}';
    const reader = new ByteReader();
    reader.open(Buffer.of(8), 0);
    expect(compileValueReader(typeOf(outer, [inner]))(reader)).toEqual({ inner: { n: 4 } });
  });
});
