import { open } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { CoalmineError } from '../../../core/foundation/error.ts';
import { inspectSpooled } from '../spool/inspect-spooled.ts';
import { spoolFile } from '../spool/spool.ts';
import { readingFile } from './database.ts';
import { expandInputs, type InputFile } from './expand.ts';
import { inspectParquet } from './inspect-parquet.ts';
import type { FileLogOptions, Side } from './options.ts';
import type { FileShape, RecordKind } from './shape.ts';

/** The files of each side. A file that both arms share is one shape in both lists. */
export type SideShapes = Readonly<Record<Side, readonly FileShape[]>>;

/** Finds every input file and looks at what it holds. */
export async function inspectSides(
  connection: DuckDBConnection,
  options: FileLogOptions,
): Promise<SideShapes> {
  const known = new Map<string, FileShape>();
  const shapesOf = async (
    patterns: readonly string[],
    kind: RecordKind,
  ): Promise<readonly FileShape[]> => {
    const shapes: FileShape[] = [];
    for (const file of await expandInputs(patterns)) {
      const name = `${kind} ${file.path}`;
      const shape = known.get(name) ?? (await inspect(connection, { file, kind }, options));
      known.set(name, shape);
      shapes.push(shape);
    }
    return shapes;
  };
  return {
    current: await shapesOf(options.current, 'prediction'),
    canary: await shapesOf(options.canary, 'prediction'),
    outcomes: await shapesOf(options.outcomes, 'outcome'),
  };
}

async function inspect(
  connection: DuckDBConnection,
  input: { readonly file: InputFile; readonly kind: RecordKind },
  options: FileLogOptions,
): Promise<FileShape> {
  const { file, kind } = input;
  return readingFile(file.path, async () => {
    const isLines = await looksLikeLines(file);
    const shape = isLines
      ? await inspectSpooled(connection, {
          file,
          kind,
          spoolPath: await spoolFile(file, kind, options),
        })
      : await inspectParquet(connection, file, kind);
    if (shape.rowCount > 0) return shape;
    return { ...shape, warnings: [...shape.warnings, `${file.path} is empty: no records`] };
  });
}

const LINES_NAME = /\.(jsonl|ndjson|jsonlines)(\.gz)?$/i;
const PARQUET_NAME = /\.(parquet|pq)$/i;

/** By content first, then by name: a file that is neither says what it begins with. */
async function looksLikeLines(file: InputFile): Promise<boolean> {
  const start = await readStart(file.path);
  if (start.startsWith('PAR1')) return false;
  if (LINES_NAME.test(file.path)) return true;
  if (!PARQUET_NAME.test(file.path) && /^\s*(\{|$)/.test(start)) return true;
  const found =
    start === '' ? 'it is empty (0 bytes)' : `it begins with ${JSON.stringify(start.slice(0, 24))}`;
  throw new CoalmineError('input_unreadable', `${file.path} is not a Parquet file: ${found}`, {
    hints: ['Parquet files and JSON Lines files (.jsonl, .ndjson, also .gz) are read'],
  });
}

async function readStart(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
