import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { readSqlFile } from '../../../../src/adapters/duckdb/sql-files.ts';
import { latencyQuantileMs, WINDOW_COLUMNS } from '../../../../src/adapters/duckdb/window-row.ts';
import { latencyCell } from '../../../../src/core/windows/scales.ts';
import { windowOf } from '../../../contract/fixtures/commit.ts';

describe('the row of a window', () => {
  it('has a value for every column of the table but the commit number and the length', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    await connection.run(await readSqlFile('migrations/0001_store.sql'));
    await connection.run(await readSqlFile('migrations/0003_effective_from.sql'));
    await connection.run(await readSqlFile('migrations/0005_rankings.sql'));
    const described = await connection.runAndReadAll(
      `select column_name from (describe stored_windows)
       where column_name not in ('commit_number', 'summary_length')`,
    );
    expect(WINDOW_COLUMNS.map((column) => column.name)).toEqual(described.getRows().flat());
    instance.closeSync();
  });

  it('holds no sampling fraction where the arm has no record', () => {
    const { summary, ...rest } = windowOf(0);
    const canary = { ...summary.arms.canary, samplingFractionMin: Number.NaN };
    const window = { ...rest, summary: { ...summary, arms: { ...summary.arms, canary } } };
    const column = WINDOW_COLUMNS.find(({ name }) => name === 'canary_sampling_fraction_min');
    expect(column?.of(window)).toBeNull();
  });
});

describe('latency quantiles of cells', () => {
  it('are right within 1 %', () => {
    for (const latencyMs of [0.02, 1, 47.3, 250, 10_000]) {
      const cells: number[] = Array.from({ length: 1100 }, () => 0);
      cells[latencyCell(latencyMs)] = 5;
      const found = latencyQuantileMs(cells, 0.95) ?? 0;
      expect(Math.abs(found / latencyMs - 1)).toBeLessThan(0.0101);
    }
  });

  it('take the cell in which the share is reached', () => {
    const cells = [0, 95, 4, 1];
    const [p50, p95, p99, p100] = [0.5, 0.95, 0.99, 1].map((q) => latencyQuantileMs(cells, q));
    expect(p50).toBeCloseTo(0.0101, 4);
    expect(p95).toBe(p50);
    expect(p99).toBeCloseTo(0.0103, 4);
    expect(p100).toBeCloseTo(0.0105, 4);
  });

  it('are null without latencies', () => {
    expect(latencyQuantileMs([0, 0, 0], 0.5)).toBeNull();
  });
});
