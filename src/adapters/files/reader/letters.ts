import type { DuckDBConnection } from '@duckdb/node-api';
import {
  DEAD_LETTER_REASON_LIST,
  type DeadLetter,
  type DeadLetterReason,
} from '../../../core/events/dead-letter.ts';
import { defined } from '../../../core/foundation/assert.ts';
import type { CursorPlan } from './cursor.ts';
import { queryRows } from './database.ts';
import type { LoadedChunk } from './loaded-chunk.ts';
import { CODE_SPOOLED } from './problems.ts';
import { LINE_COLUMN, parquetSource, recordJson } from './record-json.ts';

/** A row at fault. */
export interface FaultyRow {
  readonly plan: CursorPlan;
  readonly chunk: LoadedChunk;
  readonly row: number;
}

/** The dead letter of a row whose problem the selection found. */
export function letterOf({ plan, chunk, row }: FaultyRow): DeadLetter {
  const code = chunk.problemCode(row);
  const isSpooled = plan.shape.problemColumn !== null;
  const text = chunk.payload(row) ?? '';
  const report = isSpooled ? reportOf(text) : { payload: text, line: chunk.firstRow + row + 1 };
  const source = { kind: 'file', file: plan.shape.file.path, line: report.line } as const;
  const { payload } = report;
  if (code === CODE_SPOOLED) {
    const reason = reasonOfStatus(chunk.status[row] ?? 1);
    const { field, detail } = { field: null, detail: '', ...report };
    return { reason, field, detail, source, payload };
  }
  const problem = defined(plan.problems[code - 1], 'the problem of a row at fault');
  const detail = problem.detail({
    eventTimeMs: chunk.eventTimeMs[row] ?? Number.NaN,
    arrivalTimeMs: chunk.arrivalTimeMs[row] ?? Number.NaN,
    requestId: chunk.requestId(row),
    payload,
  });
  return { reason: problem.reason, field: problem.field, detail, source, payload };
}

/** The dead letter of a lone record far ahead of its log. The row is fetched again: such rows are rare. */
export async function loneLetterOf(
  { plan, chunk, row }: FaultyRow,
  connection: DuckDBConnection,
  rules: { readonly futureMaxMs: number; readonly payloadMax: number },
): Promise<DeadLetter> {
  const rowNumber = chunk.firstRow + row;
  const line = plan.shape.problemColumn === null ? String(rowNumber + 1) : LINE_COLUMN;
  const rows = await queryRows(
    connection,
    `select ${line}::double as line, left(${recordJson(plan.shape)}::varchar, ${rules.payloadMax}) as payload
      from ${parquetSource(plan.shape)} where file_row_number = ${rowNumber}`,
  );
  const time = new Date(chunk.eventTimeMs[row] ?? 0).toISOString();
  const payload = rows[0]?.['payload'];
  return {
    reason: 'future',
    field: 'event_time',
    detail: `event_time is ${time}, more than ${rules.futureMaxMs} ms ahead of the log, and no record around it confirms the jump`,
    source: {
      kind: 'file',
      file: plan.shape.file.path,
      line: Number(rows[0]?.['line'] ?? rowNumber + 1),
    },
    payload: typeof payload === 'string' ? payload : null,
  };
}

function reasonOfStatus(status: number): DeadLetterReason {
  return defined(DEAD_LETTER_REASON_LIST[status - 1], 'a reason for the status');
}

/** What the spool wrote beside a line at fault. */
export interface SpoolReport {
  readonly status: number;
  readonly field: string | null;
  readonly detail: string;
  readonly line: number;
  readonly payload: string;
}

function reportOf(text: string): Pick<SpoolReport, 'line' | 'payload'> & Partial<SpoolReport> {
  const report: unknown = JSON.parse(text);
  return { line: 0, payload: '', ...(typeof report === 'object' ? report : {}) };
}
