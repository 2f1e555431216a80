import { isEventTime, ROW_INDEX_MAX } from '../../../core/events/parse-field.ts';
import { ITEM_COUNT_MAX } from '../../../core/events/parse-prediction.ts';
import type { ByteRange } from '../../../core/foundation/hash128.ts';
import type { RawRecord } from '../../../pipeline/stream/ports.ts';
import { ByteReader } from './byte-reader.ts';
import { type Constant, REGISTERS } from './destinations.ts';
import type { KeyColumn } from './key-columns.ts';
import { NAMES, type PredictionRows, type RowScalars } from './prediction-rows.ts';
import { type MapSpec, OP, type Program, VALUE_KINDS } from './program.ts';
import { HEADER_LENGTH } from './schema-readers.ts';
import type { ValueColumn } from './value-columns.ts';

const REQUEST_ID = REGISTERS.indexOf('request_id');
const ERROR = REGISTERS.indexOf('error');
const MODEL = REGISTERS.indexOf('model');
const VERSION = REGISTERS.indexOf('version');
const ROW_INDEX = REGISTERS.indexOf('row_index');
const EVENT_TIME = REGISTERS.indexOf('event_time');
const SESSION_START = REGISTERS.indexOf('session_start');
const SERVED = REGISTERS.indexOf('served');
const LATENCY = REGISTERS.indexOf('latency_ms');
const SAMPLING = REGISTERS.indexOf('sampling_fraction');
const ARRIVAL = REGISTERS.indexOf('arrival_time');

const KIND_NULL = VALUE_KINDS.indexOf('null');
const KIND_BOOLEAN = VALUE_KINDS.indexOf('boolean');
const KIND_LONG = VALUE_KINDS.indexOf('long');
const KIND_FLOAT = VALUE_KINDS.indexOf('float');
const KIND_DOUBLE = VALUE_KINDS.indexOf('double');
const KIND_STRING = VALUE_KINDS.indexOf('string');

/** What holds for all records of a batch. */
export interface RunSettings {
  readonly constants: readonly Constant[];
  readonly requestIdLengthMax: number;
  /** Whether keys must be the request ids. */
  readonly needsKey: boolean;
}

/** Runs programs: from the bytes of a record to a row, with nothing in between. */
export class ProgramRunner {
  private readonly rows: PredictionRows;
  private readonly reader = new ByteReader();
  private readonly numbers = new Float64Array(REGISTERS.length);
  private readonly ranges: readonly ByteRange[] = REGISTERS.map(() => ({
    bytes: new Uint8Array(0),
    from: 0,
    to: -1,
  }));
  private readonly defaults = new Float64Array(REGISTERS.length);
  private readonly ids: { requestId: ByteRange; unitId: ByteRange | null } = {
    requestId: { bytes: new Uint8Array(0), from: 0, to: 0 },
    unitId: null,
  };
  private readonly scalars: RowScalars = {
    modelId: 0,
    versionId: 0,
    eventTimeMs: 0,
    rowIndex: 0,
    sessionStartMs: 0,
    latencyMs: 0,
    samplingFraction: 1,
    served: -1,
    hasError: false,
    hasOther: false,
  };
  private requestIdLengthMax = 0;
  private needsKey = false;
  private yes = 0;
  private no = 0;

  constructor(rows: PredictionRows) {
    this.rows = rows;
  }

  /** Before the records of a batch. */
  begin({ constants, requestIdLengthMax, needsKey }: RunSettings): void {
    const { interner } = this.rows;
    this.requestIdLengthMax = requestIdLengthMax;
    this.needsKey = needsKey;
    this.yes = interner.idOfText('true');
    this.no = interner.idOfText('false');
    this.defaults.fill(Number.NaN);
    this.defaults[MODEL] = 0;
    this.defaults[VERSION] = 0;
    for (const { register, value } of constants) {
      const number = typeof value === 'string' ? interner.idOfText(value) : Number(value);
      this.defaults[REGISTERS.indexOf(register)] = number;
    }
  }

  /**
   * Adds a record as a row, whose position in the batch is given; false when it is not a clean
   * prediction, and nothing was added.
   */
  run(program: Program, raw: RawRecord, record: number): boolean {
    const { reader, rows, numbers, ranges, scalars } = this;
    if (raw.value === null) return false;
    reader.open(raw.value, HEADER_LENGTH);
    numbers.set(this.defaults);
    for (let i = REQUEST_ID; i <= ERROR; i += 1) {
      const range = ranges[i];
      if (range !== undefined) range.to = -1;
    }
    scalars.hasOther = false;
    rows.next();
    if (this.read(program) && reader.isDone() && this.accept(raw.key)) {
      rows.finish(scalars, this.ids, record);
      return true;
    }
    rows.abandon();
    return false;
  }

