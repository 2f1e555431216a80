import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { NotificationLog } from '../adapters/notify/log-notifier.ts';
import type { Plan } from '../core/events/plan.ts';
import type { ReferenceProfile } from '../core/events/profile.ts';
import type { ReplayProgress, ReplayResult } from '../pipeline/replay.ts';
import { Replay } from '../pipeline/replay.ts';
import type { TrafficMode } from '../pipeline/traffic.ts';
import { canonicalJson } from './plan/digest.ts';
import { readReference } from './profile-file.ts';
import { openReplayLog, sha256, wireReplay } from './wire.ts';

/** How fast a replay goes: as fast as it can, or so many times faster than the events did. */
export type Speed = 'max' | number;

export interface ReplayRequest {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly current: readonly string[];
  readonly canary: readonly string[];
  readonly outcomes: readonly string[];
  readonly out: string;
  /** Null: simulated, unless the logs say who was served. */
  readonly traffic: TrafficMode | null;
  readonly speed: Speed;
  readonly partitionCount: number;
  readonly log: NotificationLog;
  readonly signal: AbortSignal;
  readonly onStart: (start: ReplayStart) => void;
  readonly onProgress: (progress: ReplayProgress) => void;
}

/** At full speed a verdict may wait for a few more windows before it is published. */
const WINDOWS_PER_COMMIT = 16;

/** What is known before the first record is read. */
export interface ReplayStart {
  readonly rolloutId: string;
  readonly mode: TrafficMode;
  readonly clock: 'arrival_time' | 'event_time';
  readonly warnings: readonly string[];
  readonly recordCount: number;
}

/** What a replay came to, and the files that it left. */
export interface ReplayReport extends ReplayResult, ReplayStart {
  readonly files: readonly string[];
}

/**
 * Replays prediction logs through the whole line into an output folder. Stopped in the middle, the
 * same request goes on and ends with the same windows and verdicts.
 *
 * @throws CoalmineError for inputs, plan or folder that cannot be used, and `interrupted`
 */
export async function replay(request: ReplayRequest): Promise<ReplayReport> {
  const { plan, out, signal } = request;
  const rolloutId = `${plan.name}.1`;
  const givenProfile = await readReference(plan);
  const places = { ...request, rolloutId, pace: pacer(request.speed, signal) };
  // Opened before the store: inputs that cannot be used leave no folder behind.
  const first = await openReplayLog(places, null);
  const mode = request.traffic ?? (first.servedSeen ? 'recorded' : 'simulate');
  const start: ReplayStart = {
    rolloutId,
    mode,
    clock: first.clock,
    warnings: first.warnings,
    recordCount: first.recordCount,
  };
  const { notWatched } = first;
  let unused: typeof first | null = first;
  const wired = await wireReplay(places, async (from) => {
    if (from !== null) return openReplayLog(places, from);
    const log = unused ?? (await openReplayLog(places, null));
    unused = null;
    return log;
  }).catch(async (error: unknown) => {
    await first.close();
    throw error;
  });
  try {
    request.onStart(start);
    const runDigest = await digestOf(request, mode, givenProfile);
    const result = await new Replay(wired.deps, {
      plan,
      policyDigest: request.policyDigest,
      rolloutId,
      runDigest,
      partitionCount: request.partitionCount,
      mode,
      digest: sha256,
      notWatched,
      givenProfile,
      windowsPerCommit: request.speed === 'max' ? WINDOWS_PER_COMMIT : 1,
      signal,
      onProgress: request.onProgress,
    }).run();
    const published = await wired.publish();
    const own = ['coalmine.duckdb', 'verdicts.jsonl', 'dead-letters.jsonl', 'notifications.jsonl'];
    const files = [...own.map((file) => join(out, file)), ...published].map((file) =>
      resolve(file),
    );
    return { ...result, ...start, files };
  } finally {
    await unused?.close();
    await wired.close();
  }
}

/** Digest of what a run depends on beside the code: another run must not go on from its state. */
async function digestOf(
  request: ReplayRequest,
  mode: TrafficMode,
  profile: ReferenceProfile | null,
): Promise<string> {
  const inputs: unknown[] = [];
  for (const path of [...request.current, ...request.canary, ...request.outcomes]) {
    const found = await stat(path).catch(() => null);
    inputs.push([resolve(path), found?.size ?? null]);
  }
  return sha256(
    canonicalJson({
      policy: request.policyDigest,
      profile,
      inputs,
      mode,
      partitions: request.partitionCount,
    }),
  );
}

/** Waits so that event time runs no faster than asked for. */
function pacer(speed: Speed, signal: AbortSignal): (clockMs: number) => Promise<void> {
  if (speed === 'max') return async () => {};
  let began: { readonly clockMs: number; readonly atMs: number } | null = null;
  return async (clockMs) => {
    if (!Number.isFinite(clockMs)) return;
    began ??= { clockMs, atMs: performance.now() };
    const dueMs = began.atMs + (clockMs - began.clockMs) / speed;
    const restMs = dueMs - performance.now();
    if (restMs > 0) await wait(restMs, undefined, { signal }).catch(() => {});
  };
}
