import { setTimeout as wait } from 'node:timers/promises';
import type { RoutingTable } from '../../core/events/routing.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { assign } from '../../core/rollout/assign.ts';
import type { PredictionEvent } from '../../producer/prediction-schema.ts';
import type { OutcomeEvent } from '../../producer/producer.ts';
import { DEMO_MODEL } from '../log-files.ts';
import { SERVE_FROM_MS } from '../write-logs.ts';
import type { FlightHours, Happening } from './hours.ts';
import { HOUR_COUNT, HOUR_MS, timeOf } from './hours.ts';
import { type Progress, shiftOf } from './progress.ts';

/** All that a feed needs of the world. */
export interface FeedDeps {
  readonly hours: Pick<FlightHours, 'read'>;
  readonly producer: {
    predict(prediction: PredictionEvent): Promise<void>;
    outcome(outcome: OutcomeEvent): Promise<void>;
    flush(): Promise<void>;
  };
  /** The routing table that is published now. */
  readonly routing: () => Promise<RoutingTable | null>;
  readonly latestVerdict: () => Verdict | null;
  /** Told before each hour. */
  readonly onHour: (hour: FedHour) => void;
  readonly onWaiting: () => void;
  /** Where to go on from after an interruption. */
  readonly store: (progress: Progress) => Promise<void>;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Where a feed stands before an hour. */
export interface FedHour {
  readonly hour: number;
  /** When it begins, in event time. */
  readonly atMs: number;
  readonly requestCount: number;
  readonly table: RoutingTable | null;
  readonly verdict: Verdict | null;
}

export interface FeedOptions {
  readonly rolloutId: string;
  readonly from: Progress | null;
  readonly hoursPerSecond: number;
}

/** How a feed ended. */
export interface Fed {
  readonly table: RoutingTable | null;
  readonly requestCount: number;
}

const SLICES = 6;
/** At night so few flights leave that a partition has none for hours, and nobody can say that they are over. */
const BUSY_REQUEST_COUNT = 100;
const LOOK_MS = 30;
const TELL_AFTER_MS = 15_000;

/**
 * Sends the flights hour by hour until the rollout is over or none are left. An hour is sent when the
 * one before the last has been judged: in real time nearly an hour would lie between a verdict and the
 * first request that it routes.
 */
export async function feed(deps: FeedDeps, options: FeedOptions): Promise<Fed> {
  const { rolloutId, hoursPerSecond } = options;
  let shiftMs = options.from?.shiftMs ?? null;
  let requestCount = 0;
  /** Ends of the last hours, where enough flights left for a verdict to be waited for. */
  let busyEnds: readonly number[] = [];
  for (let hour = options.from?.nextHour ?? 0; hour < HOUR_COUNT; hour++) {
    shiftMs = shiftOf(hour, shiftMs, deps.nowMs());
    const happenings = await deps.hours.read(hour);
    const table = await settledTable(deps, busyEnds.at(-2) ?? -Infinity);
    const atMs = SERVE_FROM_MS + hour * HOUR_MS + shiftMs;
    deps.onHour({ hour, atMs, requestCount, table, verdict: deps.latestVerdict() });
    if (isOver(table)) return { table, requestCount };
    await sendHour(deps, { hour, happenings, table, shiftMs, lastsMs: 1000 / hoursPerSecond });
    await deps.store({ rolloutId, nextHour: hour + 1, shiftMs });
    const answered = happenings.filter(({ kind }) => kind === 'answer').length / 2;
    requestCount += answered;
    busyEnds = [...busyEnds.slice(-1), answered >= BUSY_REQUEST_COUNT ? atMs + HOUR_MS : -Infinity];
    deps.signal.throwIfAborted();
  }
  return { table: await deps.routing(), requestCount };
}

/** The routing table, once the window that ends then is judged or the rollout is over. */
async function settledTable(deps: FeedDeps, judgedToMs: number): Promise<RoutingTable | null> {
  let tellAtMs = deps.nowMs() + TELL_AFTER_MS;
  let table = await deps.routing();
  // After its end a rollout has no more verdicts.
  while (!isOver(table) && (deps.latestVerdict()?.windowEndMs ?? -Infinity) < judgedToMs) {
    await wait(LOOK_MS, undefined, { signal: deps.signal });
    table = await deps.routing();
    if (deps.nowMs() < tellAtMs) continue;
    deps.onWaiting();
    tellAtMs = deps.nowMs() + TELL_AFTER_MS;
  }
  return table;
}

function isOver(table: RoutingTable | null): boolean {
  return table !== null && table.endMs !== null;
}

interface HourToSend {
  readonly hour: number;
  readonly happenings: readonly Happening[];
  readonly table: RoutingTable | null;
  readonly shiftMs: number;
  /** How long the hour takes on the clock. */
  readonly lastsMs: number;
}

/** Sends an hour in its own time, slice by slice; once interrupted, what is left of it at once. */
async function sendHour(deps: FeedDeps, given: HourToSend): Promise<void> {
  const { hour, happenings, lastsMs } = given;
  const fromMs = SERVE_FROM_MS + hour * HOUR_MS;
  const startedAtMs = deps.nowMs();
  let next = 0;
  for (let slice = 1; slice <= SLICES; slice++) {
    const untilMs = fromMs + (slice * HOUR_MS) / SLICES;
    for (; next < happenings.length; next++) {
      const happening = happenings[next];
      if (happening === undefined || timeOf(happening) >= untilMs) break;
      await send(deps.producer, happening, given);
    }
    const restMs = startedAtMs + (slice * lastsMs) / SLICES - deps.nowMs();
    if (restMs > 0) await wait(restMs, undefined, { signal: deps.signal }).catch(() => undefined);
  }
  await deps.producer.flush();
}

async function send(
  producer: FeedDeps['producer'],
  happening: Happening,
  { table, shiftMs }: Pick<HourToSend, 'table' | 'shiftMs'>,
): Promise<void> {
  const atMs = timeOf(happening) + shiftMs;
  if (happening.kind === 'outcome') {
    await producer.outcome({ ...happening.outcome, event_time: atMs });
    return;
  }
  const { answer, isCanary } = happening;
  // The routing key of the plan is the request id: its log has no users.
  const arm = table === null ? 'current' : assign(table, { unitId: answer.request_id, atMs }).arm;
  const served = isCanary === (arm === 'canary');
  await producer.predict({ ...answer, model: DEMO_MODEL, event_time: atMs, served });
}
