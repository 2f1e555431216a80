import type { FieldRole } from '../../../core/events/field.ts';
import type { InputFile } from './expand.ts';

/** What a column holds, as far as the contract cares. */
export type ValueClass = 'number' | 'boolean' | 'text' | 'time' | 'list' | 'other';

/** A column of the contract that a file has, as SQL over that file. */
export interface ColumnShape {
  readonly sql: string;
  readonly valueClass: ValueClass;
}

/** One entry of features, context or class probabilities, wherever the file keeps it. */
export interface ValueShape {
  readonly role: Extract<FieldRole, 'feature' | 'context' | 'class_probability'>;
  readonly key: string;
  readonly sql: string;
  readonly valueClass: ValueClass;
}

/** What one input file holds: the same description whether it was Parquet or JSON Lines. */
export interface FileShape {
  readonly file: InputFile;
  /** The Parquet file that is read: the input itself, or the columns spooled from it. */
  readonly parquetPath: string;
  readonly rowCount: number;
  /** Contract columns by their contract name; absent ones are not in it. */
  readonly columns: ReadonlyMap<string, ColumnShape>;
  readonly values: readonly ValueShape[];
  /** Name of the column that says why a spooled line is no record, null for Parquet. */
  readonly problemColumn: string | null;
  readonly warnings: readonly string[];
}

/** Whether records are predictions or outcomes. */
export type RecordKind = 'prediction' | 'outcome';

export const MANDATORY_COLUMNS: Readonly<Record<RecordKind, readonly string[]>> = {
  prediction: ['request_id', 'model', 'version', 'event_time'],
  outcome: ['request_id', 'model', 'event_time', 'metric', 'value'],
};

export const OPTIONAL_COLUMNS: Readonly<Record<RecordKind, readonly string[]>> = {
  prediction: [
    'row_index',
    'unit_id',
    'session_start',
    'served',
    'score',
    'label',
    'items',
    'confidence',
    'latency_ms',
    'error',
    'sampling_fraction',
    'arrival_time',
  ],
  outcome: ['row_index', 'arrival_time'],
};

/** Name of the watched field that an entry is. */
export function valueFieldName(value: Pick<ValueShape, 'role' | 'key'>): string {
  return `${value.role}.${value.key}`;
}

/** Columns of the contract that hold entries, and the role of those. */
export const ENTRY_COLUMNS = [
  ['class_probabilities', 'class_probability'],
  ['features', 'feature'],
  ['context', 'context'],
] as const;
