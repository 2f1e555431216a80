import type { DuckDBConnection } from '@duckdb/node-api';
import { defined } from '../../core/foundation/assert.ts';
import { OUTBOX_KINDS, SeenEntries, windowId } from '../../pipeline/outbox.ts';
import type { Commit, OutboxKind, OutboxRow, WindowStore } from '../../pipeline/ports.ts';
import {
  type CommitStatements,
  type KnownRows,
  prepareCommit,
  writeCommit,
} from './commit-writer.ts';
import { giveBackPages } from './give-back.ts';
import { migrate } from './migrate.ts';
import { type OpenDatabase, openDatabase } from './open.ts';
import { publishRows } from './publish.ts';
import { readMigrations } from './sql-files.ts';
import { inTransaction } from './transaction.ts';

/** A commit of a few windows adds some 100 kB of pages. */
const COMMITS_PER_GIVE_BACK = 32;

export interface DuckDbStoreOptions {
  /** The output folder: holds `coalmine.duckdb`, `parquet/` and `views.sql`. */
  readonly folder: string;
  /** Such as `256MB`, the default. */
  readonly memoryLimit?: string;
  readonly threadCount?: number;
}

/** The store, and what belongs to its file beside the port: whose it is. */
export interface DuckDbStore extends WindowStore {
  /** Notes about the file itself, such as the rollout, the plan's digest and the inputs. */
  readMeta(): Promise<ReadonlyMap<string, string>>;
  writeMeta(entries: ReadonlyMap<string, string>): Promise<void>;
}

/**
 * Opens the database of an output folder, made or migrated as needed. This process owns it until
 * `close`.
 *
 * @throws CoalmineError `output_unwritable`, `store_locked`, `store_newer`, `store_failed`
 */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<DuckDbStore> {
  const limits = {
    memoryLimit: options.memoryLimit ?? '256MB',
    threadCount: options.threadCount ?? 2,
  };
  const database = await openDatabase(options.folder, limits);
  try {
    const connection = await database.connect();
    await migrate(connection, await readMigrations());
    await connection.run(`insert into state select 0, '' where not exists (select 1 from state)`);
    const publisher = await database.connect();
    const known = await loadKnown(connection);
    const statements = await prepareCommit(connection);
    return new Store({
      folder: options.folder,
      database,
      connection,
      publisher,
      statements,
      known,
      memoryLimit: limits.memoryLimit,
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

interface StoreParts {
  readonly folder: string;
  readonly database: OpenDatabase;
  readonly connection: DuckDBConnection;
  /** A connection of its own: publishing reads a snapshot while commits go on. */
  readonly publisher: DuckDBConnection;
  readonly statements: CommitStatements;
  readonly known: KnownRows;
  readonly memoryLimit: string;
}

class Store implements DuckDbStore {
  readonly #parts: StoreParts;
  /** One statement at a time on the committing connection, one publication at a time beside it. */
  #committing: Promise<unknown> = Promise.resolve();
  #publishing: Promise<unknown> = Promise.resolve();
  #commitCount = 0;
  #isPublishing = false;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async loadState(): Promise<string | null> {
    return await this.#inTurn(async () => {
      const reader = await this.#parts.connection.runAndReadAll(
        'select body from state where commit_number > 0',
      );
      const body = reader.getRows()[0]?.[0];
      return body === undefined ? null : String(body);
    });
  }

  async commit(commit: Commit): Promise<void> {
    const { connection, statements, known, memoryLimit } = this.#parts;
    await this.#inTurn(async () => {
      await writeCommit(connection, statements, { commit, known });
      this.#commitCount += 1;
      if (!this.#isPublishing && this.#commitCount % COMMITS_PER_GIVE_BACK === 0) {
        await giveBackPages(connection, memoryLimit);
      }
    });
  }

  async outbox(kind: OutboxKind, afterNumber: number, limit: number): Promise<OutboxRow[]> {
    return await this.#inTurn(async () => {
      const reader = await this.#parts.connection.runAndReadAll(
        `select number, id, body from outbox
         where kind = $1 and number > $2::bigint order by number limit $3::bigint`,
        [kind, afterNumber, limit],
      );
      return reader.getRows().map(([number, id, body]) => ({
        kind,
        number: Number(number),
        id: String(id),
        body: String(body),
      }));
    });
  }

  async publish(): Promise<readonly string[]> {
    const { publisher, folder, memoryLimit } = this.#parts;
    const afterPiece = async (): Promise<void> => {
      await this.#inTurn(async () => {
        await giveBackPages(publisher, memoryLimit);
      });
    };
    const next = this.#publishing.then(async () => {
      this.#isPublishing = true;
      return await publishRows(publisher, folder, afterPiece);
    });
    this.#publishing = next
      .catch(() => null)
      .finally(() => {
        this.#isPublishing = false;
      });
    return await next;
  }

  async readMeta(): Promise<ReadonlyMap<string, string>> {
    return await this.#inTurn(async () => {
      const reader = await this.#parts.connection.runAndReadAll('select key, value from meta');
      return new Map(reader.getRows().map(([key, value]) => [String(key), String(value)]));
    });
  }

  async writeMeta(entries: ReadonlyMap<string, string>): Promise<void> {
    const { connection } = this.#parts;
    await this.#inTurn(
      async () =>
        await inTransaction(connection, async () => {
          for (const [key, value] of entries) {
            await connection.run('delete from meta where key = $1', [key]);
            await connection.run('insert into meta values ($1, $2)', [key, value]);
          }
        }),
    );
  }

  async close(): Promise<void> {
    await this.#committing;
    await this.#publishing;
    const { connection, publisher, database } = this.#parts;
    connection.closeSync();
    publisher.closeSync();
    database.close();
  }

  /** Statements of two callers must not meet inside one transaction. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#committing.then(work);
    this.#committing = next.catch(() => null);
    return await next;
  }
}

async function loadKnown(connection: DuckDBConnection): Promise<KnownRows> {
  const windowIds = new Set<string>();
  const windows = await connection.runAndReadAll(
    'select rollout_id, window_start_ms::double, revision from stored_windows',
  );
  for (const [rolloutId, windowStartMs, revision] of windows.getRows()) {
    const window = { rolloutId: String(rolloutId), windowStartMs: Number(windowStartMs) };
    windowIds.add(windowId({ ...window, revision: Number(revision) }));
  }
  const entries = new SeenEntries();
  const outbox = await connection.runAndReadAll('select kind, id from outbox');
  for (const [kind, id] of outbox.getRows()) entries.add(outboxKind(String(kind)), String(id));
  const state = await connection.runAndReadAll('select commit_number::double from state');
  return { windowIds, entries, commitNumber: Number(state.getRows()[0]?.[0]) };
}

function outboxKind(text: string): OutboxKind {
  return defined(
    OUTBOX_KINDS.find((kind) => kind === text),
    `outbox kind ${text}`,
  );
}
