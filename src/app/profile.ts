import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileLog } from '../adapters/files/reader/open-file-log.ts';
import type { PredictionColumns } from '../core/events/batch.ts';
import { FLAG, STATUS_USABLE } from '../core/events/batch.ts';
import type { ReferenceProfile } from '../core/events/profile.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { learnProfile } from '../core/windows/learn-profile.ts';
import { offerRow, RowSample } from '../core/windows/row-sample.ts';
import { planShape } from './plan/shape.ts';

/** A log may have gaps; a record a day ahead of all others is a broken clock. */
const FUTURE_MAX_MS = 86_400_000;

export interface ProfileRequest {
  /** Paths or globs of Parquet and JSON Lines files. */
  readonly files: readonly string[];
  readonly model: string;
  readonly version: string;
  /** Rows that the profile is learned from, chosen by hash of their request. */
  readonly sampleCount: number;
  readonly signal: AbortSignal;
}

export interface LearnedProfile {
  readonly profile: ReferenceProfile;
  /** Answers of this version, errors left out, that the rows were chosen from; a repeat of one that could not be kept counts too. */
  readonly seenCount: number;
  readonly deadLetterCount: number;
  readonly warnings: readonly string[];
}

/**
 * Learns the reference profile of one version from its prediction logs: the one that a replay would
 * learn from the same rows, with the limits of a plan that is silent about them.
 *
 * @throws CoalmineError for files that cannot be used, or that hold no answer of this version
 */
export async function profileOfFiles(request: ProfileRequest): Promise<LearnedProfile> {
  const spoolFolder = await mkdtemp(join(tmpdir(), 'coalmine-profile-'));
  try {
    return await learnFrom(request, spoolFolder);
  } finally {
    await rm(spoolFolder, { recursive: true, force: true });
  }
}

async function learnFrom(request: ProfileRequest, spoolFolder: string): Promise<LearnedProfile> {
  const { model, version, sampleCount } = request;
  const settings = planShape.shape.spec.parse({ model, current: version, canary: version });
  const log = await openFileLog({
    current: request.files,
    canary: [],
    outcomes: [],
    model,
    currentVersion: version,
    canaryVersion: version,
    outcomeMetrics: [],
    futureMaxMs: FUTURE_MAX_MS,
    limits: settings.limits,
    featuresMax: settings.watch.featuresMax,
    spoolFolder,
    from: null,
  });
  try {
    const sampler = new Sampler(sampleCount);
    let deadLetterCount = 0;
    for (let frame = await log.next(); frame !== null; frame = await log.next()) {
      request.signal.throwIfAborted();
      deadLetterCount += frame.deadLetters.length;
      if (frame.current === null) continue;
      for (let i = 0; i < frame.length; i++)
        sampler.offer(frame.current, (frame.order[i] ?? 0) >> 2);
    }
    const rows = sampler.sample.kept();
    if (rows.length === 0) {
      throw new CoalmineError(
        'input_foreign',
        `no usable answer of ${model} ${version} is in the files`,
      );
    }
    const profile = learnProfile(rows, {
      model,
      currentVersion: version,
      schema: log.schema,
      categoriesMax: settings.watch.categoriesMax,
      notWatched: log.notWatched,
    });
    const { warnings } = log;
    return { profile, seenCount: sampler.sample.seen, deadLetterCount, warnings };
  } finally {
    await log.close();
  }
}

/** The rows that the line's join would let through: the first of each request, errors left out. */
class Sampler {
  readonly sample: RowSample;
  /** Requests that could be kept when they came: a repeat of any other cannot be kept either. */
  private readonly known = new Set<string>();

  constructor(size: number) {
    this.sample = new RowSample(size);
  }

  offer(columns: PredictionColumns, at: number): void {
    if (columns.status[at] !== STATUS_USABLE) return;
    const hash = { high: columns.key2[2 * at] ?? 0, low: columns.key2[2 * at + 1] ?? 0 };
    if (this.sample.wants(hash.high)) {
      const key = `${hash.high} ${hash.low}`;
      if (this.known.has(key)) return;
      this.known.add(key);
    }
    if (((columns.flags[at] ?? 0) & FLAG.error) !== 0) return;
    offerRow(this.sample, hash, { columns, at });
  }
}
