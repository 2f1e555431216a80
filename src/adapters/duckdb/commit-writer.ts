import {
  BIGINT,
  BLOB,
  blobValue,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
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
  const names = [...WINDOW_COLUMNS.map((column) => column.name), 'summary_length'];
  const lists = names.map((_, i) => `unnest($${i + 2})`).join(', ');
  return {
    window: await connection.prepare(
      `insert into stored_windows (commit_number, ${names.join(', ')}) select $1, ${lists}`,
    ),
    bytes: await connection.prepare(
      `insert into window_bytes
       select $1, unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7)`,
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
    if (windows.length > 0) await insertWindows(statements, windows, commitNumber);
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

/** All windows of a commit in two statements: each statement costs more than the rows in it. */
async function insertWindows(
  statements: CommitStatements,
  windows: readonly StoredWindow[],
  commitNumber: number,
): Promise<void> {
  const summaries = windows.map((window) => exactJson(window.summary));
  const row = statements.window;
  row.bindBigInt(1, BigInt(commitNumber));
  for (const [i, column] of WINDOW_COLUMNS.entries()) {
    const type = column.type === 'text' ? VARCHAR : DOUBLE;
    row.bindList(i + 2, listValue(windows.map(column.of)), LIST(type));
  }
  const lengths = summaries.map((summary) => BigInt(summary.length));
  row.bindList(WINDOW_COLUMNS.length + 2, listValue(lengths), LIST(BIGINT));
  await row.run();
  const parts = windows.flatMap((window, i) => [
    ...partsOf(window, 'summary', summaries[i] ?? ''),
    ...partsOf(window, 'partial', window.partial),
  ]);
  const bytes = statements.bytes;
  const bind = (at: number, type: DuckDBType, of: (part: DocumentPart) => DuckDBValue): void =>
    bytes.bindList(at, listValue(parts.map(of)), LIST(type));
  bytes.bindBigInt(1, BigInt(commitNumber));
  bind(2, VARCHAR, (part) => part.rolloutId);
  bind(3, BIGINT, (part) => BigInt(part.windowStartMs));
  bind(4, INTEGER, (part) => part.revision);
  bind(5, VARCHAR, (part) => part.document);
  bind(6, INTEGER, (part) => part.part);
  bind(7, BLOB, (part) => blobValue(part.bytes));
  await bytes.run();
}

interface DocumentPart {
  readonly rolloutId: string;
  readonly windowStartMs: number;
  readonly revision: number;
  readonly document: string;
  readonly part: number;
  readonly bytes: Uint8Array;
}

function partsOf(
  { summary: { rolloutId, windowStartMs, revision } }: StoredWindow,
  document: string,
  content: string | Uint8Array,
): DocumentPart[] {
  const window = { rolloutId, windowStartMs, revision };
  return packed(content).map((bytes, part) => ({ ...window, document, part, bytes }));
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
