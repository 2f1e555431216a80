import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ExpectedTotals } from './expected.ts';
import { runChild } from './measured.ts';
import type { Run } from './run.ts';

const COUNTED = z.object({ records: z.number(), seconds: z.number() });

export interface CountPlace {
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly groupId: string;
  readonly logFile: string;
}

/** One run of the counting loop in a process of its own. Two records are taken for a pair. */
export async function runCount(place: CountPlace, expected: ExpectedTotals): Promise<Run> {
  const recordCount = recordsOf(expected);
  const { output, usage } = await runChild({
    file: process.execPath,
    args: [
      '--disable-warning=TimeoutNegativeWarning',
      fileURLToPath(new URL('count-loop.ts', import.meta.url)),
      place.brokers.join(','),
      place.groupId,
      String(recordCount),
      ...place.topics,
    ],
    logFile: place.logFile,
  });
  const { records, seconds } = COUNTED.parse(JSON.parse(output));
  return {
    recordsPerS: records / seconds,
    pairsPerS: expected.pairs / seconds,
    cpuS: usage.cpuS,
    peakRssMb: usage.peakRssMb,
    isExact: records === recordCount,
  };
}

export function recordsOf({ pairs, onlyCurrent, onlyCanary }: ExpectedTotals): number {
  return 2 * pairs + onlyCurrent + onlyCanary;
}
