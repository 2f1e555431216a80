import { BOOLEAN, DOUBLE, type DuckDBType, INTEGER, LIST, VARCHAR } from '@duckdb/node-api';
import type { FieldValue } from '../../../core/events/prediction.ts';
import { LINE_COLUMN } from '../reader/record-json.ts';
import type { RecordKind } from '../reader/shape.ts';
import type { CellValue, SpooledLine, SpooledRole } from './spooled-line.ts';

/** Column that holds why a line is no record. */
export const PROBLEM_COLUMN = 'coalmine_problem_report';

/** A column of the spool: of the contract, or one entry of a map. */
export interface SpoolColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

/** An entry of features, context or class probabilities, and the flat column that holds it. */
export interface EntryColumn extends SpoolColumn {
  readonly role: SpooledRole;
  readonly key: string;
  /** Of the first value that is not null. */
  readonly kind: 'number' | 'text' | 'boolean';
  /** Later values of another type. */
  mistypedCount: number;
}

const PREDICTION_COLUMNS: readonly SpoolColumn[] = [
  { name: 'request_id', type: VARCHAR },
  { name: 'row_index', type: INTEGER },
  { name: 'model', type: VARCHAR },
  { name: 'version', type: VARCHAR },
  { name: 'event_time', type: DOUBLE },
  { name: 'unit_id', type: VARCHAR },
  { name: 'session_start', type: DOUBLE },
  { name: 'served', type: BOOLEAN },
  { name: 'score', type: DOUBLE },
  { name: 'label', type: VARCHAR },
  { name: 'items', type: LIST(VARCHAR) },
  { name: 'confidence', type: DOUBLE },
  { name: 'latency_ms', type: DOUBLE },
  { name: 'error', type: VARCHAR },
  { name: 'sampling_fraction', type: DOUBLE },
  { name: 'arrival_time', type: DOUBLE },
];

const OUTCOME_COLUMNS: readonly SpoolColumn[] = [
  { name: 'request_id', type: VARCHAR },
  { name: 'row_index', type: INTEGER },
  { name: 'model', type: VARCHAR },
  { name: 'event_time', type: DOUBLE },
  { name: 'metric', type: VARCHAR },
  { name: 'value', type: DOUBLE },
  { name: 'arrival_time', type: DOUBLE },
];

/** The columns that every spool of a kind has, in the order of its table. */
export function contractColumns(kind: RecordKind): readonly SpoolColumn[] {
  return kind === 'prediction' ? PREDICTION_COLUMNS : OUTCOME_COLUMNS;
}

export const REPORT_COLUMNS: readonly SpoolColumn[] = [
  { name: LINE_COLUMN, type: INTEGER },
  { name: PROBLEM_COLUMN, type: VARCHAR },
];

/** The entry columns known so far, in the order in which they were first seen with a value. */
export class EntryColumns {
  readonly list: EntryColumn[] = [];
  private readonly byRole: Readonly<Record<SpooledRole, Map<string, EntryColumn>>> = {
    feature: new Map(),
    context: new Map(),
    class_probability: new Map(),
  };

  get(role: SpooledRole, key: string): EntryColumn | undefined {
    return this.byRole[role].get(key);
  }

  /** Learns the columns of the lines' entries; returns those that are new. */
  learn(lines: readonly SpooledLine[]): readonly EntryColumn[] {
    const before = this.list.length;
    for (const line of lines) {
      for (const [role, entries] of line.entries) {
        for (const key of Object.keys(entries)) {
          const value = entries[key] ?? null;
          if (value !== null && !this.byRole[role].has(key)) this.add(role, key, value);
        }
      }
    }
    return this.list.slice(before);
  }

  private add(role: SpooledRole, key: string, value: Exclude<FieldValue, null>): void {
    const kind = kindOf(value);
    const column: EntryColumn = {
      role,
      key,
      kind,
      name: `entry_${this.list.length}`,
      type: kind === 'number' ? DOUBLE : VARCHAR,
      mistypedCount: 0,
    };
    this.byRole[role].set(key, column);
    this.list.push(column);
  }
}

function kindOf(value: Exclude<FieldValue, null>): EntryColumn['kind'] {
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'text';
}

/** A value in its column: of another type than the column's it is "not finite", or its text. */
export function entryCell(column: EntryColumn, value: FieldValue): CellValue {
  if (value === null) return null;
  if (kindOf(value) !== column.kind) column.mistypedCount += 1;
  if (column.kind !== 'number') return String(value);
  return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
}
