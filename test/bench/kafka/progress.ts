import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from './measured.ts';

/** Records that joiners have joined, over all topics and partitions. */
const RECORDS_METRIC = 'coalmine_records_read_total';
const POLL_MS = 50;
const READ_MS_MAX = 1_800_000;

/**
 * Seconds from the first to the last record that the process read, by its own counter. Both ends are
 * taken generously: from the last look that saw none to the first that saw all.
 */
export async function watchProgress(of: {
  readonly child: Child;
  readonly httpPort: number;
  readonly recordCount: number;
}): Promise<number> {
  const { child, httpPort, recordCount } = of;
  const deadlineMs = performance.now() + READ_MS_MAX;
  let fromMs = performance.now();
  for (;;) {
    const beforeMs = performance.now();
    const read = sumOfMetric(await metricsText(httpPort), RECORDS_METRIC);
    if (read === 0) fromMs = beforeMs;
    if (read >= recordCount) return (performance.now() - fromMs) / 1000;
    if (child.process.exitCode !== null) throw new Error(`coalmine ended:\n${child.output()}`);
    if (beforeMs > deadlineMs) throw new Error(`coalmine has read ${read} of ${recordCount}`);
    await pause(POLL_MS);
  }
}

async function metricsText(httpPort: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  } catch {
    // It does not listen yet.
    return '';
  }
}

/** The sum of a metric over all its labels, from the text that Prometheus reads; 0 when there is none. */
export function sumOfMetric(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
