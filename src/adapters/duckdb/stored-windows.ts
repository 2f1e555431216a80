import { DuckDBBlobValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { assert, defined } from '../../core/foundation/assert.ts';
import type { WindowSummary } from '../../core/windows/summary.ts';
import { parseExactJson } from '../../pipeline/exact-json.ts';
import { windowId } from '../../pipeline/outbox.ts';
import type { PartitionPosition, StoredWindow } from '../../pipeline/ports.ts';
import { unpacked, unpackedText } from './window-bytes.ts';

const WINDOWS_PER_PAGE = 64;

/** Columns that {@link collectDocuments} takes; rows must come by window, document and part. */
export const DOCUMENT_COLUMNS = `commit_number::double, rollout_id, window_start_ms::double, revision,
  document, bytes`;

/** A document of a window, in its parts. */
export interface StoredDocument {
  readonly commitNumber: number;
  readonly rolloutId: string;
  readonly windowStartMs: number;
  readonly revision: number;
  readonly document: string;
  readonly parts: Uint8Array[];
}

/** Windows of a rollout that start before a time, in pages: all of a long one would not fit into memory. */
export async function* readStoredWindows(
  connection: DuckDBConnection,
  rolloutId: string,
  beforeMs: number,
): AsyncGenerator<StoredWindow> {
  for (let offset = 0; ; offset += WINDOWS_PER_PAGE) {
    const values = [rolloutId, beforeMs, WINDOWS_PER_PAGE, offset];
    const page = `select rollout_id, window_start_ms, revision, stage_index, positions, effective_from_ms::double
      from stored_windows where rollout_id = $1 and window_start_ms < $2::bigint
      order by window_start_ms, revision limit $3::bigint offset $4::bigint`;
    const windows = (await connection.runAndReadAll(page, values)).getRows();
    const bytes = await connection.runAndReadAll(
      `with page as (${page})
       select ${DOCUMENT_COLUMNS} from window_bytes
       semi join page using (rollout_id, window_start_ms, revision)
       order by window_start_ms, revision, document, part`,
      values,
    );
    const documents = new Map(
      collectDocuments(bytes.getRows()).map((d) => [`${windowId(d)}/${d.document}`, d.parts]),
    );
    for (const row of windows) yield storedWindow(row, documents);
    if (windows.length < WINDOWS_PER_PAGE) return;
  }
}

function storedWindow(
  row: readonly DuckDBValue[],
  documents: ReadonlyMap<string, readonly Uint8Array[]>,
): StoredWindow {
  const [rolloutId, windowStartMs, revision, stageIndex, positions, effectiveFromMs] = row;
  const id = windowId({
    rolloutId: String(rolloutId),
    windowStartMs: Number(windowStartMs),
    revision: Number(revision),
  });
  const parts = (document: string) =>
    defined(documents.get(`${id}/${document}`), `${document} of ${id}`);
  // The decoder's edge: these texts were written by us, from values of these types.
  return {
    summary: parseExactJson(unpackedText(parts('summary'))) as WindowSummary,
    stageIndex: Number(stageIndex),
    effectiveFromMs: effectiveFromMs === null ? null : Number(effectiveFromMs),
    partial: unpacked(parts('partial')),
    positions: parseExactJson(String(positions)) as PartitionPosition[],
  };
}

/** Puts the parts of each document together. */
export function collectDocuments(rows: readonly (readonly DuckDBValue[])[]): StoredDocument[] {
  const documents: StoredDocument[] = [];
  for (const [commitNumber, rolloutId, windowStartMs, revision, document, bytes] of rows) {
    assert(bytes instanceof DuckDBBlobValue, 'a part is stored as bytes');
    const row = {
      commitNumber: Number(commitNumber),
      rolloutId: String(rolloutId),
      windowStartMs: Number(windowStartMs),
      revision: Number(revision),
      document: String(document),
      parts: [bytes.bytes],
    };
    const last = documents.at(-1);
    const same =
      last !== undefined && last.document === row.document && windowId(last) === windowId(row);
    if (same) last.parts.push(bytes.bytes);
    else documents.push(row);
  }
  return documents;
}
