import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type DuckDBConnection, listValue } from '@duckdb/node-api';
import { assert } from '../../core/foundation/assert.ts';
import { fillColumns } from './fill-columns.ts';
import { unwritableError } from './open.ts';
import { PAIR_COLUMNS_SQL, PUBLISHED_VIEWS, type PublishedView } from './published-views.ts';
import { readSqlFile } from './sql-files.ts';
import { inTransaction } from './transaction.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Shorter windows are grouped by hour, longer ones by day: some tens of windows a file. */
const LONG_WINDOW_MS = HOUR_MS / 6;

/**
 * Files that are open at once: each needs its buffers, and beyond 100 DuckDB would close one and
 * begin a second file for its group.
 */
const GROUPS_AT_ONCE_MAX = 8;

/** Stretches of event time of one rollout; the rows of each make one file per view. */
interface ChangedGroups {
  readonly rolloutId: string;
  readonly lengthMs: number;
  /** Where each begins, oldest first. */
  readonly fromMs: readonly number[];
}

interface LedgerRow {
  readonly view: string;
  readonly rolloutId: string;
  readonly file: string;
  readonly fromMs: number;
  readonly rowCount: number;
}

/**
 * Writes every group of windows that changed since the last publication, then the ledger that
 * readers go by. A group's file name follows from its event time alone, so writing it again
 * replaces it; it is written aside and renamed, so a reader never sees half of one. `afterPiece` is
 * called between transactions.
 *
 * @returns the files written, ledger and views included
 * @throws CoalmineError `output_unwritable`, `store_failed`
 */
export async function publishRows(
  connection: DuckDBConnection,
  folder: string,
  afterPiece: () => Promise<void>,
): Promise<readonly string[]> {
  await fillColumns(connection, afterPiece);
  const written = await inTransaction(connection, async () => {
    const upTo = await currentCommit(connection);
    const rows: LedgerRow[] = [];
    for (const groups of await changedGroups(connection))
      for (const view of PUBLISHED_VIEWS)
        rows.push(...(await publishView(connection, { folder, view, groups })));
    if ((await ledger(connection)).length === 0)
      rows.push(...(await publishSchemas(connection, folder)));
    await recordPublication(connection, rows, upTo);
    return rows.map((row) => row.file);
  });
  // Compared, not assumed: a crash may have come between the ledger's commit and its file.
  const ledgerFile = join(folder, 'parquet/ledger.json');
  const viewsFile = join(folder, 'views.sql');
  const changed = [
    ...((await writeChanged(ledgerFile, ledgerText(await ledger(connection)))) ? [ledgerFile] : []),
    ...((await writeChanged(viewsFile, await filledViews(folder))) ? [viewsFile] : []),
  ];
  return [...written.map((file) => join(folder, file)), ...changed];
}

async function currentCommit(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll('select commit_number::double from state');
  return Number(reader.getRows()[0]?.[0]);
}

/** Groups that hold a row of a commit after the last publication, by rollout. */
async function changedGroups(connection: DuckDBConnection): Promise<ChangedGroups[]> {
  const reader = await connection.runAndReadAll(
    `with mark as (select coalesce(max(commit_number), 0) as n from published),
     size as (
       select if(coalesce(max(window_end_ms - window_start_ms), 0) >= $1, $2, $3)::bigint as ms
       from stored_windows
     ),
     changed as (
       select rollout_id, window_start_ms as time_ms from stored_windows, mark where commit_number > n
       union
       select body ->> 'rolloutId', time_ms from outbox, mark
       where commit_number > n and kind in ('verdict', 'event') and time_ms is not null
     )
     select rollout_id, any_value(ms)::double,
       list_sort(list(distinct (time_ms // ms * ms)::double))
     from changed, size group by rollout_id order by rollout_id`,
    [LONG_WINDOW_MS, DAY_MS, HOUR_MS],
  );
  return reader.getRowsJS().flatMap(([rolloutId, lengthMs, fromMs]) => {
    const all = Array.isArray(fromMs) ? fromMs.map(Number) : [];
    return inPieces(all, GROUPS_AT_ONCE_MAX).map((piece) => ({
      rolloutId: typeof rolloutId === 'string' ? rolloutId : '',
      lengthMs: Number(lengthMs),
      fromMs: piece,
    }));
  });
}

function inPieces<T>(values: readonly T[], length: number): T[][] {
  const pieceCount = Math.ceil(values.length / length);
  return Array.from({ length: pieceCount }, (_, i) => values.slice(i * length, (i + 1) * length));
}

/**
 * Writes the changed groups of one view in one pass, aside, and gives each file its name. A group
 * without rows has no file.
 */
