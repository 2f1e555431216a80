import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readModels, saveModels, trainModels } from '../../../src/demo/train.ts';
import { flightsOf } from '../../support/demo/flight-builder.ts';

const DAY = 24 * 60;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-train-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const MARCH = Array.from({ length: 600 }, (_, k) => ({
  minute: -30 * DAY + 60 * k,
  delay: (k * 7) % 40,
}));
const APRIL = Array.from({ length: 50 }, (_, k) => ({ minute: k, delay: 300 }));

test('all models learn from flights before April only, and always the same', () => {
  const models = trainModels(flightsOf([...MARCH, ...APRIL]), 400);
  expect(models).toEqual(trainModels(flightsOf(MARCH), 400));
  expect(models.canary.trees).toHaveLength(60);
  expect(models.current.weights).toHaveLength(24 + 7 + 8 + 1);
});

test('one model never sees the flights from EWR', () => {
  const inMarch = flightsOf(
    [...MARCH, ...MARCH.map((flight) => ({ ...flight, delay: 300, origin: 1 }))].toSorted(
      (a, b) => a.minute - b.minute,
    ),
  );
  const models = trainModels({ ...inMarch, airports: ['ATL', 'EWR', 'SFO'] }, 2_000);
  expect(models.canaryWithoutEwr.baseLogOdds).toBeLessThan(models.canary.baseLogOdds);
});

test('kept models come back as they were saved', async () => {
  const models = trainModels(flightsOf(MARCH), 100);
  const file = join(folder, 'models.json');
  await saveModels(file, models);
  expect(await readModels(file)).toEqual(models);
});

test('a missing, cut or foreign file counts as no models', async () => {
  expect(await readModels(join(folder, 'none.json'))).toBeUndefined();
  const cut = join(folder, 'cut.json');
  await writeFile(cut, '{"current": {"oneHot": [');
  expect(await readModels(cut)).toBeUndefined();
  const foreign = join(folder, 'foreign.json');
  await writeFile(foreign, '{"current": 1}');
  expect(await readModels(foreign)).toBeUndefined();
});
