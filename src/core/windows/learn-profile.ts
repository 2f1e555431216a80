import type { BatchSchema } from '../events/batch.ts';
import type { Field } from '../events/field.ts';
import type { FieldCells, ReferenceProfile } from '../events/profile.ts';
import { EXTRA_CELLS } from '../events/profile.ts';
import { cellOf, quantileEdges } from '../stats/binning.ts';
import type { SampledRow } from './row-sample.ts';

/** Tenths: nine edges, ten cells. */
const CELL_COUNT = 10;
/** Sums are scaled so that the values of the reference reach about 2^20 units. */
const SCALED_BITS = 20;
/** Scales stay where squares of units are still numbers; larger values saturate their sums. */
const SCALE_BITS_MIN = -100;

export interface LearnOptions {
  readonly model: string;
  readonly currentVersion: string;
  readonly schema: BatchSchema;
  readonly categoriesMax: number;
  readonly notWatched: readonly string[];
}

/**
 * The reference profile of a sample of the current arm's rows: decile edges with ties merged,
 * categories by frequency (then name), a scale for exact sums. The same rows in any order give the
 * same profile. A field that is never present gets a single open cell.
 *
 * @example 10,000 rows of a uniform score give edges near 0.1, 0.2, ... 0.9
 */
export function learnProfile(rows: readonly SampledRow[], options: LearnOptions): ReferenceProfile {
  const { layout, dictionaries } = options.schema;
  const numbers = layout.numbers.map((field, column) =>
    numberCellsOf(
      field,
      rows.map((row) => row.numbers[column] ?? Number.NaN),
    ),
  );
  const categories = layout.categories.map((field, column) =>
    categoryCellsOf(
      field,
      categoryValues(rows, column, dictionaries[column]?.values ?? []),
      options.categoriesMax,
    ),
  );
  const times = rows.map((row) => row.eventTimeMs);
  return {
    model: options.model,
    currentVersion: options.currentVersion,
    sampleCount: rows.length,
    fromMs: times.reduce((least, time) => Math.min(least, time), Infinity),
    toMs: times.reduce((most, time) => Math.max(most, time), -Infinity),
    fields: [...numbers, ...categories],
    notWatched: options.notWatched,
  };
}

/** How many bits a magnitude has before its point; 0 below 1. */
function bitsAbove(magnitude: number): number {
  return magnitude <= 1 ? 0 : Math.ceil(Math.log2(magnitude));
}

function categoryValues(
  rows: readonly SampledRow[],
  column: number,
  values: readonly string[],
): (string | null)[] {
  return rows.map((row) => {
    const code = row.codes[column] ?? 0;
    return code === 0 ? null : (values[code - 1] ?? null);
  });
}

function numberCellsOf(field: Field, values: readonly number[]): FieldCells {
  const finite = values.filter((value) => Number.isFinite(value));
  const edges = finite.length === 0 ? [] : quantileEdges(finite, CELL_COUNT);
  const counts = Array.from({ length: edges.length + 1 + EXTRA_CELLS.length }, () => 0);
  for (const value of values) {
    const extra = Number.isNaN(value) ? 0 : 1;
    const cell = Number.isFinite(value) ? cellOf(edges, value) : edges.length + 1 + extra;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    field: { ...field, kind: 'number' },
    edges,
    scaleBits: Math.max(SCALE_BITS_MIN, SCALED_BITS - bitsAbove(largest)),
    referenceCounts: counts,
  };
}

function categoryCellsOf(
  field: Field,
  values: readonly (string | null)[],
  categoriesMax: number,
): FieldCells {
  const frequency = new Map<string, number>();
  for (const value of values)
    if (value !== null) frequency.set(value, (frequency.get(value) ?? 0) + 1);
  const byFrequency = [...frequency].sort(
    (left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1),
  );
  const listed = byFrequency.slice(0, categoriesMax);
  const rest = byFrequency.slice(categoriesMax).reduce((sum, [, count]) => sum + count, 0);
  const nulls = values.filter((value) => value === null).length;
  return {
    field: { ...field, kind: 'category' },
    categories: listed.map(([value]) => value),
    overflow: byFrequency.length > categoriesMax,
    referenceCounts: [...listed.map(([, count]) => count), rest, nulls, 0, 0],
  };
}
