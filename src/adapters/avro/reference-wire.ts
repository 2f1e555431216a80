import type { Field } from '../../core/events/field.ts';
import type { FieldCells, ReferenceProfile } from '../../core/events/profile.ts';
import type { ReferenceState } from '../../pipeline/stream/messages.ts';
import { assertExact } from './exact.ts';
import { camelKeys, snakeKeys } from './key-case.ts';

type NumberCells = Extract<FieldCells, { readonly edges: unknown }>;
type CategoryCells = Extract<FieldCells, { readonly categories: unknown }>;

/** Avro has one record of a field and its cells; the kind is the record's name. */
type Flat<C> = Omit<C, 'field'> & Pick<Field, 'name' | 'role'>;

/** Avro names the branch of a union of records. */
type WireCells =
  | { readonly 'dev.coalmine.NumberCells': Flat<NumberCells> }
  | { readonly 'dev.coalmine.CategoryCells': Flat<CategoryCells> };

interface WireReference extends Omit<ReferenceState, 'profile'> {
  readonly active: {
    readonly fromMs: number | null;
    readonly profile: Omit<ReferenceProfile, 'fields'> & {
      readonly hash: string;
      readonly fields: readonly WireCells[];
    };
  } | null;
}

/** A state as `schemas/ReferenceState.avsc` has it. */
export function referenceToWire({ profile, ...state }: ReferenceState): unknown {
  if (profile === null) return snakeKeys({ ...state, active: null });
  const { fields, ...head } = profile.profile;
  const active = {
    fromMs: profile.fromMs,
    profile: { ...head, hash: profile.hash, fields: fields.map(cellsToWire) },
  };
  return snakeKeys({ ...state, active } satisfies WireReference);
}

/** The state back. */
export function referenceFromWire(wire: unknown): ReferenceState {
  // Decoder edge: the value was read with our schema.
  const { active, ...state } = camelKeys(wire) as WireReference;
  if (active === null) return { ...state, profile: null };
  const { hash, fields, ...head } = active.profile;
  const profile = { ...head, fields: fields.map(cellsFromWire) };
  return { ...state, profile: { hash, fromMs: active.fromMs, profile } };
}

function cellsToWire(cells: FieldCells): WireCells {
  assertExact(cells.referenceCounts);
  const { name, role } = cells.field;
  if ('edges' in cells) {
    const { field: _field, ...rest } = cells;
    return { 'dev.coalmine.NumberCells': { name, role, ...rest } };
  }
  const { field: _field, ...rest } = cells;
  return { 'dev.coalmine.CategoryCells': { name, role, ...rest } };
}

function cellsFromWire(wire: WireCells): FieldCells {
  if ('dev.coalmine.NumberCells' in wire) {
    const { name, role, ...cells } = wire['dev.coalmine.NumberCells'];
    return { field: { name, role, kind: 'number' }, ...cells };
  }
  const { name, role, ...cells } = wire['dev.coalmine.CategoryCells'];
  return { field: { name, role, kind: 'category' }, ...cells };
}
