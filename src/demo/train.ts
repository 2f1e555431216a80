import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { computeFeatures, WITHOUT_EWR } from './features.ts';
import type { Flights } from './flights.ts';
import { firstRowAt, lateLabels } from './flights.ts';
import type { BoostedModel } from './gradient-boosting.ts';
import { trainBoosting } from './gradient-boosting.ts';
import type { LogisticModel } from './logistic-regression.ts';
import { trainLogistic } from './logistic-regression.ts';
import { randomStream, sampleRows } from './random.ts';

/** The versions of the flight-delay model. */
export interface DemoModels {
  readonly current: LogisticModel;
  readonly canary: BoostedModel;
  /** The canary as another run of its training left it: a join had lost one airport. */
  readonly canaryWithoutEwr: BoostedModel;
}

/** All learn from January to March. */
const TRAIN_UNTIL_MS = Date.UTC(2001, 3, 1);
const TRAIN_ROWS = 200_000;
const SAMPLE_SEED = 1;
const ORDER_SEED = 7;

/** The columns `hour` and `weekday` have no order that a straight line could follow. */
const ONE_HOT = [
  { column: 0, size: 24 },
  { column: 1, size: 7 },
] as const;

/** Trains all models on the same sample of flights; one never sees those that its join lost. */
export function trainModels(flights: Flights, rowCount: number = TRAIN_ROWS): DemoModels {
  const candidates = firstRowAt(flights, TRAIN_UNTIL_MS);
  const rows = sampleRows(candidates, rowCount, randomStream(SAMPLE_SEED));
  const features = computeFeatures(flights, rows);
  const labels = lateLabels(flights, rows);
  const seen = rows.filter(
    (row) => flights.airports[Number(flights.origin[row])] !== WITHOUT_EWR.lostOrigin,
  );
  return {
    current: trainLogistic(features, labels, { oneHot: ONE_HOT, seed: ORDER_SEED }),
    canary: trainBoosting(features, labels),
    canaryWithoutEwr: trainBoosting(computeFeatures(flights, seen), lateLabels(flights, seen)),
  };
}

const numbers = z.array(z.number());
const boosted = z.object({
  depth: z.number(),
  baseLogOdds: z.number(),
  trees: z.array(z.object({ columns: numbers, thresholds: numbers, leaves: numbers })),
});
const modelsSchema = z.object({
  current: z.object({
    oneHot: z.array(z.object({ column: z.number(), size: z.number() })),
    scaled: z.array(z.object({ column: z.number(), mean: z.number(), scale: z.number() })),
    weights: numbers,
  }),
  canary: boosted,
  canaryWithoutEwr: boosted,
});

/** The models kept in `file`, or undefined where there are none that can be read. */
export async function readModels(file: string): Promise<DemoModels | undefined> {
  try {
    const parsed = modelsSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.data;
  } catch {
    return undefined;
  }
}

/** Written aside, then renamed: a reader never sees half a model. */
export async function saveModels(file: string, models: DemoModels): Promise<void> {
  const aside = `${file}.${process.pid}.partial`;
  await writeFile(aside, JSON.stringify(models));
  await rename(aside, file);
}
