import type { RecordCodecs } from '../../adapters/avro/record-codecs.ts';
import type { RoutingTable } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { TopicTable, TopicWriter } from '../../pipeline/stream/ports.ts';
import { parsePlan } from '../plan/parse.ts';
import { nearest } from '../plan/suggest.ts';
import {
  type Application,
  type ApplyRequest,
  applyPlan,
  type KnownRollout,
  type KnownRollouts,
  phaseOf,
} from './applied.ts';

/** The topics that say which rollouts there are. */
export interface AppliedTopics {
  readonly topic: string;
  readonly rollouts: TopicTable;
  readonly routing: TopicTable;
  /** Tables of ours whose keys begin with a rollout id: a number that is used there is not given again. */
  readonly traces: readonly TopicTable[];
  readonly writer: TopicWriter;
  readonly codecs: Pick<RecordCodecs, 'applied' | 'routing'>;
}

/** A rollout with what its router is told, for those who list it. */
export interface ListedRollout extends KnownRollout {
  readonly table: RoutingTable | null;
}

export interface AppliedList extends KnownRollouts {
  readonly rollouts: readonly ListedRollout[];
  /** Rollouts whose record or plan this version of coalmine cannot read. */
  readonly unreadable: readonly { readonly rolloutId: string; readonly problem: string }[];
}

/** Reads which rollouts are applied, as of now. */
export async function readApplied(topics: AppliedTopics): Promise<AppliedList> {
  const tables = [topics.rollouts, topics.routing, ...topics.traces];
  // Together: each waits for a group of its own.
  await Promise.all(tables.map(async (table) => await table.refresh()));
  const rollouts: ListedRollout[] = [];
  const unreadable: { rolloutId: string; problem: string }[] = [];
  for (const [rolloutId, bytes] of topics.rollouts.entries()) {
    const read = await readRollout(topics, rolloutId, bytes);
    if ('problem' in read) unreadable.push(read);
    else rollouts.push(read);
  }
  rollouts.sort((left, right) => (left.applied.rolloutId < right.applied.rolloutId ? -1 : 1));
  return { rollouts, usedIds: usedIdsOf(topics), unreadable };
}

async function readRollout(
  topics: AppliedTopics,
  rolloutId: string,
  bytes: Uint8Array,
): Promise<ListedRollout | { readonly rolloutId: string; readonly problem: string }> {
  try {
    const applied = await topics.codecs.applied.decode(bytes);
    const result = parsePlan(applied.planText, applied.planFile);
    if (!result.ok) return { rolloutId, problem: result.problems[0]?.message ?? 'no plan' };
    const routed = topics.routing.get(rolloutId);
    const table = routed === null ? null : await topics.codecs.routing.decode(routed);
    return { applied, plan: result.plan, phase: phaseOf(table), table };
  } catch (error) {
    if (!(error instanceof CoalmineError) || error.code !== 'undecodable') throw error;
    return { rolloutId, problem: error.message };
  }
}

function usedIdsOf({ rollouts, routing, traces }: AppliedTopics): readonly string[] {
  const keys = [rollouts, routing, ...traces].flatMap((table) => [...table.entries()]);
  return [...new Set(keys.map(([key]) => key.split('/')[0] ?? key))];
}

/**
 * Applies a plan: see {@link applyPlan} for what that comes to.
 *
 * @throws CoalmineError `usage`, `limit_reached`, and `interrupted` when somebody else applied at the
 * same time: applying again sees what they did
 */
export async function applyRollout(
  topics: AppliedTopics,
  request: ApplyRequest,
): Promise<Application> {
  const application = applyPlan(request, await readApplied(topics));
  if (application.kind === 'unchanged') return application;
  const { rolloutId } = application.applied;
  const value = await topics.codecs.applied.encode(application.applied);
  const ended = application.kind === 'started' ? application.ended : [];
  await topics.writer.send(topics.topic, [
    { key: rolloutId, value },
    ...ended.map((id) => ({ key: id, value: null })),
  ]);
  await topics.rollouts.refresh();
  const stands = topics.rollouts.get(rolloutId);
  if (stands === null || Buffer.compare(stands, value) !== 0) {
    throw new CoalmineError('fenced', `somebody else changed ${rolloutId} at the same time`, {
      hints: ['coalmine list shows what stands now', 'apply again when it should be this plan'],
    });
  }
  return application;
}

/**
 * Takes a rollout away. Its windows and verdicts stay stored; its number is not given again.
 *
 * @throws CoalmineError `not_found`
 */
export async function deleteRollout(topics: AppliedTopics, rolloutId: string): Promise<void> {
  await topics.rollouts.refresh();
  if (topics.rollouts.get(rolloutId) === null) {
    const ids = [...topics.rollouts.entries()].map(([id]) => id);
    const near = nearest(rolloutId, ids);
    throw new CoalmineError('not_found', `${rolloutId} is not applied`, {
      hints: [
        ...(near === null ? [] : [`did you mean ${near}?`]),
        ids.length === 0 ? 'no rollout is' : `applied: ${ids.sort().join(', ')}`,
      ],
    });
  }
  await topics.writer.send(topics.topic, [{ key: rolloutId, value: null }]);
}