  private read(program: Program): boolean {
    const { steps, jumps, skips } = program;
    const { reader } = this;
    for (let pc = 0; !reader.failed; pc += 3) {
      const a = steps[pc + 1] ?? 0;
      const b = steps[pc + 2] ?? 0;
      switch (steps[pc] ?? OP.fail) {
        case OP.end:
          return true;
        case OP.jump:
          pc = a - 3;
          break;
        case OP.union: {
          const branch = reader.long();
          if (!(branch >= 0 && branch < b)) return false;
          pc = (jumps[a + branch] ?? 0) - 3;
          break;
        }
        case OP.skipLong:
          reader.long();
          break;
        case OP.skipBytes:
          reader.skip(a);
          break;
        case OP.skipText:
          reader.range();
          break;
        case OP.skipAny:
          skips[a]?.(reader);
          break;
        case OP.map: {
          const spec = program.maps[a];
          if (spec === undefined || !this.map(spec)) return false;
          break;
        }
        case OP.items:
          if (!this.items()) return false;
          break;
        case OP.fail:
          return false;
        default:
          this.value(program, pc);
      }
    }
    return false;
  }

  private value(program: Program, pc: number): void {
    const { reader, rows, numbers } = this;
    const op = program.steps[pc] ?? 0;
    const a = program.steps[pc + 1] ?? 0;
    if (op >= OP.columnLong) {
      this.column(program, pc);
      return;
    }
    switch (op) {
      case OP.numberDouble:
        numbers[a] = known(reader.double());
        break;
      case OP.numberLong:
        numbers[a] = known(reader.long() / (program.divisors[program.steps[pc + 2] ?? 0] ?? 1));
        break;
      case OP.numberFloat:
        numbers[a] = known(reader.float());
        break;
      case OP.flag:
        numbers[a] = reader.boolean() ? 1 : 0;
        break;
      case OP.textId:
        reader.range();
        numbers[a] = rows.interner.idOf(reader);
        break;
      default:
        this.note(a);
    }
  }

  private column(program: Program, pc: number): void {
    const { reader, rows } = this;
    const { steps } = program;
    const column = program.columns[steps[pc + 1] ?? 0];
    if (column === undefined) return;
    const row = rows.length;
    switch (steps[pc] ?? OP.columnSymbol) {
      case OP.columnDouble:
        rows.setNumber(column, row, reader.double());
        break;
      case OP.columnLong:
        rows.setNumber(column, row, reader.long() / (program.divisors[steps[pc + 2] ?? 0] ?? 1));
        break;
      case OP.columnFloat:
        rows.setNumber(column, row, reader.float());
        break;
      case OP.columnFlag:
        rows.setText(column, row, reader.boolean() ? this.yes : this.no);
        break;
      case OP.columnText:
        reader.range();
        rows.setText(column, row, rows.interner.idOf(reader));
        break;
      default:
        this.symbol(column, program.symbols[steps[pc + 2] ?? 0]?.[reader.long()]);
    }
  }

  private symbol(column: ValueColumn, symbol: string | undefined): void {
    const { rows, reader } = this;
    if (symbol === undefined) reader.failed = true;
    else rows.setText(column, rows.length, rows.interner.idOfText(symbol));
  }

  /** Remembers where a text lies. */
  private note(register: number): void {
    const { reader } = this;
    const range = this.ranges[register];
    reader.range();
    if (range === undefined) return;
    range.bytes = reader.bytes;
    range.from = reader.from;
    range.to = reader.to;
  }

  private map(spec: MapSpec): boolean {
    const { reader } = this;
    let position = 0;
    for (let left = reader.block(); left > 0; left = reader.block()) {
      for (let i = 0; i < left; i += 1) {
        reader.range();
        if (reader.failed) return false;
        const key = spec.keys.at(position, reader);
        position += 1;
        const branch = spec.isUnion ? reader.long() : 0;
        const kind = spec.kinds[branch] ?? -1;
        if (spec.isNumbersOnly && !(kind >= KIND_LONG && kind <= KIND_DOUBLE)) return false;
        if (!this.entry(key, kind)) return false;
      }
    }
    if (spec.isNumbersOnly && position > 0) this.scalars.hasOther = true;
    return true;
  }

