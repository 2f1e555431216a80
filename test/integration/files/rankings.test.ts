import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileLog } from '../../../src/adapters/files/reader/open-file-log.ts';
import type { PredictionColumns } from '../../../src/core/events/batch.ts';
import {
  fileOptions,
  inFolder,
  predictionOf,
  predictionRow,
  START_MS,
  writeLines,
  writeParquet,
} from '../../support/log-files.ts';

const LISTS: readonly (readonly string[] | null)[] = [
  ['x', 'y', 'z', 'u'],
  ['z', 'x'],
  null,
  ['', 'é', 'x'],
  [],
];

/** The items of all records, `rankedItemCount` words each; null when they are not carried. */
async function itemsOf(
  path: string,
  folder: string,
  rankedItemCount: number,
): Promise<readonly number[] | null> {
  const log = await openFileLog({ ...fileOptions(folder, { current: [path] }), rankedItemCount });
  try {
    expect(log.schema.rankedItemCount).toBe(rankedItemCount);
    const items: number[] = [];
    let columns: PredictionColumns | null = null;
    for (let frame = await log.next(); frame !== null; frame = await log.next()) {
      columns = frame.current;
      const words = columns?.rankedItems ?? new Uint32Array(0);
      for (const word of words.subarray(0, rankedItemCount * (columns?.length ?? 0)))
        items.push(word);
    }
    return columns?.rankedItems === null ? null : items;
  } finally {
    await log.close();
  }
}

function lines(): readonly object[] {
  return LISTS.map((items, i) => ({
    ...predictionRow(predictionOf({ requestId: `r${i}` })),
    items,
  }));
}

function query(): string {
  const lists = LISTS.map((items, i) => {
    const texts = (items ?? []).map((item) => `'${item}'`).join(', ');
    return `(${i}, ${items === null ? 'null' : `[${texts}]::varchar[]`})`;
  });
  return `select 'r' || i as request_id, 'fraud' as model, 'v6' as version,
    ${START_MS}::bigint as event_time, 0.5 as score, items
    from (values ${lists.join(', ')}) t(i, items)`;
}

describe('the first items of rankings in files', () => {
  test('are the same numbers at any place, from Parquet and from JSON Lines', async () => {
    await inFolder(async (folder) => {
      const parquet = await writeParquet(join(folder, 'a.parquet'), query());
      const items = (await itemsOf(parquet, folder, 3)) ?? [];
      const [x = 0, y = 0, z = 0] = items;
      expect(new Set([0, x, y, z]).size).toBe(4);
      expect(items.slice(3, 9)).toEqual([z, x, 0, 0, 0, 0]);
      expect(items.slice(11)).toEqual([x, 0, 0, 0]);
      const text = await writeLines(join(folder, 'a.jsonl'), lines());
      expect(await itemsOf(text, folder, 3)).toEqual(items);
    });
  });

  test('are not carried where no plan compares them, nor from files without', async () => {
    await inFolder(async (folder) => {
      const parquet = await writeParquet(join(folder, 'a.parquet'), query());
      expect(await itemsOf(parquet, folder, 0)).toBeNull();
      const without = `select * exclude items from (${query()})`;
      const bare = await writeParquet(join(folder, 'b.parquet'), without);
      expect(await itemsOf(bare, folder, 3)).toBeNull();
    });
  });

  test('come through all chunks of a large file', async () => {
    await inFolder(async (folder) => {
      const path = await writeParquet(
        join(folder, 'large.parquet'),
        `select 'r' || i as request_id, 'fraud' as model, 'v6' as version,
          (${START_MS} + i)::bigint as event_time, ['same', 'i' || i] as items from range(10000) t(i)`,
      );
      const items = (await itemsOf(path, folder, 100)) ?? [];
      expect(items).toHaveLength(1_000_000);
      expect(new Set(items.filter((_, at) => at % 100 === 0)).size).toBe(1);
      expect(new Set(items.filter((_, at) => at % 100 === 1)).size).toBe(10_000);
      expect(items.every((item, at) => at % 100 < 2 || item === 0)).toBe(true);
    });
  });
});
