import type avro from 'avsc';
import type { FieldRole } from '../../../core/events/field.ts';
import { type Destination, type Destinations, type Place, REGISTERS } from './destinations.ts';
import type { KeyColumns } from './key-columns.ts';
import { compileValueReader, type ValueReader } from './read-value.ts';
import { type Physical, physicalOf } from './schema-type.ts';
import type { ValueColumn, ValueColumns } from './value-columns.ts';

/** What a step of a program does with the next value; each has two operands. */
export const OP = {
  end: 0,
  /** Not a clean prediction: it is read again, whole, to say what is wrong with it. */
  fail: 1,
  jump: 2,
  /** Jumps by the branch that comes next: operands are the first of its targets, and their count. */
  union: 3,
  skipLong: 4,
  skipBytes: 5,
  skipText: 6,
  skipAny: 7,
  numberLong: 8,
  numberFloat: 9,
  numberDouble: 10,
  flag: 11,
  textRange: 12,
  textId: 13,
  columnLong: 14,
  columnFloat: 15,
  columnDouble: 16,
  columnFlag: 17,
  columnText: 18,
  columnSymbol: 19,
  map: 20,
  items: 21,
} as const;

/** Kinds of a map's values that are read without leaving the loop over its entries. */
export const VALUE_KINDS = ['null', 'boolean', 'long', 'float', 'double', 'string'] as const;
/** Any other kind: the record is read whole. */
export const VALUE_KIND_OTHER = VALUE_KINDS.length;

/** A map whose entries are columns. */
export interface MapSpec {
  readonly keys: KeyColumns;
  /** Kind of each branch, or of the one type that all values have. */
  readonly kinds: Uint8Array;
  readonly isUnion: boolean;
  readonly isNumbersOnly: boolean;
}

/**
 * How the records of one writer's schema are read: steps of three numbers, and what they refer to. It
 * is run by one loop, so that no call per field and no object per record is needed.
 */
export interface Program {
  readonly steps: Int32Array;
  readonly jumps: Int32Array;
  readonly columns: readonly ValueColumn[];
  readonly symbols: readonly (readonly string[])[];
  readonly divisors: readonly number[];
  readonly skips: readonly ValueReader[];
  readonly maps: readonly MapSpec[];
  /** Of the columns that it was compiled with: a later one needs another program. */
  readonly generation: number;
}

/** What a program is compiled for. */
export interface ProgramScope {
  readonly destinations: Destinations;
  readonly values: ValueColumns;
  /** The columns of a map's keys, made anew: they remember what they have seen. */
  readonly keyColumns: (role: FieldRole) => KeyColumns;
  readonly isDropped: (name: string) => boolean;
}

/** The program of a writer's schema; null when its records can only be read whole. */
export function compileProgram(type: avro.Type, scope: ProgramScope): Program | null {
  const compiler = new Compiler(scope);
  if (physicalOf(type).kind !== 'record') return null;
  return compiler.compile(type);
}

class Compiler {
  private readonly scope: ProgramScope;
  private readonly steps: number[] = [];
  private readonly jumps: number[] = [];
  private readonly columns: ValueColumn[] = [];
  private readonly symbols: (readonly string[])[] = [];
  private readonly divisors: number[] = [1];
  private readonly skips: ValueReader[] = [];
  private readonly maps: MapSpec[] = [];
  private readonly open = new Set<avro.Type>();
  private isPossible = true;

  constructor(scope: ProgramScope) {
    this.scope = scope;
  }

  compile(type: avro.Type): Program | null {
    this.value(type, this.scope.destinations.root);
    this.step(OP.end);
    if (!this.isPossible) return null;
    const { columns, symbols, divisors, skips, maps } = this;
    return {
      steps: Int32Array.from(this.steps),
      jumps: Int32Array.from(this.jumps),
      columns,
      symbols,
      divisors,
      skips,
      maps,
      generation: this.scope.values.generation,
    };
  }

  private step(op: number, a = 0, b = 0): void {
    this.steps.push(op, a, b);
  }

  private value(type: avro.Type, place: Place | null): void {
    const physical = physicalOf(type);
    if (place === null) this.skip(type, physical);
    else if (physical.kind === 'union') this.union(physical, place);
    else if (physical.kind === 'record') this.record(type, physical, place);
    else if (place.destination === null) {
      // A path into a map, or into a list by name: found only by reading the record whole.
      if (physical.kind === 'map' && place.below.size > 0) this.isPossible = false;
      this.skip(type, physical);
    } else if (physical.kind === 'map') this.map(physical, place.destination);
    else if (physical.kind === 'array') this.list(physical, place.destination);
    else if (physical.kind !== 'null') this.scalar(physical, place.destination);
  }

  private union({ shape }: Physical, place: Place): void {
    const branches = shape.types ?? [];
    const first = this.jumps.length;
    this.jumps.push(...branches.map(() => 0));
    this.step(OP.union, first, branches.length);
    const ends: number[] = [];
    for (const [i, branch] of branches.entries()) {
      this.jumps[first + i] = this.steps.length;
      this.value(branch, place);
      ends.push(this.steps.length);
      this.step(OP.jump);
    }
    for (const end of ends) this.steps[end + 1] = this.steps.length;
  }

