import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import {
  bytes,
  doubles,
  integers,
  shorts,
  textAt,
  wordPairs,
} from '../../../../../src/adapters/files/reader/native.ts';

test('columns are the typed arrays that DuckDB filled, one for each type that is read', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const result = await connection.stream(
    `select i + 0.5::double, (i + 4294967296 * 7)::ubigint, i::utinyint, (i + 60000)::usmallint,
      -i::integer, case when i < 2 then 'a text longer than twelve bytes ' || i end
      from range(3) t(i)`,
  );
  const chunk = await result.fetchChunk();
  if (chunk === null) throw new Error('no chunk');
  expect([...doubles(chunk, 0)]).toEqual([0.5, 1.5, 2.5]);
  expect([...wordPairs(chunk, 1)]).toEqual([0, 7, 1, 7, 2, 7]);
  expect([...bytes(chunk, 2)]).toEqual([0, 1, 2]);
  expect([...shorts(chunk, 3)]).toEqual([60_000, 60_001, 60_002]);
  expect([...integers(chunk, 4)]).toEqual([-0, -1, -2].map((value) => value + 0));
  expect(textAt(chunk, 5, 1)).toBe('a text longer than twelve bytes 1');
  expect(textAt(chunk, 5, 2)).toBeNull();
  expect(() => doubles(chunk, 2)).toThrow(/column 2 is DOUBLE/);
  connection.closeSync();
  instance.closeSync();
});
