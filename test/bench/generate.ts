import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Two prediction logs of the same requests: what the benchmarks read. */
export interface GeneratedLogs {
  readonly current: string;
  readonly canary: string;
  readonly pairCount: number;
}

export interface GenerateOptions {
  readonly folder: string;
  readonly pairCount: number;
  readonly featureCount?: number;
  /** Requests per minute of event time: 1,500 makes 667 windows of 60 s of a million pairs. */
  readonly pairsPerMinute?: number;
}

export const BENCH_MODEL = 'bench';
export const BENCH_VERSIONS = { current: 'v1', canary: 'v2' } as const;
const START_MS = 986_947_200_000;

/** A number in [0, 1) that depends on the row and on nothing else: the same file on every machine. */
function uniform(row: string, salt: number): string {
  return `((hash(${row} || '/${salt}') & 1048575)::double / 1048576)`;
}

/** One arm's rows; the canary answers the same requests, a little later and a little differently. */
function armSql(options: Required<GenerateOptions>, arm: 'current' | 'canary'): string {
  const features = Array.from({ length: options.featureCount }, (_, k) => {
    const name = `f${String(k).padStart(2, '0')}`;
    return `${name} := round(${uniform('i', k)} * 100, 3)`;
  });
  const shift = arm === 'current' ? '0' : `(${uniform('i', 101)} - 0.5) * 0.04`;
  const stepMs = 60_000 / options.pairsPerMinute;
  return `select printf('req-%010d', i) as request_id, '${BENCH_MODEL}' as model,
      '${BENCH_VERSIONS[arm]}' as version,
      (${START_MS} + floor(i * ${stepMs}) + ${arm === 'current' ? 0 : 3})::bigint as event_time,
      'unit-' || (hash(i, 77) % 50000) as unit_id,
      greatest(0, least(1, ${uniform('i', 100)} + ${shift}))::double as score,
      round(20 + 30 * ${uniform('i', arm === 'current' ? 102 : 103)}, 2)::double as latency_ms,
      struct_pack(${features.join(', ')}) as features
    from range(${options.pairCount}) as t(i)`;
}

/** Writes both logs into the folder, unless they are there already, and says where they are. */
export async function generateLogs(options: GenerateOptions): Promise<GeneratedLogs> {
  const full = { featureCount: 12, pairsPerMinute: 1500, ...options };
  await mkdir(full.folder, { recursive: true });
  const stem = `${full.pairCount}-${full.featureCount}-${full.pairsPerMinute}`;
  const path = (arm: string): string => join(full.folder, `bench-${arm}-${stem}.parquet`);
  for (const arm of ['current', 'canary'] as const) {
    const exists = await stat(path(arm)).then(
      () => true,
      () => false,
    );
    if (!exists) await writeArm(armSql(full, arm), path(arm));
  }
  return { current: path('current'), canary: path('canary'), pairCount: full.pairCount };
}

async function writeArm(sql: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '512MB' });
  const connection = await instance.connect();
  try {
    const aside = `${path}.aside`;
    await connection.run(`copy (${sql}) to '${aside.replaceAll("'", "''")}' (format parquet)`);
    await rename(aside, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