async function publishView(
  connection: DuckDBConnection,
  options: { folder: string; view: PublishedView; groups: ChangedGroups },
): Promise<LedgerRow[]> {
  const { folder, view, groups } = options;
  const aside = join(folder, 'parquet/.writing');
  await rm(aside, { recursive: true, force: true });
  await makeFolder(dirname(aside));
  const copied = await connection.runAndReadAll(
    `copy (${changedRows(view, groups)}) to ${quoted(aside)} (
       format parquet, partition_by (group_from_ms), return_stats)`,
  );
  const to = `parquet/${view.name}/rollout=${encodeURIComponent(groups.rolloutId)}`;
  await makeFolder(join(folder, to));
  const rows: LedgerRow[] = [];
  assert(copied.currentRowCount <= groups.fromMs.length, 'each group has one file');
  for (const [path, rowCount] of copied.getRowsJson()) {
    const written = typeof path === 'string' ? path : '';
    const fromMs = Number(/group_from_ms=(\d+)/.exec(written)?.[1]);
    const file = `${to}/${compactTime(fromMs)}-${compactTime(fromMs + groups.lengthMs)}.parquet`;
    await rename(written, join(folder, file));
    const { rolloutId } = groups;
    rows.push({ view: view.name, rolloutId, file, fromMs, rowCount: Number(rowCount) });
  }
  await rm(aside, { recursive: true, force: true });
  return rows;
}

/** All rows of the changed groups: the outer bounds let DuckDB skip the others before it parses them. */
function changedRows({ name, timeColumn }: PublishedView, groups: ChangedGroups): string {
  const { rolloutId, lengthMs, fromMs } = groups;
  const first = Math.min(...fromMs);
  const end = Math.max(...fromMs) + lengthMs;
  return `select *, ${timeColumn} // ${lengthMs} * ${lengthMs} as group_from_ms from ${name}
    where rollout_id = ${quoted(rolloutId)} and ${timeColumn} >= ${first} and ${timeColumn} < ${end}
      and ${timeColumn} // ${lengthMs} * ${lengthMs} in (${fromMs.join(', ')})`;
}

/** A file without rows for each view: readers know all columns before the first row is there. */
async function publishSchemas(connection: DuckDBConnection, folder: string): Promise<LedgerRow[]> {
  const selects = PUBLISHED_VIEWS.map(({ name }) => ({
    name,
    select: `select * from ${name} limit 0`,
  }));
  selects.push({ name: 'pairs', select: `select ${PAIR_COLUMNS_SQL} limit 0` });
  const rows: LedgerRow[] = [];
  for (const { name, select } of selects) {
    const file = `parquet/_schema/${name}.parquet`;
    await copyToFile(connection, select, join(folder, file));
    rows.push({ view: name, rolloutId: '', file, fromMs: 0, rowCount: 0 });
  }
  return rows;
}

/** Copies rows to a Parquet file, by way of a name that no reader looks at. */
async function copyToFile(
  connection: DuckDBConnection,
  select: string,
  path: string,
): Promise<number> {
  const aside = `${path}.writing`;
  await makeFolder(dirname(path));
  const result = await connection.runAndReadAll(
    `copy (${select}) to ${quoted(aside)} (format parquet)`,
  );
  await rename(aside, path);
  return Number(result.getRows()[0]?.[0]);
}

async function recordPublication(
  connection: DuckDBConnection,
  rows: readonly LedgerRow[],
  upTo: number,
): Promise<void> {
  if (rows.length === 0) return;
  await connection.run('create temp table new_files as from published limit 0');
  await connection.run(
    `insert into new_files select unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), $6`,
    [
      listValue(rows.map((row) => row.view)),
      listValue(rows.map((row) => row.rolloutId)),
      listValue(rows.map((row) => row.file)),
      listValue(rows.map((row) => BigInt(row.fromMs))),
      listValue(rows.map((row) => BigInt(row.rowCount))),
      BigInt(upTo),
    ],
  );
  await connection.run('delete from published where file in (select file from new_files)');
  await connection.run('insert into published from new_files');
  await connection.run('drop table new_files');
}

async function ledger(connection: DuckDBConnection): Promise<LedgerRow[]> {
  const reader = await connection.runAndReadAll(
    `select view, rollout_id, file, from_ms::double, row_count::double
     from published order by view, file`,
  );
  return reader.getRows().map(([view, rolloutId, file, fromMs, rowCount]) => ({
    view: String(view),
    rolloutId: String(rolloutId),
    file: String(file),
    fromMs: Number(fromMs),
    rowCount: Number(rowCount),
  }));
}

function ledgerText(rows: readonly LedgerRow[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

async function filledViews(folder: string): Promise<string> {
  const root = resolve(folder);
  const text = await readSqlFile('views.sql');
  return text.replace(/^-- coalmine_root$/m, () => `set variable coalmine_root = ${quoted(root)};`);
}

/** Writes a file aside and renames it, unless it already says the same. */
async function writeChanged(path: string, text: string): Promise<boolean> {
  if ((await textOf(path)) === text) return false;
  const aside = `${path}.writing`;
  try {
    await writeFile(aside, text);
    await rename(aside, path);
    return true;
  } catch (cause) {
    throw unwritableError(path, cause);
  }
}

/** Null when there is no such file: it is then written. */
async function textOf(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch(() => null);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw unwritableError(path, cause);
  }
}

/** `2001-04-11T05:00:00.000Z` as `20010411T0500`. */
function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 13);
}

/** A SQL literal: COPY and SET take no parameters. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
