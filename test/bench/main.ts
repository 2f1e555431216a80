import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateLogs } from './generate.ts';
import { measureJudging } from './judge.ts';
import { sectionIn, withSection } from './kafka/section.ts';
import { measureReplay } from './measure.ts';
import { type MeasuredRun, reportText, type Size } from './report.ts';
import { timePerStep } from './shares.ts';

/** `npm run bench`: measures the built package and writes docs/benchmarks.md. */

const PAIRS = '1000000,3000000';
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: PAIRS },
    runs: { type: 'string', default: '3' },
    folder: { type: 'string', default: join('.cache', 'bench') },
    report: { type: 'string', default: join('docs', 'benchmarks.md') },
  },
});
const folder = values.folder;

async function measureSize(pairCount: number): Promise<Size> {
  await generateLogs({ folder, pairCount });
  const runs: MeasuredRun[] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    const loadBefore = loadavg()[0] ?? 0;
    const measured = await measureReplay({ folder, pairCount, profileFolder: null });
    runs.push({ ...measured, loadBefore });
    tell(`${pairCount} pairs, run ${run}: ${JSON.stringify(runs.at(-1))}`);
  }
  const profileFolder = join(folder, 'profile');
  await rm(profileFolder, { recursive: true, force: true });
  await mkdir(profileFolder, { recursive: true });
  await measureReplay({ folder, pairCount, profileFolder });
  return { pairCount, runs, steps: await timePerStep(profileFolder) };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

const sizes: Size[] = [];
const judge = measureJudging();
for (const pairCount of values.pairs.split(',').map(Number)) {
  sizes.push(await measureSize(pairCount));
  // After every size: who has waited for some of them does not lose these.
  const text = reportText({
    command: values.pairs === PAIRS ? 'npm run bench' : `npm run bench -- --pairs ${values.pairs}`,
    date: new Date().toISOString().slice(0, 10),
    sizes,
    judge,
  });
  // What another command measured over Kafka stays.
  const before = await readFile(values.report, 'utf8').catch(() => '');
  await writeFile(values.report, withSection(text, sectionIn(before)));
  tell(`written: ${values.report}`);
}
