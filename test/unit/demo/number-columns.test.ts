import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNumberColumns, writeNumberTable } from '../../../src/demo/number-columns.ts';

const ROWS = 5000;
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '256MB' });
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

test('columns come back bit for bit, in their order, over several chunks', async () => {
  const x = Float64Array.from({ length: ROWS }, (_, row) => Math.sqrt(row));
  const y = Float64Array.from({ length: ROWS }, (_, row) => -row / 3);
  await writeNumberTable(connection, 'points', { x, y });
  const readX = new Float64Array(ROWS);
  const readY = new Float64Array(ROWS);
  const starts: number[] = [];
  const rowCount = await readNumberColumns(connection, 'from points', ([a, b], firstRow) => {
    starts.push(firstRow);
    readX.set(a ?? [], firstRow);
    readY.set(b ?? [], firstRow);
  });
  expect(rowCount).toBe(ROWS);
  expect(starts).toEqual([0, 2048, 4096]);
  expect(readX).toEqual(x);
  expect(readY).toEqual(y);
});

test('writing a table again replaces it', async () => {
  await writeNumberTable(connection, 'points', { x: Float64Array.of(1, 2) });
  await writeNumberTable(connection, 'points', { x: Float64Array.of(3) });
  const result = await connection.runAndReadAll('from points');
  expect(result.getRows()).toEqual([[3]]);
});

test('a query without rows visits nothing', async () => {
  const visit = (): never => {
    throw new Error('nothing to visit');
  };
  await writeNumberTable(connection, 'nothing', { x: new Float64Array(0) });
  expect(await readNumberColumns(connection, 'from nothing', visit)).toBe(0);
});

test('columns of different lengths and columns that are no numbers are refused', async () => {
  const uneven = { x: new Float64Array(1), y: new Float64Array(2) };
  await expect(writeNumberTable(connection, 'uneven', uneven)).rejects.toThrow('one length');
  await expect(
    readNumberColumns(connection, `select 'text' as t`, () => undefined),
  ).rejects.toThrow('DOUBLE');
});
