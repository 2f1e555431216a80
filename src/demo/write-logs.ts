import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { CoalmineError } from '../core/foundation/error.ts';
import type { Answers } from './answers.ts';
import { answersOf } from './answers.ts';
import { demoDigest } from './digest.ts';
import type { Quality } from './evaluation.ts';
import { qualityOf } from './evaluation.ts';
import { computeFeatures, DAY_OLD, WITHOUT_EWR } from './features.ts';
import { firstRowAt, flightsFile, lateLabels, loadFlights, rowRange } from './flights.ts';
import { scoreBoosting } from './gradient-boosting.ts';
import type { Requests } from './log-files.ts';
import { writeOutcomes, writePredictions } from './log-files.ts';
import { scoreLogistic } from './logistic-regression.ts';
import type { DemoArm, LogsManifest } from './logs-manifest.ts';
import { DEMO_ARMS, FILE_NAMES, readManifest, writeManifest } from './logs-manifest.ts';
import type { DemoModels } from './train.ts';
import { readModels, saveModels, trainModels } from './train.ts';

/** The flights that all models answer: two weeks in April, from a quiet hour on. */
export const SERVE_FROM_MS = Date.UTC(2001, 3, 11, 5);
export const SERVE_UNTIL_MS = Date.UTC(2001, 3, 25);

export const CURRENT_VERSION = 'v1';
export const CANARY_VERSION = 'v2';

type QualityByArm = Readonly<Record<DemoArm, Quality>>;

/** Over all flights, those that leave from EWR, and all others. */
export interface DemoQuality {
  readonly all: QualityByArm;
  readonly fromEwr: QualityByArm;
  readonly elsewhere: QualityByArm;
}

/** The logs of the demo: where they are, and how well each version foretold the outcomes. */
export interface DemoLogs {
  readonly files: Readonly<Record<keyof typeof FILE_NAMES, string>>;
  readonly requestCount: number;
  readonly quality: DemoQuality;
  /** False: they were there already, made from the same data by the same code. */
  readonly written: boolean;
}

export interface WriteLogsOptions {
  readonly logsFolder: string;
  /** Holds the trained models, named by what they were trained from. */
  readonly cacheFolder: string;
  /** Told, in a few words, what begins. */
  readonly onStep: (step: string) => void;
}

/** Trains the models, lets them answer two weeks of flights, writes the logs; skips what is there. */
export async function writeDemoLogs(options: WriteLogsOptions): Promise<DemoLogs> {
  const data = flightsFile();
  const digest = await demoDigest(data);
  const kept = await readManifest(options.logsFolder, digest);
  if (kept !== undefined) return describe(options.logsFolder, kept, false);
  for (const folder of [options.logsFolder, options.cacheFolder]) await makeFolder(folder);
  options.onStep('reading the flights');
  const flights = await loadFlights(data, SERVE_UNTIL_MS);
  const cacheFile = join(options.cacheFolder, `models-${digest}.json`);
  let models = await readModels(cacheFile);
  if (models === undefined) {
    options.onStep('training the models');
    models = trainModels(flights);
    await saveModels(cacheFile, models);
  }
  options.onStep('answering two weeks of flights');
  const requests = { flights, rows: rowRange(firstRowAt(flights, SERVE_FROM_MS), flights.count) };
  const answers = answerAll(requests, models);
  options.onStep('writing the logs');
  await writeFiles(options.logsFolder, requests, answers);
  const manifest = await writeManifest(options.logsFolder, {
    digest,
    requestCount: requests.rows.length,
    quality: qualities(requests, answers),
  });
  return describe(options.logsFolder, manifest, true);
}

type AllAnswers = Readonly<Record<DemoArm, Answers>>;

/** Every version on the features that it would have had: fresh, a day old, or without one airport. */
function answerAll(requests: Requests, models: DemoModels): AllAnswers {
  const { flights, rows } = requests;
  const departureMs = Float64Array.from(rows, (row) => Number(flights.departureMs[row]));
  const fresh = computeFeatures(flights, rows);
  const dayOld = computeFeatures(flights, rows, DAY_OLD);
  const withoutEwr = computeFeatures(flights, rows, WITHOUT_EWR);
  const currentScores = scoreLogistic(models.current, fresh);
  return {
    current: answersOf({
      version: CURRENT_VERSION,
      departureMs,
      features: fresh,
      scores: currentScores,
      seed: 11,
    }),
    canary: answersOf({
      version: CANARY_VERSION,
      departureMs,
      features: fresh,
      scores: scoreBoosting(models.canary, fresh),
      seed: 12,
    }),
    canaryDayOld: answersOf({
      version: CANARY_VERSION,
      departureMs,
      features: dayOld,
      scores: scoreBoosting(models.canary, dayOld),
      seed: 13,
    }),
    canaryWithoutEwr: answersOf({
      version: CANARY_VERSION,
      departureMs,
      features: withoutEwr,
      scores: scoreBoosting(models.canaryWithoutEwr, withoutEwr),
      seed: 14,
    }),
    canaryRounded: answersOf({
      version: CANARY_VERSION,
      departureMs,
      features: fresh,
      scores: currentScores.map((score) => Math.round(score * 10) / 10),
      seed: 15,
    }),
  };
}

async function writeFiles(folder: string, requests: Requests, answers: AllAnswers): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '512MB' });
  const connection = await instance.connect();
  try {
    for (const arm of DEMO_ARMS) {
      await writePredictions(connection, join(folder, FILE_NAMES[arm]), {
        requests,
        answers: answers[arm],
      });
    }
    await writeOutcomes(connection, join(folder, FILE_NAMES.outcomes), requests);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new CoalmineError('output_unwritable', `the folder ${folder} cannot be written`, {
      cause,
    });
  }
}

function qualities({ flights, rows }: Requests, answers: AllAnswers): DemoQuality {
  const labels = lateLabels(flights, rows);
  const isFromEwr = (index: number): boolean =>
    flights.airports[Number(flights.origin[Number(rows[index])])] === WITHOUT_EWR.lostOrigin;
  const where = (takes: (index: number) => boolean): QualityByArm => {
    const of = (arm: DemoArm): Quality =>
      qualityOf(
        answers[arm].scores.filter((_, index) => takes(index)),
        labels.filter((_, index) => takes(index)),
      );
    return {
      current: of('current'),
      canary: of('canary'),
      canaryDayOld: of('canaryDayOld'),
      canaryWithoutEwr: of('canaryWithoutEwr'),
      canaryRounded: of('canaryRounded'),
    };
  };
  return {
    all: where(() => true),
    fromEwr: where(isFromEwr),
    elsewhere: where((index) => !isFromEwr(index)),
  };
}

function describe(folder: string, manifest: LogsManifest, written: boolean): DemoLogs {
  return {
    files: {
      current: join(folder, FILE_NAMES.current),
      canary: join(folder, FILE_NAMES.canary),
      canaryDayOld: join(folder, FILE_NAMES.canaryDayOld),
      canaryWithoutEwr: join(folder, FILE_NAMES.canaryWithoutEwr),
      canaryRounded: join(folder, FILE_NAMES.canaryRounded),
      outcomes: join(folder, FILE_NAMES.outcomes),
    },
    requestCount: manifest.requestCount,
    quality: manifest.quality,
    written,
  };
}
