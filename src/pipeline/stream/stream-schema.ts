import type { Dictionary } from '../../core/events/batch.ts';
import type { Field, FieldKind, FieldLayout } from '../../core/events/field.ts';
import type { ReferenceProfile } from '../../core/events/profile.ts';
import { murmur3 } from '../../core/foundation/hash.ts';
import type { StreamSchema } from './ports.ts';

/** Fields that get a column before there is a profile; what comes later is only listed. */
export const WATCHED_FIELDS_MAX = 1_000;
/** Names of `notWatched` that are kept. */
const NOT_WATCHED_MAX = 1_000;
/** Distinct texts of one field that get a code of their own, as they come. */
export const DICTIONARY_SIZE_MAX = 65_535;
/** Codes from here on are hashes, out of reach of any dictionary: its profile may add to a full one. */
export const HASHED_CODE_MIN = 2 ** 24;
const HASHED_CODE_COUNT = 2 ** 31 - HASHED_CODE_MIN;

const SCORE: Field = { name: 'score', role: 'score', kind: 'number' };
const LABEL: Field = { name: 'label', role: 'label', kind: 'category' };

class GrowingDictionary implements Dictionary {
  readonly values: string[] = [];
  private readonly codes = new Map<string, number>();

  codeOf(text: string, sizeMax = DICTIONARY_SIZE_MAX): number {
    const known = this.codes.get(text);
    if (known !== undefined) return known;
    if (this.values.length >= sizeMax) return HASHED_CODE_MIN + (murmur3(text) % HASHED_CODE_COUNT);
    const code = this.values.push(text);
    this.codes.set(text, code);
    return code;
  }
}

/** Columns that grow with what records bring, until a profile says which fields count. */
export class GrowingSchema implements StreamSchema {
  readonly layout: FieldLayout;
  readonly dictionaries: readonly Dictionary[];
  readonly notWatched: readonly string[];
  readonly rankedItemCount: number;
  revision = 0;
  isSettled = false;
  private readonly fields: Record<FieldKind, Field[]> = { number: [], category: [] };
  private readonly grown: GrowingDictionary[] = [];
  private readonly leftOut: string[] = [];
  private readonly columns: Record<FieldKind, Map<string, number>> = {
    number: new Map(),
    category: new Map(),
  };
  private readonly listed = new Set<string>();

  constructor(rankedItemCount = 0) {
    this.rankedItemCount = rankedItemCount;
    this.layout = { numbers: this.fields.number, categories: this.fields.category };
    this.dictionaries = this.grown;
    this.notWatched = this.leftOut;
    this.add(SCORE);
    this.add(LABEL);
  }

  adopt(profile: ReferenceProfile): void {
    this.isSettled = true;
    const kept: readonly Field[] = [SCORE, LABEL, ...profile.fields.map((cells) => cells.field)];
    const before = { ...this.columns };
    this.columns.number = new Map();
    this.columns.category = new Map();
    for (const field of kept) {
      const column = before[field.kind].get(field.name) ?? this.retired(field);
      if (column === -1) this.add(field);
      else this.columns[field.kind].set(field.name, column);
    }
    for (const cells of profile.fields) {
      if (!('categories' in cells)) continue;
      const dictionary = this.grown[this.columnOf(cells.field.name, 'category')];
      for (const category of cells.categories) dictionary?.codeOf(category, Infinity);
    }
    this.revision += 1;
  }

  watch(field: Field): void {
    if (this.isSettled || this.columns[field.kind].has(field.name)) return;
    if (this.fields.number.length + this.fields.category.length < WATCHED_FIELDS_MAX)
      this.add(field);
    else if (this.listed.size < NOT_WATCHED_MAX && !this.listed.has(field.name)) {
      this.listed.add(field.name);
      this.leftOut.push(field.name);
    }
  }

  codeOf(column: number, text: string): number {
    return this.grown[column]?.codeOf(text) ?? 0;
  }

  columnOf(name: string, kind: FieldKind): number {
    return this.columns[kind].get(name) ?? -1;
  }

  /** A column that an earlier profile did not name, and this one does. */
  private retired(field: Field): number {
    return this.fields[field.kind].findIndex(({ name }) => name === field.name);
  }

  private add(field: Field): void {
    const column = this.fields[field.kind].push(field) - 1;
    if (field.kind === 'category') this.grown.push(new GrowingDictionary());
    this.columns[field.kind].set(field.name, column);
    this.revision += 1;
  }
}
