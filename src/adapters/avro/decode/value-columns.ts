import type { Field, FieldRole } from '../../../core/events/field.ts';
import { hash128 } from '../../../core/foundation/hash128.ts';
import type { NameHash } from './digest.ts';

/** Fields of a batch that no rollout watches yet and that are still decoded: more are only digested. */
export const LOOSE_FIELDS_MAX = 1_000;

const encoder = new TextEncoder();
const out = new Uint32Array(4);

/** The hash of a field's name: part of every digest. */
export function nameHashOf(name: string): NameHash {
  const bytes = encoder.encode(name);
  hash128({ bytes, from: 0, to: bytes.length }, 1, out);
  return { low: out[0] ?? 0, high: out[1] ?? 0 };
}

/**
 * The values of one field over the rows of a batch, before they belong to a rollout: numbers (NaN is
 * null, infinite is not finite) and numbers of interned texts (0: none).
 */
export class ValueColumn implements NameHash {
  readonly name: string;
  readonly role: FieldRole;
  readonly low: number;
  readonly high: number;
  numbers = new Float64Array(0);
  texts = new Int32Array(0);
  hasTexts = false;
  /** The batch in which it was written last. */
  batch = -1;

  constructor(name: string, role: FieldRole) {
    this.name = name;
    this.role = role;
    const hash = nameHashOf(name);
    this.low = hash.low;
    this.high = hash.high;
  }

  begin(batch: number, capacity: number): void {
    if (this.numbers.length < capacity) this.numbers = new Float64Array(capacity);
    this.numbers.fill(Number.NaN);
    this.hasTexts = false;
    this.batch = batch;
  }

  grow(capacity: number): void {
    const numbers = new Float64Array(capacity).fill(Number.NaN);
    numbers.set(this.numbers);
    this.numbers = numbers;
    if (!this.hasTexts) return;
    const texts = new Int32Array(capacity);
    texts.set(this.texts);
    this.texts = texts;
  }

  setText(row: number, id: number): void {
    if (!this.hasTexts) {
      if (this.texts.length < this.numbers.length) this.texts = new Int32Array(this.numbers.length);
      else this.texts.fill(0);
      this.hasTexts = true;
    }
    this.texts[row] = id;
  }
}

/** The columns of all fields that batches of one topic have brought, by name. */
export class ValueColumns {
  readonly touched: ValueColumn[] = [];
  /** Grows when columns are forgotten: whoever kept one asks again. */
  generation = 0;
  private readonly byName = new Map<string, ValueColumn>();
  /** By role and key: a name made of both for every value would cost more than the value. */
  private readonly byKey = new Map<FieldRole, Map<string, ValueColumn>>();
  private batch = 0;
  private capacity = 0;
  private looseCount = 0;

  /** A new batch of so many rows. What is watched has a column; others are forgotten when they are too many. */
  begin(capacity: number, watched: Iterable<Field>): void {
    this.batch += 1;
    this.capacity = Math.max(this.capacity, capacity);
    this.touched.length = 0;
    if (this.looseCount >= LOOSE_FIELDS_MAX) {
      this.byName.clear();
      this.byKey.clear();
      this.looseCount = 0;
      this.generation += 1;
    }
    for (const field of watched) this.create(field.name, field.role);
  }

  /** The column of a field; null when there are too many that nobody watches. */
  of(name: string, role: FieldRole): ValueColumn | null {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    if (this.looseCount >= LOOSE_FIELDS_MAX) return null;
    this.looseCount += 1;
    return this.create(name, role);
  }

  /** The column of a key among the values of a role; null as in {@link of}. */
  ofKey(role: FieldRole, key: string): ValueColumn | null {
    let keys = this.byKey.get(role);
    if (keys === undefined) {
      keys = new Map();
      this.byKey.set(role, keys);
    }
    const known = keys.get(key);
    if (known !== undefined) return known;
    const column = this.of(`${role}.${key}`, role);
    if (column !== null) keys.set(key, column);
    return column;
  }

  /** The column of what every prediction may have: filled in every batch. */
  always(name: 'score' | 'confidence' | 'label'): ValueColumn {
    const column = this.create(name, name);
    this.touch(column);
    return column;
  }

  /** Before a column is written for the first time in a batch. */
  touch(column: ValueColumn): void {
    if (column.batch === this.batch) return;
    column.begin(this.batch, this.capacity);
    this.touched.push(column);
  }

  grow(capacity: number): void {
    this.capacity = capacity;
    for (const column of this.touched) column.grow(capacity);
  }

  private create(name: string, role: FieldRole): ValueColumn {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const column = new ValueColumn(name, role);
    this.byName.set(name, column);
    return column;
  }
}
