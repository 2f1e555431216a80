import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeWindowPartial } from '../adapters/avro/codec.ts';
import { openDuckDbStore } from '../adapters/duckdb/store.ts';
import { openJsonLinesSink } from '../adapters/files/json-lines-sink.ts';
import { openOutcomeSegments } from '../adapters/files/outcome-segments.ts';
import { openPairSink } from '../adapters/files/pair-sink.ts';
import { openFileLog } from '../adapters/files/reader/open-file-log.ts';
import { makeFolder } from '../adapters/files/spool/make-folder.ts';
import { unwritable } from '../adapters/files/unwritable.ts';
import { memoryRouter } from '../adapters/memory/router.ts';
import { logNotifier, type NotificationLog } from '../adapters/notify/log-notifier.ts';
import { notifyAll } from '../adapters/notify/notify-all.ts';
import { webhookNotifier } from '../adapters/notify/webhook-notifier.ts';
import { fileRouter } from '../adapters/router/file-router.ts';
import type { NotificationTarget, Plan, RoutingTarget } from '../core/events/plan.ts';
import type { WindowPartial } from '../core/windows/partial.ts';
import { toSparse } from '../core/windows/sparse.ts';
import { outcomeMetricsOf } from '../pipeline/line.ts';
import { outcomeNamesOf } from '../pipeline/partition-line.ts';
import type { Notifier, PredictionLog, Router } from '../pipeline/ports.ts';
import type { ReplayDeps } from '../pipeline/replay.ts';
import { planMeta } from './stored-plan.ts';

/** What a replay reads and where it writes. */
export interface ReplayPlaces {
  readonly plan: Plan;
  readonly rolloutId: string;
  readonly current: readonly string[];
  readonly canary: readonly string[];
  readonly outcomes: readonly string[];
  readonly out: string;
  readonly log: NotificationLog;
  readonly pace: ReplayDeps['pace'];
}

/** The parts of a replay, joined to the outside; `close` gives everything back. */
export interface WiredReplay {
  readonly deps: ReplayDeps;
  readonly publish: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** sha256 of a text, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Opens the logs of a replay at a place in them. */
export async function openReplayLog(places: ReplayPlaces, from: string | null): Promise<FileLog> {
  const { plan } = places;
  return openFileLog({
    current: places.current,
    canary: places.canary,
    outcomes: places.outcomes,
    model: plan.model,
    currentVersion: plan.currentVersion,
    canaryVersion: plan.canaryVersion,
    outcomeMetrics: outcomeNamesOf(outcomeMetricsOf(plan)),
    futureMaxMs: plan.window.futureMaxMs,
    limits: plan.limits,
    featuresMax: plan.watch.featuresMax,
    rankedItemCount: plan.decision.ranking?.itemCount ?? 0,
    spoolFolder: join(places.out, 'spool'),
    from,
  });
}

type FileLog = Awaited<ReturnType<typeof openFileLog>>;

/** The composition root of a replay: the one place where ports meet their adapters. */
export async function wireReplay(
  places: ReplayPlaces,
  openLog: (from: string | null) => Promise<PredictionLog>,
): Promise<WiredReplay> {
  const { plan, rolloutId, out } = places;
  await makeFolder(out).catch((error: unknown) => {
    throw unwritable(out, error);
  });
  const store = await openDuckDbStore({ folder: out });
  const opened: { close(): Promise<void> }[] = [store];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.unshift(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0)) await part.close();
  };
  try {
    // A store with commits keeps the plan that they were made by.
    if ((await store.loadState()) === null) await store.writeMeta(planMeta(plan));
    const pairs = keep(
      await openPairSink({ folder: out, rolloutId, windowLengthMs: plan.window.lengthMs }),
    );
    const verdicts = keep(await openJsonLinesSink(join(out, 'verdicts.jsonl')));
    const deadLetters = keep(await openJsonLinesSink(join(out, 'dead-letters.jsonl')));
    const notified = keep(await openJsonLinesSink(join(out, 'notifications.jsonl')));
    const segments = await openOutcomeSegments(join(out, 'segments'));
    const deps: ReplayDeps = {
      store,
      openLog,
      targets: {
        verdicts,
        deadLetters,
        notified,
        notifier: notifierOf(plan.notifications, places.log),
      },
      router: routerOf(plan.routing, out),
      segments,
      pairs,
      encodePartial: encodeStoredPartial,
      pace: places.pace,
    };
    return { deps, publish: async () => await store.publish(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function encodeStoredPartial(
  partial: WindowPartial,
  head: Parameters<ReplayDeps['encodePartial']>[1],
): Uint8Array {
  return encodeWindowPartial({
    ...head,
    ...toSparse(partial),
    partition: 0,
    revision: head.revision,
    layoutHash: head.profileHash ?? 'learning',
    positions: [],
    watermarkMs: head.windowEndMs,
    sample: [],
  });
}

export function routerOf(targets: readonly RoutingTarget[], out: string): Router {
  const routers = targets.map((target) =>
    target.kind === 'file' ? fileRouter(resolve(out, target.path)) : memoryRouter(),
  );
  const [first = memoryRouter(), ...others] = routers;
  return {
    async apply(table) {
      for (const router of [first, ...others]) await router.apply(table);
    },
    read: async () => await first.read(),
  };
}

/** Failing to tell somebody is itself told, and never stops the line. */
export function notifierOf(targets: readonly NotificationTarget[], log: NotificationLog): Notifier {
  const named = [
    { name: 'log', notifier: logNotifier(log) },
    ...targets.flatMap((target) =>
      target.kind === 'webhook'
        ? [
            {
              name: `webhook ${new URL(target.url).host}`,
              notifier: webhookNotifier({
                url: target.url,
                secret: target.secret,
                wait: async (ms) => await wait(ms),
                nowMs: () => Date.now(),
              }),
            },
          ]
        : [],
    ),
  ];
  return {
    async notify(notification) {
      for (const failure of await notifyAll(named, notification)) {
        const why = failure.error instanceof Error ? failure.error.message : String(failure.error);
        log.error(
          { target: failure.name, notificationId: notification.id },
          `could not notify ${failure.name}: ${why}`,
        );
      }
    },
  };
}
