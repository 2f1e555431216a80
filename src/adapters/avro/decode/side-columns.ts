import type { Arm } from '../../../core/events/arm.ts';
import type { PredictionColumns } from '../../../core/events/batch.ts';
import type { JoinTarget, StreamSchema } from '../../../pipeline/stream/ports.ts';
import type { Decoded } from './deal-predictions.ts';
import type { Interner } from './interner.ts';
import type { PredictionRows } from './prediction-rows.ts';
import type { ValueColumn } from './value-columns.ts';

/** Codes of interned texts in one rollout's dictionaries, as far as they were asked for. */
interface KnownCodes {
  readonly generation: number;
  readonly revision: number;
  readonly byColumn: (Int32Array | undefined)[];
}

/** Builds the columns of one arm from some rows of a batch. */
export class SideColumns {
  private readonly interner: Interner;
  private readonly codes = new WeakMap<StreamSchema, KnownCodes>();

  constructor(interner: Interner) {
    this.interner = interner;
  }

  of(
    decoded: Decoded,
    target: JoinTarget,
    { arm, rows: at }: { readonly arm: Arm; readonly rows: Int32Array },
  ): PredictionColumns {
    const { rows, batch } = decoded;
    const unitIds = rows.unitIds.pick(at);
    const requestId = rows.requestIds.pick(at);
    const hasUnit = pickBytes(rows.hasUnit, at);
    const rowIndex = Int32Array.from(at, (row) => rows.rowIndex[row] ?? 0);
    const sessionStartMs = pick(rows.sessionStartMs, at);
    return {
      arm,
      length: at.length,
      ...pickWords(rows, at),
      eventTimeMs: pick(rows.eventTimeMs, at),
      arrivalTimeMs: Float64Array.from(
        at,
        (row) => batch.records[rows.record[row] ?? 0]?.timestampMs ?? Number.NaN,
      ),
      flags: pickBytes(rows.flags, at),
      status: new Uint8Array(at.length),
      latencyMs: pick(rows.latencyMs, at),
      samplingFraction: pick(rows.samplingFraction, at),
      ...this.values(rows, target.schema, at),
      rankedItems: rankedItemsOf(rows, target.schema, at),
      requestId,
      rowIndex: (row) => rowIndex[row] ?? 0,
      unitId: (row) => (hasUnit[row] === 1 ? unitIds(row) : requestId(row)),
      sessionStartMs: (row) => {
        const ms = sessionStartMs[row] ?? Number.NaN;
        return Number.isNaN(ms) ? null : ms;
      },
    };
  }

  private values(
    rows: PredictionRows,
    schema: StreamSchema,
    at: Int32Array,
  ): Pick<PredictionColumns, 'numbers' | 'codes'> {
    const { touched } = rows.values;
    for (const column of touched) watch(schema, column, at);
    // Two columns that are never written stand for all that this batch does not have.
    const nulls = new Float64Array(at.length).fill(Number.NaN);
    const numbers = schema.layout.numbers.map((): Float64Array => nulls);
    const noCodes = new Int32Array(at.length);
    const codes = schema.layout.categories.map((): Int32Array => noCodes);
    for (const column of touched) {
      const number = schema.columnOf(column.name, 'number');
      if (number >= 0) numbers[number] = numbersOf(column, at);
      const category = schema.columnOf(column.name, 'category');
      if (category >= 0) codes[category] = this.codesOf(column, at, { schema, category });
    }
    return { numbers, codes };
  }

  private codesOf(
    column: ValueColumn,
    at: Int32Array,
    { schema, category }: { readonly schema: StreamSchema; readonly category: number },
  ): Int32Array {
    const result = new Int32Array(at.length);
    let known = this.knownCodes(schema, category);
    for (let i = 0; i < at.length; i += 1) {
      const row = at[i] ?? 0;
      const id = column.hasTexts ? (column.texts[row] ?? 0) : 0;
      if (id === 0) {
        const value = column.numbers[row] ?? Number.NaN;
        if (value === value) result[i] = schema.codeOf(category, String(value));
        continue;
      }
      let code = known[id] ?? 0;
      if (code === 0) {
        code = schema.codeOf(category, this.interner.textOf(id));
        if (id >= known.length) known = this.knownCodes(schema, category, id);
        known[id] = code;
      }
      result[i] = code;
    }
    return result;
  }

