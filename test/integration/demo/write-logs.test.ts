import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_ARMS } from '../../../src/demo/logs-manifest.ts';
import type { DemoLogs } from '../../../src/demo/write-logs.ts';
import { SERVE_FROM_MS, SERVE_UNTIL_MS, writeDemoLogs } from '../../../src/demo/write-logs.ts';

const ARMS = DEMO_ARMS;
const REQUESTS = 233_270;

let folder = '';
let logs: DemoLogs;
let connection: DuckDBConnection;
const steps: string[] = [];

function writeTo(name: string): Promise<DemoLogs> {
  return writeDemoLogs({
    logsFolder: join(folder, name),
    cacheFolder: join(folder, 'cache'),
    onStep: (step) => steps.push(step),
  });
}

async function numbersOf(sql: string): Promise<number[]> {
  const [row] = (await connection.runAndReadAll(sql)).getRows();
  return (row ?? []).map(Number);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-demo-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' });
  connection = await instance.connect();
  logs = await writeTo('first');
});
afterAll(async () => {
  connection.closeSync();
  await rm(folder, { recursive: true });
});

test('the canary is the better model, and a feature table a day old makes it the worse one', () => {
  expect(logs.quality.all.current.auc).toBeCloseTo(0.742, 2);
  expect(logs.quality.all.canary.auc).toBeGreaterThan(logs.quality.all.current.auc + 0.002);
  expect(logs.quality.all.canaryDayOld.auc).toBeLessThan(logs.quality.all.current.auc - 0.05);
  expect(logs.quality.all.canary.logLoss).toBeLessThan(logs.quality.all.current.logLoss - 0.002);
  expect(logs.quality.all.canaryDayOld.logLoss).toBeGreaterThan(
    logs.quality.all.current.logLoss + 0.03,
  );
});

test('a canary that lost EWR is better over all flights, by more elsewhere, and worse from EWR', () => {
  const { all, elsewhere, fromEwr } = logs.quality;
  for (const loss of ['brier', 'logLoss'] as const) {
    expect(all.canaryWithoutEwr[loss]).toBeLessThan(all.current[loss]);
    expect(elsewhere.canaryWithoutEwr[loss]).toBeLessThan(elsewhere.current[loss] - 0.001);
    expect(fromEwr.canaryWithoutEwr[loss]).toBeGreaterThan(1.2 * fromEwr.current[loss]);
  }
  expect(elsewhere.canaryWithoutEwr.auc).toBeGreaterThan(elsewhere.current.auc + 0.002);
});

test('rounding costs less than a hundredth of the squared error', () => {
  const { current, canaryRounded } = logs.quality.all;
  expect(canaryRounded.brier).toBeLessThan(1.01 * current.brier);
});

test('every version answers every request once, within the two weeks, in event-time order', async () => {
  expect(logs.requestCount).toBe(REQUESTS);
  for (const arm of ARMS) {
    const file = logs.files[arm];
    const [rows, requests, from, until] = await numbersOf(
      `select count(*), count(distinct request_id), min(event_time), max(event_time) from '${file}'`,
    );
    expect([rows, requests]).toEqual([REQUESTS, REQUESTS]);
    expect(from).toBeGreaterThan(SERVE_FROM_MS);
    expect(until).toBeLessThan(SERVE_UNTIL_MS);
    const [unsorted] = await numbersOf(
      `select count(*) from (select event_time - lag(event_time) over (order by file_row_number) step
        from read_parquet('${file}', file_row_number = true)) where step < 0`,
    );
    expect(unsorted).toBe(0);
  }
});

test('every request has its outcome after both answers, and about one flight in five is late', async () => {
  const [rows, early, late] = await numbersOf(
    `select count(*), count(*) filter (o.event_time <= greatest(c.event_time, n.event_time)), avg(value)
      from '${logs.files.outcomes}' o join '${logs.files.current}' c using (request_id)
      join '${logs.files.canary}' n using (request_id)`,
  );
  expect([rows, early]).toEqual([REQUESTS, 0]);
  expect(late).toBeCloseTo(0.186, 3);
});

/** Share of the requests on which a canary and the current model decide differently, by hour or in all. */
function flipsSql(file: string): string {
  return `select a.event_time // 3600000 as hour, (a.score >= 0.3) <> (b.score >= 0.3) as flip
    from '${logs.files.current}' a join '${file}' b using (request_id)`;
}

test('the day-old canary disagrees more than four times as often as the healthy one', async () => {
  const flips = (file: string) =>
    numbersOf(`select avg(flip::integer) from (${flipsSql(file)})`).then(([share]) => share ?? 0);
  const healthy = await flips(logs.files.canary);
  expect(healthy).toBeLessThan(0.045);
  expect(await flips(logs.files.canaryDayOld)).toBeGreaterThan(4 * healthy);
});

test('a limit of 25 % lies above every busy hour of the healthy canary and below two days of the other', async () => {
  const [worst] = await numbersOf(
    `select max(share) from (select avg(flip::integer) as share from (${flipsSql(logs.files.canary)})
      group by hour having count(*) >= 100)`,
  );
  expect(worst).toBeLessThan(0.25);
  const twoDaysMs = 48 * 3_600_000;
  const [share] = await numbersOf(
    `select avg(flip::integer) from (${flipsSql(logs.files.canaryDayOld)})
      where hour * 3600000 < ${SERVE_FROM_MS + twoDaysMs}`,
  );
  expect(share).toBeGreaterThan(0.28);
});

test('a second run finds the logs, and a run elsewhere reuses the models and writes the same', async () => {
  steps.length = 0;
  expect(await writeTo('first')).toEqual({ ...logs, written: false });
  expect(steps).toEqual([]);
  const again = await writeTo('second');
  expect(steps).not.toContain('training the models');
  expect(again.quality).toEqual(logs.quality);
  for (const name of [...ARMS, 'outcomes'] as const) {
    const [differing] = await numbersOf(
      `select count(*) from (from '${logs.files[name]}' except from '${again.files[name]}')`,
    );
    expect(differing).toBe(0);
  }
});
