import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configText, planText, profileText } from './coalmine-files.ts';
import { recordsOf } from './count.ts';
import type { ExpectedTotals } from './expected.ts';
import { type Child, startChild } from './measured.ts';
import { readTotals } from './partials.ts';
import { watchProgress } from './progress.ts';
import type { Run } from './run.ts';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** What one run of coalmine needs: topics and folders of its own, so that nothing is left of an earlier one. */
export interface CoalminePlaces {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Of this run alone: prefix of its groups and of its own topics. */
  readonly name: string;
  readonly folder: string;
  readonly httpPort: number;
  /** What is measured: `join` is the joiner alone, `run` the whole line in one process. */
  readonly verb: string;
}

/** Whether the built command line has a verb. */
export function hasVerb(verb: string): boolean {
  // Help for a verb that is not there is the help of all verbs.
  const help = spawnSync(process.execPath, [CLI, verb, '--help'], { encoding: 'utf8' });
  return help.stdout.includes(`coalmine ${verb}`);
}

/** Writes its config, plan and profile, and starts it on them. */
export async function startCoalmine(places: CoalminePlaces): Promise<Child> {
  const { folder, verb } = places;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'profile.json'), profileText());
  await writeFile(join(folder, 'plan.yaml'), planText());
  const config = join(folder, 'coalmine.yaml');
  await writeFile(config, configText(places));
  return startChild({
    file: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', CLI, verb, '-c', config],
    logFile: join(folder, 'coalmine.log'),
  });
}

/** One run, until all that is in the topics has come out as partials; their sums are its totals. */
export async function runCoalmine(places: CoalminePlaces, expected: ExpectedTotals): Promise<Run> {
  const recordCount = recordsOf(expected);
  const child = await startCoalmine(places);
  const seconds = await watchProgress({ child, httpPort: places.httpPort, recordCount });
  const totals = await readTotals({ ...places, topic: `${places.name}.partials`, recordCount });
  const usage = await child.end();
  const { flipsUp, flipsDown, pairs, onlyCurrent, onlyCanary } = expected;
  const wanted = { pairs, onlyCurrent, onlyCanary, flipsUp, flipsDown };
  return {
    pairsPerS: pairs / seconds,
    recordsPerS: recordCount / seconds,
    cpuS: usage.cpuS,
    peakRssMb: usage.peakRssMb,
    isExact: JSON.stringify(totals) === JSON.stringify(wanted),
  };
}