  private record(type: avro.Type, { shape }: Physical, place: Place): void {
    if (this.open.has(type)) {
      this.isPossible = false;
      return;
    }
    const { destination } = place;
    const isValues = destination?.kind === 'columns' && destination.role !== 'class_probability';
    if (destination !== null && !isValues) {
      this.step(OP.fail);
      return;
    }
    this.open.add(type);
    for (const { name, type: inner } of shape.fields ?? [])
      this.value(
        inner,
        isValues ? this.entry(destination.role, name) : (place.below.get(name) ?? null),
      );
    this.open.delete(type);
  }

  /** A field of a record whose fields are features: null when it is dropped. */
  private entry(role: FieldRole, key: string): Place | null {
    const name = `${role}.${key}`;
    if (this.scope.isDropped(name)) return null;
    return { destination: { kind: 'column', role, name }, below: new Map() };
  }

  private map({ shape }: Physical, destination: Destination): void {
    const { valuesType } = shape;
    if (destination.kind !== 'columns' || valuesType === undefined) {
      this.step(OP.fail);
      return;
    }
    const physical = physicalOf(valuesType);
    const isUnion = physical.kind === 'union';
    const branches = isUnion ? (physical.shape.types ?? []).map(physicalOf) : [physical];
    const spec: MapSpec = {
      keys: this.scope.keyColumns(destination.role),
      kinds: Uint8Array.from(branches, valueKindOf),
      isUnion,
      isNumbersOnly: destination.role === 'class_probability',
    };
    this.step(OP.map, this.maps.push(spec) - 1);
  }

  private list({ shape }: Physical, destination: Destination): void {
    const isText = shape.itemsType !== undefined && physicalOf(shape.itemsType).kind === 'string';
    this.step(destination.kind === 'items' && isText ? OP.items : OP.fail);
  }

  private scalar(physical: Physical, destination: Destination): void {
    if (destination.kind === 'register')
      this.register(physical, REGISTERS.indexOf(destination.register));
    else if (destination.kind === 'column') this.column(physical, destination);
    else this.step(OP.fail);
  }

  private register({ kind, divisor }: Physical, register: number): void {
    const name = REGISTERS[register];
    const isText = register < REGISTERS.indexOf('row_index');
    if (isText) {
      const isId = name === 'model' || name === 'version';
      this.step(kind === 'string' ? (isId ? OP.textId : OP.textRange) : OP.fail, register);
    } else if (name === 'served') this.step(kind === 'boolean' ? OP.flag : OP.fail, register);
    else if (kind === 'int' || kind === 'long')
      this.step(OP.numberLong, register, this.divisor(divisor));
    else if (kind === 'float') this.step(OP.numberFloat, register);
    else this.step(kind === 'double' ? OP.numberDouble : OP.fail, register);
  }

  private column(
    physical: Physical,
    { role, name }: Destination & { readonly kind: 'column' },
  ): void {
    const { kind, divisor } = physical;
    const isNumbersOnly = role === 'score' || role === 'confidence' || role === 'class_probability';
    const isNumber = kind === 'int' || kind === 'long' || kind === 'float' || kind === 'double';
    const isText = kind === 'string' || kind === 'enum';
    const isRight = isNumber
      ? role !== 'label'
      : isText
        ? !isNumbersOnly
        : kind === 'boolean' && !isNumbersOnly && role !== 'label';
    if (!isRight) {
      this.step(OP.fail);
      return;
    }
    const column = this.scope.values.of(name, role);
    if (column === null) {
      this.isPossible = false;
      return;
    }
    const at = this.columns.push(column) - 1;
    if (kind === 'enum')
      this.step(OP.columnSymbol, at, this.symbols.push(physical.shape.symbols ?? []) - 1);
    else if (kind === 'string') this.step(OP.columnText, at);
    else if (kind === 'boolean') this.step(OP.columnFlag, at);
    else if (kind === 'double') this.step(OP.columnDouble, at);
    else if (kind === 'float') this.step(OP.columnFloat, at);
    else this.step(OP.columnLong, at, this.divisor(divisor));
  }

  private divisor(divisor: number): number {
    const known = this.divisors.indexOf(divisor);
    return known >= 0 ? known : this.divisors.push(divisor) - 1;
  }

  private skip(type: avro.Type, { kind, shape }: Physical): void {
    if (kind === 'null') return;
    if (kind === 'int' || kind === 'long') this.step(OP.skipLong);
    else if (kind === 'string' || kind === 'bytes') this.step(OP.skipText);
    else if (kind === 'double') this.step(OP.skipBytes, 8);
    else if (kind === 'float') this.step(OP.skipBytes, 4);
    else if (kind === 'fixed') this.step(OP.skipBytes, shape.size ?? 0);
    else this.step(OP.skipAny, this.skips.push(compileValueReader(type)) - 1);
  }
}

function valueKindOf({ kind, divisor }: Physical): number {
  const plain = kind === 'int' ? 'long' : kind;
  const known = VALUE_KINDS.findIndex((one) => one === plain);
  return known < 0 || divisor !== 1 ? VALUE_KIND_OTHER : known;
}
