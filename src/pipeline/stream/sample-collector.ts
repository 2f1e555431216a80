import type { BatchSchema } from '../../core/events/batch.ts';
import type { Field, FieldKind, FieldRole } from '../../core/events/field.ts';
import { FIELD_ROLES, isInput } from '../../core/events/field.ts';
import type { SampledRow } from '../../core/windows/row-sample.ts';
import { RowSample } from '../../core/windows/row-sample.ts';
import type { PartialMessage, SampledRecord, SampleMessage } from './messages.ts';

/**
 * Rows of the current arm from all partitions, while cells are learned: an exact sample of lowest
 * hashes, so that neither order nor repeats of messages change it.
 */
export class SampleCollector {
  private readonly size: number;
  private readonly chunks = new Map<string, Map<number, readonly SampledRecord[]>>();
  private readonly taken = new Set<string>();
  private records: SampledRecord[] = [];
  /** Rows offered over all windows taken. */
  seen = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** Takes a chunk of rows; false for a repeat. */
  add(message: SampleMessage): boolean {
    const key = keyOf(message);
    if (this.taken.has(key)) return false;
    const chunks = this.chunks.get(key) ?? new Map<number, readonly SampledRecord[]>();
    if (chunks.has(message.chunk)) return false;
    chunks.set(message.chunk, message.rows);
    this.chunks.set(key, chunks);
    return true;
  }

  /** Counts in the rows that came before a partial, once. */
  take(message: PartialMessage): void {
    const key = keyOf(message);
    const chunks = this.chunks.get(key);
    if (this.taken.has(key)) return;
    this.taken.add(key);
    this.chunks.delete(key);
    this.seen += message.sampleSeen;
    for (const rows of chunks?.values() ?? []) this.records.push(...rows);
    if (this.records.length >= 4 * this.size) this.trim();
  }

  clear(): void {
    this.chunks.clear();
    this.taken.clear();
    this.records = [];
  }

  /** Earliest event time among the kept rows in ms; Infinity when there is none. */
  fromMs(): number {
    this.trim();
    return this.records.reduce((least, { eventTimeMs }) => Math.min(least, eventTimeMs), Infinity);
  }

  /**
   * The kept rows by column: all answers, and the first inputs in order of their names. A field is a
   * number where every value is one.
   */
  rows(featuresMax: number): {
    readonly rows: readonly SampledRow[];
    readonly schema: BatchSchema;
    readonly notWatched: readonly string[];
  } {
    this.trim();
    const fields = this.fields();
    const inputs = fields.filter(isInput);
    const watched = [...fields.filter((field) => !isInput(field)), ...inputs.slice(0, featuresMax)];
    const numbers = watched.filter(({ kind }) => kind === 'number');
    const categories = watched.filter(({ kind }) => kind === 'category');
    const texts = categories.map(({ name }) => this.texts(name));
    const rows = this.records.map((record) => ({
      hashHigh: record.hashHigh,
      hashLow: record.hashLow,
      eventTimeMs: record.eventTimeMs,
      numbers: numbers.map(({ name }) => numberOf(record.values[name])),
      codes: categories.map(({ name }, column) => {
        const value = record.values[name] ?? null;
        return value === null ? 0 : (texts[column]?.indexOf(String(value)) ?? -1) + 1;
      }),
    }));
    return {
      rows,
      schema: {
        layout: { numbers, categories },
        dictionaries: texts.map((values) => ({ values })),
        rankedItemCount: 0,
      },
      notWatched: inputs.slice(featuresMax).map(({ name }) => name),
    };
  }

  private trim(): void {
    const sample = new RowSample(this.size);
    const byRow = new Map<SampledRow, SampledRecord>();
    for (const record of this.records) {
      const { hashHigh, hashLow, eventTimeMs } = record;
      const row: SampledRow = { hashHigh, hashLow, eventTimeMs, numbers: [], codes: [] };
      byRow.set(row, record);
      sample.add(row);
    }
    this.records = sample.kept().flatMap((row) => byRow.get(row) ?? []);
  }

  private fields(): readonly Field[] {
    const kinds = new Map<string, FieldKind>();
    for (const { values } of this.records) {
      for (const [name, value] of Object.entries(values)) {
        if (value === null) continue;
        if (typeof value === 'string') kinds.set(name, 'category');
        else if (!kinds.has(name)) kinds.set(name, 'number');
      }
    }
    return [...kinds]
      .map(([name, kind]) => ({ name, kind, role: roleOf(name) }))
      .sort(
        (left, right) =>
          FIELD_ROLES.indexOf(left.role) - FIELD_ROLES.indexOf(right.role) ||
          (left.name < right.name ? -1 : 1),
      );
  }

  private texts(name: string): readonly string[] {
    const texts = new Set<string>();
    for (const { values } of this.records) {
      const value = values[name] ?? null;
      if (value !== null) texts.add(String(value));
    }
    return [...texts].sort();
  }
}

function keyOf(message: { readonly partition: number; readonly windowStartMs: number }): string {
  return `${message.partition}/${message.windowStartMs}`;
}

function numberOf(value: number | string | null | undefined): number {
  if (typeof value === 'number') return value;
  return value === null || value === undefined ? Number.NaN : Infinity;
}

function roleOf(name: string): FieldRole {
  const role = FIELD_ROLES.find((one) => name === one || name.startsWith(`${one}.`));
  return role ?? 'feature';
}
