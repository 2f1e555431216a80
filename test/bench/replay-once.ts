import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePlan } from '../../src/app/plan/parse.ts';
import { replay } from '../../src/app/replay.ts';
import { BENCH_MODEL, BENCH_VERSIONS, generateLogs } from './generate.ts';
import type { ReplayMeasure } from './measure.ts';

/** One replay in a process of its own, so that its peak memory is its own: prints one line of JSON. */

const PLAN = `
apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: bench }
spec:
  model: ${BENCH_MODEL}
  current: ${BENCH_VERSIONS.current}
  canary: ${BENCH_VERSIONS.canary}
  window: { length: 60s, grace: 30s, skewMax: 30s, outOfOrderness: 5s, futureMax: 60s, late: drop }
  reference: { minSamples: 10000 }
  decision: { of: score, threshold: 0.5 }
  keepPairs: { mode: none }
  steps: [ { shadow: { duration: 365d, minPairs: 2000 } }, { setWeight: 100, bake: 2h } ]
  metrics:
    - { name: error-rate, type: errorRate, tolerance: { ratio: 1.25, difference: 0.001 }, critical: true, weight: 0.3 }
    - { name: latency-p95, type: latency, quantile: 0.95, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.25 }
    - { name: disagreement, type: disagreement, max: 0.12, weight: 0.2 }
    - { name: missing, type: missing, max: 0.01, onFail: hold, rollbackAbove: 0.10, weight: 0.05 }
    - { name: divergence, type: divergence, of: score, measure: psi, max: 0.25, onFail: { paired: warn, unpaired: hold } }
`;

const folder = process.argv[2] ?? 'bench';
const pairCount = Number(process.argv[3] ?? 1_000_000);
const parsed = parsePlan(PLAN, 'bench.yaml');
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const logs = await generateLogs({ folder, pairCount });
const out = join(folder, 'out');
await rm(out, { recursive: true, force: true });
const beganMs = performance.now();
let readingMs = beganMs;
let storedMs = beganMs;
let openedCpuS = 0;
let storedCpuS = 0;
const mainCpuS = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
const ignore = (): void => {};
const report = await replay({
  plan: parsed.plan,
  policyDigest: parsed.digest,
  current: [logs.current],
  canary: [logs.canary],
  outcomes: [],
  out,
  traffic: 'simulate',
  speed: 'max',
  partitionCount: 4,
  log: { info: ignore, warn: ignore, error: ignore },
  signal: new AbortController().signal,
  onStart: () => {
    readingMs = performance.now();
    openedCpuS = mainCpuS();
  },
  onProgress: () => {
    storedMs = performance.now();
    storedCpuS = mainCpuS();
  },
});
const endedMs = performance.now();
const cpu = process.cpuUsage();
const measure: ReplayMeasure = {
  pairs: report.counters.matched,
  verdicts: report.verdictCount,
  openS: (readingMs - beganMs) / 1000,
  replayS: (storedMs - readingMs) / 1000,
  replayMainCpuS: storedCpuS - openedCpuS,
  publishS: (endedMs - storedMs) / 1000,
  cpuS: (cpu.user + cpu.system) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(measure)}\n`);
