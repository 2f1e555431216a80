import { join } from 'node:path';
import { openFileLog } from '../../src/adapters/files/reader/open-file-log.ts';
import { BENCH_MODEL, BENCH_VERSIONS, generateLogs } from './generate.ts';

/** What reading alone reached. */
export interface ReadRate {
  readonly pairCount: number;
  readonly recordCount: number;
  readonly frameCount: number;
  readonly elapsedMs: number;
  readonly pairsPerSecond: number;
  readonly rssPeakMb: number;
}

/** Reads two generated logs through the file log and touches every column, as the line does. */
export async function measureReading(folder: string, pairCount: number): Promise<ReadRate> {
  const logs = await generateLogs({ folder, pairCount });
  const startMs = performance.now();
  const log = await openFileLog({
    current: [logs.current],
    canary: [logs.canary],
    outcomes: [],
    model: BENCH_MODEL,
    currentVersion: BENCH_VERSIONS.current,
    canaryVersion: BENCH_VERSIONS.canary,
    outcomeMetrics: [],
    futureMaxMs: 60_000,
    limits: { recordSizeMaxBytes: 1_000_000, requestIdLengthMax: 1000 },
    featuresMax: 200,
    spoolFolder: join(folder, 'spool'),
    from: null,
  });
  let recordCount = 0;
  let frameCount = 0;
  for (let frame = await log.next(); frame !== null; frame = await log.next()) {
    recordCount += frame.length;
    frameCount += 1;
  }
  await log.close();
  const elapsedMs = performance.now() - startMs;
  return {
    pairCount,
    recordCount,
    frameCount,
    elapsedMs,
    pairsPerSecond: Math.round(pairCount / (elapsedMs / 1000)),
    rssPeakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

if (import.meta.main) {
  const [folder = join('.cache', 'bench'), pairs = '1000000'] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await measureReading(folder, Number(pairs)))}\n`);
}