  private knownCodes(schema: StreamSchema, category: number, idMin = 0): Int32Array {
    let known = this.codes.get(schema);
    const { generation } = this.interner;
    const { revision } = schema;
    if (known?.generation !== generation || known.revision !== revision) {
      known = { generation, revision, byColumn: [] };
      this.codes.set(schema, known);
    }
    const codes = known.byColumn[category] ?? new Int32Array(64);
    if (idMin < codes.length) {
      known.byColumn[category] = codes;
      return codes;
    }
    const larger = new Int32Array(Math.max(2 * codes.length, idMin + 1));
    larger.set(codes);
    known.byColumn[category] = larger;
    return larger;
  }
}

/**
 * While cells are learned a field has a column of each kind that its values are: then it does not
 * matter which of them a process saw first.
 */
function watch(schema: StreamSchema, column: ValueColumn, at: Int32Array): void {
  if (schema.isSettled) return;
  const { name, role } = column;
  const texts = column.hasTexts && schema.columnOf(name, 'category') < 0;
  if (texts && at.some((row) => column.texts[row] !== 0))
    schema.watch({ name, role, kind: 'category' });
  if (schema.columnOf(name, 'number') < 0 && at.some((row) => isNumber(column, row)))
    schema.watch({ name, role, kind: 'number' });
}

function isNumber(column: ValueColumn, row: number): boolean {
  const isText = column.hasTexts && column.texts[row] !== 0;
  return !isText && !Number.isNaN(column.numbers[row] ?? Number.NaN);
}

/** A text in a column of numbers is a value of another type: not finite. */
function numbersOf(column: ValueColumn, at: Int32Array): Float64Array {
  const result = pick(column.numbers, at);
  if (!column.hasTexts) return result;
  for (let i = 0; i < at.length; i += 1)
    if (column.texts[at[i] ?? 0] !== 0) result[i] = Number.POSITIVE_INFINITY;
  return result;
}

function pick(from: Float64Array, at: Int32Array): Float64Array {
  const result = new Float64Array(at.length);
  if (isAllFrom(at)) {
    const first = at[0] ?? 0;
    result.set(from.subarray(first, first + at.length));
    return result;
  }
  for (let i = 0; i < at.length; i += 1) result[i] = from[at[i] ?? 0] ?? 0;
  return result;
}

/** Rows in ascending order without a gap: as a topic of one arm has them. */
function isAllFrom(at: Int32Array): boolean {
  return (at[at.length - 1] ?? 0) - (at[0] ?? 0) === at.length - 1;
}

/** Another rollout may compare more items than this one. */
function rankedItemsOf(
  rows: PredictionRows,
  { rankedItemCount: n }: StreamSchema,
  at: Int32Array,
): Uint32Array | null {
  if (n === 0) return null;
  const result = new Uint32Array(n * at.length);
  for (let i = 0; i < at.length; i += 1) {
    const from = rows.rankedItemCount * (at[i] ?? 0);
    for (let k = 0; k < n; k += 1) result[n * i + k] = rows.rankedItems[from + k] ?? 0;
  }
  return result;
}

function pickBytes(from: Uint8Array, at: Int32Array): Uint8Array {
  const result = new Uint8Array(at.length);
  for (let i = 0; i < at.length; i += 1) result[i] = from[at[i] ?? 0] ?? 0;
  return result;
}

function pickWords(
  rows: PredictionRows,
  at: Int32Array,
): Pick<PredictionColumns, 'key1' | 'key2' | 'digest'> {
  const key1 = new Uint32Array(2 * at.length);
  const key2 = new Uint32Array(2 * at.length);
  const digest = new Uint32Array(2 * at.length);
  const { keys, digests } = rows;
  for (let i = 0; i < at.length; i += 1) {
    const row = at[i] ?? 0;
    key1[2 * i] = keys[4 * row] ?? 0;
    key1[2 * i + 1] = keys[4 * row + 1] ?? 0;
    key2[2 * i] = keys[4 * row + 2] ?? 0;
    key2[2 * i + 1] = keys[4 * row + 3] ?? 0;
    digest[2 * i] = digests[2 * row] ?? 0;
    digest[2 * i + 1] = digests[2 * row + 1] ?? 0;
  }
  return { key1, key2, digest };
}
