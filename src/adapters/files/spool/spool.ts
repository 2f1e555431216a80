import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../reader/database.ts';
import type { InputFile } from '../reader/expand.ts';
import type { RecordKind } from '../reader/shape.ts';
import { unwritable } from '../unwritable.ts';
import { readLineBatches } from './lines.ts';
import { makeFolder } from './make-folder.ts';
import { SpoolTable } from './spool-table.ts';
import { spoolLine } from './spooled-line.ts';

/** What decides how lines are read: a spool made with other settings is not used again. */
export interface SpoolOptions {
  readonly spoolFolder: string;
  readonly limits: { readonly recordSizeMaxBytes: number; readonly requestIdLengthMax: number };
}

/** Raised when the columns of a spool change, so that older ones are made anew. */
const SPOOL_VERSION = 1;
/** Bytes at either end of a file that tell whether it is still the same. */
const DIGEST_BYTES = 65_536;

/**
 * The lines of a JSON Lines file as a Parquet file of the same records in the same order; the path of
 * that file. It is written aside and renamed, and used again while the input is unchanged.
 */
export async function spoolFile(
  file: InputFile,
  kind: RecordKind,
  options: SpoolOptions,
): Promise<string> {
  await makeFolder(options.spoolFolder).catch((error: unknown) => {
    throw unwritable(options.spoolFolder, error);
  });
  const path = join(options.spoolFolder, `${await spoolName(file, kind, options)}.parquet`);
  if (await exists(path)) return path;
  const aside = `${path}.${process.pid}.aside`;
  const database = `${aside}.duckdb`;
  try {
    const instance = await DuckDBInstance.create(database, { threads: '1', memory_limit: '128MB' });
    try {
      await writeSpool(instance, { file, kind, options, aside });
    } finally {
      instance.closeSync();
    }
    await rename(aside, path);
  } finally {
    for (const left of [aside, database, `${database}.wal`]) await rm(left, { force: true });
  }
  return path;
}

interface SpoolTask {
  readonly file: InputFile;
  readonly kind: RecordKind;
  readonly options: SpoolOptions;
  readonly aside: string;
}

async function writeSpool(instance: DuckDBInstance, task: SpoolTask): Promise<void> {
  const { file, kind, options } = task;
  const table = await SpoolTable.create(await instance.connect(), kind);
  try {
    for await (const lines of readLineBatches(file.path, options.limits.recordSizeMaxBytes)) {
      for (const line of lines) {
        if (line.text.trim() !== '') await table.add(spoolLine(line, kind, options.limits));
      }
    }
    await table.writeParquet(literal(task.aside));
  } finally {
    table.close();
  }
}

/** The name says all that the content depends on: there is nothing to compare later. */
async function spoolName(
  file: InputFile,
  kind: RecordKind,
  options: SpoolOptions,
): Promise<string> {
  const { recordSizeMaxBytes, requestIdLengthMax } = options.limits;
  const settings = [SPOOL_VERSION, kind, recordSizeMaxBytes, requestIdLengthMax, file.path];
  const hash = createHash('sha256').update(
    JSON.stringify([...settings, file.sizeBytes, file.modifiedMs]),
  );
  const handle = await open(file.path);
  try {
    for (const position of [0, Math.max(0, file.sizeBytes - DIGEST_BYTES)]) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(DIGEST_BYTES),
        0,
        DIGEST_BYTES,
        position,
      );
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  return `${basename(file.path)}-${hash.digest('hex').slice(0, 16)}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
