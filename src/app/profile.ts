import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileLog, versionsInFiles } from '../adapters/files/reader/open-file-log.ts';
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
  /** Null: the only one in the files. */
  readonly model: string | null;
  readonly version: string | null;
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
  const { sampleCount } = request;
  const settings = planShape.shape.spec.parse({ model: 'any', current: 'any', canary: 'any' });
  const files = {
    current: request.files,
    canary: [],
    outcomes: [],
    outcomeMetrics: [],
    futureMaxMs: FUTURE_MAX_MS,
    limits: settings.limits,
    featuresMax: settings.watch.featuresMax,
    spoolFolder,
    from: null,
  };
  const any = { ...files, model: '', currentVersion: '', canaryVersion: '' };
  const { model, version } = wantedVersion(request, await versionsInFiles(any));
  const log = await openFileLog({
    ...files,
    model,
    currentVersion: version,
    canaryVersion: version,
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

/** The version asked for, or the only one that there is. */
function wantedVersion(
  request: Pick<ProfileRequest, 'model' | 'version'>,
  found: Awaited<ReturnType<typeof versionsInFiles>>,
): { readonly model: string; readonly version: string } {
  const { model, version } = request;
  if (model !== null && version !== null) return { model, version };
  const matching = found.filter(
    (one) =>
      (model === null || one.model === model) && (version === null || one.version === version),
  );
  const distinct = new Map(
    matching.flatMap((one) =>
      one.model === null || one.version === null
        ? []
        : [[`${one.model} ${one.version}`, { model: one.model, version: one.version }]],
    ),
  );
  const [only, ...others] = distinct.values();
  if (only !== undefined && others.length === 0) return only;
  throw new CoalmineError(
    'usage',
    only === undefined ? 'the files hold no such model and version' : 'which model and version?',
    {
      hints: found.map(
        (one) => `--model ${one.model} --version ${one.version}: ${one.count} records`,
      ),
    },
  );
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
