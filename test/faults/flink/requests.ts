import type { Arm } from '../../../src/core/events/arm.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { canary, current } from '../../support/predictions.ts';
import { mulberry32, type Random } from '../../support/random.ts';

export const WINDOW_MS = 60_000;
export const PARTITIONS = [0, 1, 2, 3] as const;
export const START_MS = Date.UTC(2026, 0, 1);
const SPAN_WINDOWS = 12;
/** Nobody asks anything in this window, and in the other one partitions 2 and 3 are quiet. */
export const EMPTY_WINDOW = 5;
export const HALF_QUIET_WINDOW = 8;
/** How much sooner and later than the current arm the canary answers. */
const SOONER_MS_MAX = 1000;
const LATER_MS_MAX = 2000;

/** One request as both topics hold it; an arm that did not answer is null. */
export interface LoggedRequest {
  readonly partition: number;
  readonly current: Prediction | null;
  readonly canary: Prediction | null;
}

/** Requests in the order in which they came: every kind of pair and of lone answer, no repeats. */
export function requestsOf(seed: number, count: number): LoggedRequest[] {
  const random = mulberry32(seed);
  const requests: LoggedRequest[] = [];
  for (let i = 0; i < count; i++) {
    const atMs = START_MS + Math.floor((i * SPAN_WINDOWS * WINDOW_MS) / count);
    const window = Math.floor((atMs - START_MS) / WINDOW_MS);
    const drawn = Math.floor(random() * PARTITIONS.length);
    const request = requestAt(`req-${i}`, atMs, random);
    if (touchesEmptyWindow(atMs)) continue;
    requests.push({ ...request, partition: window === HALF_QUIET_WINDOW ? drawn % 2 : drawn });
  }
  return requests;
}

function touchesEmptyWindow(atMs: number): boolean {
  const emptyFromMs = START_MS + EMPTY_WINDOW * WINDOW_MS;
  return atMs >= emptyFromMs - LATER_MS_MAX && atMs <= emptyFromMs + WINDOW_MS + SOONER_MS_MAX;
}

function requestAt(id: string, atMs: number, random: Random): Omit<LoggedRequest, 'partition'> {
  const score = random() ** 2;
  // Some halves lie on two sides of a window's end: the current arm's time decides.
  const apartMs = Math.floor(random() * (SOONER_MS_MAX + LATER_MS_MAX)) - SOONER_MS_MAX;
  const moved = score + (random() - 0.5) * (random() < 0.1 ? 0.6 : 0.02);
  const lone = random();
  const answers = {
    current: current(id, atMs, answerOf(score, random)),
    canary: canary(id, Math.max(atMs + apartMs, START_MS), answerOf(moved, random)),
  };
  if (lone < 0.02) return { ...answers, canary: null };
  return lone < 0.04 ? { ...answers, current: null } : answers;
}

function answerOf(score: number, random: Random): Partial<Prediction> {
  const failed = random() < 0.03;
  return {
    score: failed ? null : score,
    error: failed && random() < 0.5 ? 'timeout' : null,
    served: random() < 0.7,
    latencyMs: random() < 0.05 ? null : Math.exp(random() * 12 - 5),
    samplingFraction: random() < 0.5 ? 1 : 0.5,
  };
}

/** What one topic holds of one partition, a little out of order. */
export function topicOrder(
  requests: readonly LoggedRequest[],
  of: { readonly arm: Arm; readonly partition: number; readonly seed: number },
): Prediction[] {
  const random = mulberry32(of.seed);
  return requests
    .filter(({ partition }) => partition === of.partition)
    .flatMap((request) => request[of.arm] ?? [])
    .map((prediction) => ({ prediction, place: prediction.eventTimeMs + random() * 2000 }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ prediction }) => prediction);
}
