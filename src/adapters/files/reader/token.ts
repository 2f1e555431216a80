import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { CoalmineError } from '../../../core/foundation/error.ts';
import type { CursorPlan, CursorStart, FileCursor } from './cursor.ts';
import type { FileLogOptions } from './options.ts';

/** Where reading stands after a frame. */
export interface LogPosition {
  readonly starts: readonly CursorStart[];
  readonly clockMs: number;
  readonly sequence: number;
}

/** What must be unchanged for a position to mean the same records: the files and whose records are read. */
export function inputsFingerprint(plans: readonly CursorPlan[], options: FileLogOptions): string {
  const parts = [
    options.model,
    options.currentVersion,
    options.canaryVersion,
    ...plans.map(({ shape, side }) => [side, basename(shape.file.path), shape.file.sizeBytes]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** The position as text. An infinite key or clock (nothing read yet) is null. */
export function encodeToken(
  inputs: string,
  cursors: readonly FileCursor[],
  at: { readonly clockMs: number; readonly sequence: number },
): string {
  return JSON.stringify({
    inputs,
    rows: cursors.map((cursor) => cursor.position),
    keys: cursors.map((cursor) => cursor.previousKey),
    clock: at.clockMs,
    sequence: at.sequence,
  });
}

/** Reads a token that `encodeToken` wrote for the same inputs. */
export function decodeToken(token: string | null, inputs: string, fileCount: number): LogPosition {
  const fresh = { row: 0, previousKey: Number.NEGATIVE_INFINITY };
  if (token === null) {
    return {
      starts: Array.from({ length: fileCount }, () => fresh),
      clockMs: Number.NEGATIVE_INFINITY,
      sequence: 0,
    };
  }
  const parsed: unknown = JSON.parse(token);
  const fields: Partial<Record<string, unknown>> =
    typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  if (fields['inputs'] !== inputs) {
    throw new CoalmineError(
      'store_mismatch',
      'the input files are not those that the earlier run read, so it cannot go on from there',
      { hints: ['give the same files, unchanged, or another output folder'] },
    );
  }
  const rows = numbers(fields['rows']);
  const keys = numbers(fields['keys']);
  return {
    starts: Array.from({ length: fileCount }, (_, k) => ({
      row: rows[k] ?? 0,
      previousKey: keys[k] ?? Number.NEGATIVE_INFINITY,
    })),
    clockMs: numbers([fields['clock']])[0] ?? Number.NEGATIVE_INFINITY,
    sequence: numbers([fields['sequence']])[0] ?? 0,
  };
}

function numbers(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) => (typeof item === 'number' ? item : Number.NEGATIVE_INFINITY));
}
