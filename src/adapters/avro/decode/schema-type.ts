import avro from 'avsc';

/** What is used of the types that avsc makes of a schema: each kind has some of these. */
interface TypeShape {
  readonly typeName: string;
  readonly fields?: readonly { readonly name: string; readonly type: avro.Type }[];
  readonly types?: readonly avro.Type[];
  readonly valuesType?: avro.Type;
  readonly itemsType?: avro.Type;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly underlyingType?: avro.Type;
  readonly scale?: number;
}

/** A logical type, with the one attribute that its numbers need. Values are read by us, not through it. */
class KeptLogicalType extends avro.types.LogicalType {
  readonly scale: number;

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options);
    const { scale } = schema as { readonly scale?: unknown };
    this.scale = typeof scale === 'number' ? scale : 0;
  }

  protected override _fromValue(value: unknown): unknown {
    return value;
  }

  protected override _toValue(value: unknown): unknown {
    return value;
  }
}

/** Logical types that change what a number means. */
const LOGICAL_TYPES = [
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-micros',
  'local-timestamp-nanos',
  'decimal',
];

/** The type of a schema and of those that it names. Throws what avsc throws when it is not Avro. */
export function typeOf(text: string, named: readonly string[] = []): avro.Type {
  const options = {
    registry: {},
    wrapUnions: true,
    logicalTypes: Object.fromEntries(LOGICAL_TYPES.map((name) => [name, KeptLogicalType])),
  };
  for (const other of named) avro.Type.forSchema(jsonOf(other), options);
  return avro.Type.forSchema(jsonOf(text), options);
}

function jsonOf(text: string): avro.Schema {
  return JSON.parse(text);
}

/** A type of avsc, as far as its kind has these. */
export function shapeOf(type: avro.Type): TypeShape {
  return type;
}

/** A type as it is read: its kind on the wire, and what its numbers are divided by. */
export interface Physical {
  readonly kind: string;
  readonly shape: TypeShape;
  /** Units in a ms where the numbers are a finer unit of time; 1 for all else. */
  readonly divisor: number;
  /** Digits behind the point of a decimal; null for all else. */
  readonly decimals: number | null;
}

/** What a type is on the wire: `null`, `boolean`, `int`, `long`, `float`, `double`, `bytes`, `string`, `fixed`, `enum`, `union`, `record`, `map`, `array`. */
export function physicalOf(type: avro.Type): Physical {
  const shape = shapeOf(type);
  const { typeName } = shape;
  if (!typeName.startsWith('logical:') || shape.underlyingType === undefined) {
    const kind = typeName === 'error' ? 'record' : (typeName.split(':')[0] ?? typeName);
    return { kind, shape, divisor: 1, decimals: null };
  }
  const under = shapeOf(shape.underlyingType);
  const divisor = typeName.endsWith('micros') ? 1e3 : typeName.endsWith('nanos') ? 1e6 : 1;
  const decimals = typeName === 'logical:decimal' ? (shape.scale ?? 0) : null;
  return { kind: under.typeName, shape: under, divisor, decimals };
}
