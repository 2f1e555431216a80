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

/** A rollout whose record or plan this version of coalmine cannot read. */
export interface Unreadable {
  readonly rolloutId: string;
  readonly problem: string;
}

type PlannedRollout = Pick<KnownRollout, 'applied' | 'plan'>;

export interface AppliedList extends KnownRollouts {
  readonly rollouts: readonly ListedRollout[];
  readonly unreadable: readonly Unreadable[];
}

/** Reads which rollouts are applied, as of now. */
export async function readApplied(topics: AppliedTopics): Promise<AppliedList> {
  const tables = [topics.rollouts, topics.routing, ...topics.traces];
  // Together: each waits for a group of its own.
  await Promise.all(tables.map(async (table) => await table.refresh()));
  const { rollouts: planned, unreadable } = await readPlanned(topics);
  const routed = await Promise.all(
    planned.map(async (one) => {
      const { rolloutId } = one.applied;
      const bytes = topics.routing.get(rolloutId);
      return await readable(rolloutId, async (): Promise<ListedRollout> => {
        const table = bytes === null ? null : await topics.codecs.routing.decode(bytes);
        return { ...one, phase: phaseOf(table), table };
      });
    }),
  );
  return {
    rollouts: routed.filter(isPlanned),
    usedIds: usedIdsOf(topics),
    unreadable: [...unreadable, ...routed.filter(isUnreadable)],
  };
}

/** The applied rollouts alone, in order: all that those need who run them. The table is refreshed before. */
export async function readPlanned(topics: {
  readonly rollouts: TopicTable;
  readonly codecs: Pick<RecordCodecs, 'applied'>;
}): Promise<{
  readonly rollouts: readonly PlannedRollout[];
  readonly unreadable: readonly Unreadable[];
}> {
  const read = await Promise.all(
    [...topics.rollouts.entries()].map(
      async ([rolloutId, bytes]) =>
        await readable(rolloutId, async (): Promise<PlannedRollout | Unreadable> => {
          const applied = await topics.codecs.applied.decode(bytes);
          const result = parsePlan(applied.planText, applied.planFile);
          if (result.ok) return { applied, plan: result.plan };
          return { rolloutId, problem: result.problems[0]?.message ?? 'no plan' };
        }),
    ),
  );
  return {
    rollouts: read
      .filter(isPlanned)
      .sort((left, right) => (left.applied.rolloutId < right.applied.rolloutId ? -1 : 1)),
    unreadable: read.filter(isUnreadable),
  };
}

/** What does not decode is somebody's to look at, and stops nobody else. */
async function readable<T>(rolloutId: string, read: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CoalmineError) || error.code !== 'undecodable') throw error;
    return { rolloutId, problem: error.message };
  }
}

function isPlanned<T extends PlannedRollout>(one: T | Unreadable): one is T {
  return !isUnreadable(one);
}

function isUnreadable(one: PlannedRollout | Unreadable): one is Unreadable {
  return 'problem' in one;
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
