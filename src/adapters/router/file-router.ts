import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RoutingTable } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { sameTable, succession } from '../../core/rollout/routing-table.ts';
import type { Router } from '../../pipeline/ports.ts';
import { decodeTable, encodeTable } from './table-json.ts';

/**
 * A router that keeps its table in a JSON file, for whatever reads that file to split the traffic.
 * The file is replaced as a whole: a reader sees the old table or the new one, also after a crash
 * or a power cut. One process writes it.
 *
 * @throws CoalmineError `router_failed`, naming the path: the file or its folder cannot be read or
 *   written, the file holds something else, or the table may not follow the one in force
 */
export function fileRouter(path: string): Router {
  let queue: Promise<void> = Promise.resolve();
  return {
    read: async () => await readTable(path),
    apply: async (table) => {
      const applied = queue.then(async () => await applyTable(path, table));
      // A failed change must not fail those that come after it.
      queue = applied.catch(() => undefined);
      await applied;
    },
  };
}

async function applyTable(path: string, table: RoutingTable): Promise<void> {
  const next = succession(await readTable(path), table);
  if (next.kind === 'same') return;
  if (next.kind === 'refused') {
    throw new CoalmineError('router_failed', `${path} was left as it is: ${next.reason}`);
  }
  await replaceFile(path, encodeTable(table));
  const readBack = await readTable(path);
  if (readBack === null || !sameTable(readBack, table)) {
    throw new CoalmineError('router_failed', `${path} holds another table than was written`, {
      hints: ['Another process writes this file: give each rollout a routing file of its own.'],
    });
  }
}

async function readTable(path: string): Promise<RoutingTable | null> {
  const text = await readText(path);
  if (text === null) return null;
  const decoded = decodeTable(text);
  if (decoded.kind === 'table') return decoded.table;
  throw new CoalmineError('router_failed', `${path} is not a routing table: ${decoded.problem}`, {
    hints: ['Move the file away, or name another path under spec.routing.'],
  });
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw failed(path, 'read', cause);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  // In the same folder, as a rename is atomic within one file system only.
  const aside = join(dirname(path), `.${basename(path)}.tmp`);
  try {
    await writeThrough(aside, text);
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw failed(path, 'written', cause);
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is durable only when the folder is; Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function failed(path: string, done: 'read' | 'written', cause: unknown): CoalmineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoalmineError('router_failed', `${path} cannot be ${done}: ${why}`, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