  /** The value of one key; false when it is of no kind that a column has. */
  private entry(key: KeyColumn, kind: number): boolean {
    const { reader, rows } = this;
    if (kind === KIND_NULL) return true;
    if (kind === KIND_STRING) {
      reader.range();
      if (reader.failed) return false;
      if (key.column !== null) rows.setText(key.column, rows.length, rows.interner.idOf(reader));
      else if (!key.isDropped) rows.digestText(key.hash, reader);
      return true;
    }
    if (kind === KIND_BOOLEAN) {
      const id = reader.boolean() ? this.yes : this.no;
      if (key.column !== null) rows.setText(key.column, rows.length, id);
      else if (!key.isDropped) rows.digestId(key.hash, id);
      return true;
    }
    if (kind !== KIND_DOUBLE && kind !== KIND_LONG && kind !== KIND_FLOAT) return false;
    const value =
      kind === KIND_DOUBLE ? reader.double() : kind === KIND_LONG ? reader.long() : reader.float();
    if (key.column !== null) rows.setNumber(key.column, rows.length, value);
    else if (!key.isDropped) rows.digest.addNumber(key.hash, value);
    return true;
  }

  private items(): boolean {
    const { reader, rows } = this;
    let place = 0;
    for (let left = reader.block(); left > 0; left = reader.block()) {
      for (let i = 0; i < left; i += 1) {
        reader.range();
        if (reader.failed || place >= ITEM_COUNT_MAX) return false;
        rows.setItem(place, reader);
        place += 1;
      }
    }
    if (place > 0) this.scalars.hasOther = true;
    return true;
  }

  /** Whether the record is a prediction of the contract: the checks of `parsePrediction`, without their words. */
  private accept(key: Uint8Array | null): boolean {
    const { numbers, scalars, ids } = this;
    const [id, unit, error] = this.ranges;
    if (id === undefined || unit === undefined || error === undefined) return false;
    const length = id.to - id.from;
    if (id.to < 0 || length === 0 || length > this.requestIdLengthMax) return false;
    if (this.needsKey && !isSameText(key, id)) return false;
    const rowIndex = orElse(numbers[ROW_INDEX], 0);
    const sampling = orElse(numbers[SAMPLING], 1);
    const latency = numbers[LATENCY] ?? 0;
    const eventTimeMs = numbers[EVENT_TIME] ?? 0;
    const session = numbers[SESSION_START] ?? 0;
    const arrival = numbers[ARRIVAL] ?? 0;
    const isRight =
      numbers[MODEL] !== 0 &&
      numbers[VERSION] !== 0 &&
      isEventTime(eventTimeMs) &&
      Math.floor(rowIndex) === rowIndex &&
      rowIndex >= 0 &&
      rowIndex <= ROW_INDEX_MAX &&
      sampling > 0 &&
      sampling <= 1 &&
      !(latency < 0) &&
      !(session === Number.POSITIVE_INFINITY) &&
      (arrival !== arrival || isEventTime(arrival));
    if (!isRight) return false;
    ids.requestId = id;
    ids.unitId = unit.to < 0 ? null : unit;
    scalars.modelId = numbers[MODEL] ?? 0;
    scalars.versionId = numbers[VERSION] ?? 0;
    scalars.rowIndex = rowIndex;
    scalars.samplingFraction = sampling;
    scalars.latencyMs = latency;
    scalars.eventTimeMs = Math.floor(eventTimeMs);
    scalars.sessionStartMs = session;
    scalars.served = orElse(numbers[SERVED], -1);
    scalars.hasError = error.to >= 0;
    if (scalars.hasError) this.rows.digestText(NAMES.error, error);
    return true;
  }
}

/** A key in another form is looked at where records are read whole. */
function isSameText(key: Uint8Array | null, { bytes, from, to }: ByteRange): boolean {
  if (key === null || key.length !== to - from) return false;
  for (let i = 0; i < key.length; i += 1) if (key[i] !== bytes[from + i]) return false;
  return true;
}

function orElse(value: number | undefined, absent: number): number {
  return value === undefined || value !== value ? absent : value;
}

/** NaN stands for a value that is absent. */
function known(value: number): number {
  return value === value ? value : Number.POSITIVE_INFINITY;
}
