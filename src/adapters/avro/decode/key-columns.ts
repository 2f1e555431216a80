import type { FieldRole } from '../../../core/events/field.ts';
import type { ByteReader } from './byte-reader.ts';
import type { NameHash } from './digest.ts';
import { nameHashOf, type ValueColumn, type ValueColumns } from './value-columns.ts';

/** Keys of one map that are remembered at most: then all are forgotten. */
const KEY_COUNT_MAX = 10_000;

/** What one key of a map means. */
export interface KeyColumn {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly isDropped: boolean;
  /** For its digest, should it have no column. */
  readonly hash: NameHash;
  column: ValueColumn | null;
}

const encoder = new TextEncoder();

/**
 * The columns of the keys of a map. Writers have their keys in the same order as a rule, so the key
 * that stood at a position in the last record is tried before any other.
 */
export class KeyColumns {
  private readonly role: FieldRole;
  private readonly values: ValueColumns;
  private readonly isDropped: (name: string) => boolean;
  private readonly byText = new Map<string, KeyColumn>();
  private readonly byPosition: KeyColumn[] = [];

  constructor(role: FieldRole, values: ValueColumns, isDropped: (name: string) => boolean) {
    this.role = role;
    this.values = values;
    this.isDropped = isDropped;
  }

  /** What the key that was read last means, at a position among the keys of its record. */
  at(position: number, reader: ByteReader): KeyColumn {
    const expected = this.byPosition[position];
    if (expected !== undefined && isSame(expected.bytes, reader)) {
      if (expected.column === null && !expected.isDropped) this.seek(expected);
      return expected;
    }
    const key = this.ofText(reader.text());
    if (position < KEY_COUNT_MAX) this.byPosition[position] = key;
    return key;
  }

  private ofText(text: string): KeyColumn {
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    if (this.byText.size >= KEY_COUNT_MAX) this.byText.clear();
    const name = `${this.role}.${text}`;
    const isDropped = this.isDropped(name);
    const column = isDropped ? null : this.values.of(name, this.role);
    const key = { bytes: encoder.encode(text), name, isDropped, hash: nameHashOf(name), column };
    this.byText.set(text, key);
    return key;
  }

  /** There was no room for its column, and there may be by now. */
  private seek(key: KeyColumn): void {
    key.column = this.values.of(key.name, this.role);
  }
}

function isSame(bytes: Uint8Array, { bytes: all, from, to }: ByteReader): boolean {
  if (bytes.length !== to - from) return false;
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== all[from + i]) return false;
  return true;
}
