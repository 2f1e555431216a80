import { setTimeout as wait } from 'node:timers/promises';
import { parsePlan } from '../../app/plan/parse.ts';
import type { ListedRollout } from '../../app/service/applied-topic.ts';
import { applyRollout, deleteRollout, readApplied } from '../../app/service/applied-topic.ts';
import { DEFAULT_TOPICS } from '../../app/service/default-topics.ts';
import { makeInputTopics } from '../../app/service/make-inputs.ts';
import type { OpenApplied } from '../../app/service/open-applied.ts';
import { connectApplied } from '../../app/service/open-applied.ts';
import { commonPartitionCount, rolloutTopics } from '../../app/service/rollout-topics.ts';
import type { ServiceConfig } from '../../app/service/service-config.ts';
import type { RoutingTable } from '../../core/events/routing.ts';
import { assert } from '../../core/foundation/assert.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { LivePlan } from './place.ts';

const PARTITION_COUNT = 4;
const RETENTION_MS = 7 * 86_400_000;
const LOOK_MS = 1_000;

/** What the demo is told while it waits, and what ends the waiting. */
export interface Waiting {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Makes the input topics that are missing; returns their names. */
export async function makeFlightTopics(config: ServiceConfig): Promise<readonly string[]> {
  return await makeInputTopics(config, {
    names: Object.values(DEFAULT_TOPICS),
    partitionCount: PARTITION_COUNT,
    retentionMs: RETENTION_MS,
  });
}

/** The topics of a service; null: it was never started here. */
export async function openService(config: ServiceConfig): Promise<OpenApplied | null> {
  try {
    return await connectApplied(config, () => {});
  } catch (error) {
    if (error instanceof CoalmineError && error.code === 'topic_invalid') return null;
    throw error;
  }
}

/** The same, once it was started. */
export async function awaitService(
  config: ServiceConfig,
  { signal }: Waiting,
): Promise<OpenApplied> {
  for (;;) {
    const opened = await openService(config);
    if (opened !== null) return opened;
    await wait(LOOK_MS, undefined, { signal });
  }
}

/** The rollout of this plan that runs, if one does. */
export async function runningRollout(
  { topics }: OpenApplied,
  name: string,
): Promise<ListedRollout | null> {
  const { rollouts } = await readApplied(topics);
  return rollouts.find((one) => one.plan.name === name && isRunning(one)) ?? null;
}

/** Applies the plan as a new rollout; one of the same model that runs is taken away first. */
export async function applyAnew(
  opened: OpenApplied,
  config: ServiceConfig,
  given: LivePlan,
): Promise<{ readonly rolloutId: string; readonly taken: readonly string[] }> {
  const parsed = parsePlan(given.text, given.file);
  assert(parsed.ok, 'the plan of the demo is valid');
  const { plan, digest } = parsed;
  const { rollouts } = await readApplied(opened.topics);
  const inTheWay = rollouts.filter((one) => one.plan.model === plan.model && isRunning(one));
  const taken = inTheWay.map(({ applied }) => applied.rolloutId);
  for (const id of taken) await deleteRollout(opened.topics, id);
  const topics = rolloutTopics(DEFAULT_TOPICS, { plan, planFile: given.file, config });
  const names = Object.values(topics).filter((name) => name !== null);
  const { applied } = await applyRollout(opened.topics, {
    plan,
    planText: given.text,
    planFile: given.file,
    policyDigest: digest,
    topics,
    partitionCount: commonPartitionCount(topics, await opened.partitionCounts(names)),
    startAt: 'latest',
    rolloutCountMax: config.limits.rolloutCountMax,
  });
  return { rolloutId: applied.rolloutId, taken };
}

/** Waits until the joiners have written down where they begin: what is sent before that is not read. */
export async function awaitJoiners(
  { topics }: OpenApplied,
  rolloutId: string,
  waiting: Waiting,
): Promise<void> {
  const sinceMs = Date.now();
  let isTold = false;
  for (;;) {
    for (const table of topics.traces) await table.refresh();
    const keys = topics.traces.flatMap((table) => [...table.entries()].map(([key]) => key));
    const begun = keys.filter((key) => /\/\d+$/.test(key) && key.startsWith(`${rolloutId}/`));
    const { rollouts } = await readApplied(topics);
    const rollout = rollouts.find(({ applied }) => applied.rolloutId === rolloutId);
    if (begun.length >= (rollout?.applied.partitionCount ?? Infinity)) return;
    if (!isTold && Date.now() - sinceMs > 10_000) {
      waiting.say('still waiting: does coalmine run?');
      isTold = true;
    }
    await wait(200, undefined, { signal: waiting.signal });
  }
}

/** The routing table that coalmine has published; null: the rollout has not begun. */
export async function routingOf(
  { topics }: OpenApplied,
  rolloutId: string,
): Promise<RoutingTable | null> {
  await topics.routing.refresh();
  const bytes = topics.routing.get(rolloutId);
  return bytes === null ? null : await topics.codecs.routing.decode(bytes);
}

function isRunning({ phase }: ListedRollout): boolean {
  return phase !== 'promoted' && phase !== 'rolled_back';
}
