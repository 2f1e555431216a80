import {
  BIGINT,
  BLOB,
  blobValue,
  type DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import { exactJson } from '../../pipeline/exact-json.ts';
import { numberEntries, outboxEntries, type SeenEntries, windowId } from '../../pipeline/outbox.ts';
import type { Commit, StoredWindow } from '../../pipeline/ports.ts';
import { inTransaction } from './transaction.ts';
import { packed } from './window-bytes.ts';
import { WINDOW_COLUMNS } from './window-row.ts';

/** What the database already holds, so that a repeat is told without a scan. */
export interface KnownRows {
  readonly windowIds: Set<string>;
  readonly entries: SeenEntries;
  commitNumber: number;
}

/** The prepared statements of a commit. Appenders are not used: what they hold survives a rollback. */
export interface CommitStatements {
  readonly window: DuckDBPreparedStatement;
  readonly bytes: DuckDBPreparedStatement;
  readonly outbox: DuckDBPreparedStatement;
  readonly profile: DuckDBPreparedStatement;
  readonly state: DuckDBPreparedStatement;
}

export async function prepareCommit(connection: DuckDBConnection): Promise<CommitStatements> {
  const names = ['commit_number', ...WINDOW_COLUMNS.map((column) => column.name), 'summary_length'];
  const marks = names.map((_, i) => `$${i + 1}`).join(', ');
  return {
    window: await connection.prepare(
      `insert into stored_windows (${names.join(', ')}) values (${marks})`,
    ),
    bytes: await connection.prepare(
      'insert into window_bytes select $1, $2, $3, $4, unnest($5), unnest($6), unnest($7)',
    ),
    outbox: await connection.prepare(
      'insert into outbox select $1, unnest($2), unnest($3), unnest($4), unnest($5), unnest($6)',
    ),
    profile: await connection.prepare(
      `insert into profiles select $1, $2, $3, $4
       where not exists (select 1 from profiles where hash = $2)`,
    ),
    state: await connection.prepare('update state set commit_number = $1, body = $2'),
  };
}

/** Stores a commit as one transaction; `known` changes only once that is durable. */
export async function writeCommit(
  connection: DuckDBConnection,
  statements: CommitStatements,
  { commit, known }: { readonly commit: Commit; readonly known: KnownRows },
): Promise<void> {
  const commitNumber = known.commitNumber + 1;
  const windows = firstOfEach(commit.windows, known.windowIds);
  const entries = numberEntries(outboxEntries(commit), known.entries);
  await inTransaction(connection, async () => {
    for (const window of windows) await insertWindow(statements, window, commitNumber);
    if (entries.length > 0) await insertEntries(statements.outbox, entries, commitNumber);
    if (commit.profile !== null)
      await insertProfile(statements.profile, commit.profile, commitNumber);
    statements.state.bindBigInt(1, BigInt(commitNumber));
    statements.state.bindVarchar(2, commit.state);
    await statements.state.run();
  });
  known.commitNumber = commitNumber;
  for (const window of windows) known.windowIds.add(windowId(window.summary));
  for (const entry of entries) known.entries.add(entry.kind, entry.id);
}

function firstOfEach(windows: readonly StoredWindow[], known: ReadonlySet<string>): StoredWindow[] {
  const first = new Map<string, StoredWindow>();
  for (const window of windows) {
    const id = windowId(window.summary);
    if (!known.has(id) && !first.has(id)) first.set(id, window);
  }
  return [...first.values()];
}

async function insertWindow(
  statements: CommitStatements,
  window: StoredWindow,
  commitNumber: number,
): Promise<void> {
  const row = statements.window;
  row.bindBigInt(1, BigInt(commitNumber));
  for (const [i, column] of WINDOW_COLUMNS.entries()) {
    const value = column.of(window);
    if (value === null) row.bindNull(i + 2);
    else if (typeof value === 'string') row.bindVarchar(i + 2, value);
    else row.bindDouble(i + 2, value);
  }
  const summary = exactJson(window.summary);
  row.bindBigInt(WINDOW_COLUMNS.length + 2, BigInt(summary.length));
  await row.run();
  const { rolloutId, windowStartMs, revision } = window.summary;
  const { documents, parts, blobs } = documentRows({ summary, partial: window.partial });
  const bytes = statements.bytes;
  bytes.bindBigInt(1, BigInt(commitNumber));
  bytes.bindVarchar(2, rolloutId);
  bytes.bindBigInt(3, BigInt(windowStartMs));
  bytes.bindInteger(4, revision);
  bytes.bindList(5, listValue(documents), LIST(VARCHAR));
  bytes.bindList(6, listValue(parts), LIST(INTEGER));
  bytes.bindList(7, listValue(blobs), LIST(BLOB));
  await bytes.run();
}

function documentRows(of: Readonly<Record<string, string | Uint8Array>>) {
  const documents: string[] = [];
  const parts: number[] = [];
  const blobs: DuckDBBlobValue[] = [];
  for (const [document, content] of Object.entries(of)) {
    for (const [part, bytes] of packed(content).entries()) {
      documents.push(document);
      parts.push(part);
      blobs.push(blobValue(bytes));
    }
  }
  return { documents, parts, blobs };
}

async function insertEntries(
  statement: DuckDBPreparedStatement,
  entries: ReturnType<typeof numberEntries>,
  commitNumber: number,
): Promise<void> {
  statement.bindBigInt(1, BigInt(commitNumber));
  statement.bindList(2, listValue(entries.map((entry) => entry.kind)), LIST(VARCHAR));
  statement.bindList(3, listValue(entries.map((entry) => BigInt(entry.number))), LIST(BIGINT));
  statement.bindList(4, listValue(entries.map((entry) => entry.id)), LIST(VARCHAR));
  statement.bindList(
    5,
    listValue(entries.map((entry) => bigIntOrNull(entry.timeMs))),
    LIST(BIGINT),
  );
  statement.bindList(6, listValue(entries.map((entry) => entry.body)), LIST(VARCHAR));
  await statement.run();
}

/** A time before all events is no number that SQL could group by. */
function bigIntOrNull(value: number | null): bigint | null {
  return value === null || !Number.isFinite(value) ? null : BigInt(value);
}

async function insertProfile(
  statement: DuckDBPreparedStatement,
  { hash, profile, fromMs }: NonNullable<Commit['profile']>,
  commitNumber: number,
): Promise<void> {
  statement.bindBigInt(1, BigInt(commitNumber));
  statement.bindVarchar(2, hash);
  statement.bindDouble(3, fromMs);
  statement.bindVarchar(4, exactJson(profile));
  await statement.run();
}
