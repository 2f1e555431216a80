import type { RolloutEvent } from '../../../src/core/events/routing.ts';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import { unaccountedIn } from '../../../src/pipeline/stream/partition-reports.ts';
import type { Drive } from './drive.ts';

/** All that a run left behind for one rollout, so far as it must not depend on how the run went. */
export interface Remains {
  /** Each stored window by number and revision: what it was judged on, and its partial's bytes. */
  readonly windows: Readonly<Record<string, string>>;
  /** The body of each verdict that was published, by id. */
  readonly verdicts: Readonly<Record<string, string>>;
  readonly events: readonly RolloutEvent[];
  readonly notified: readonly string[];
  readonly profileHash: string | null;
  /** What of each partition is neither decided nor counted otherwise. */
  readonly unaccounted: readonly number[];
}

/** Looks at what is there; throws where one id has two contents or a sequence goes back. */
export function remainsOf(drive: Drive, rolloutId = drive.world.rolloutIds[0] ?? ''): Remains {
  const { world } = drive;
  const merger = drive.judge.mergers.find((one) => one.referenceState().rolloutId === rolloutId);
  const windows = [...(world.stored(rolloutId, drive.judgeFolder)?.windows.values() ?? [])];
  return {
    windows: Object.fromEntries(
      windows.map(({ summary, partial, stageIndex }) => [
        `${summary.windowStartMs}/${summary.revision}`,
        JSON.stringify([summary, stageIndex, Buffer.from(partial).toString('base64')], inOrder),
      ]),
    ),
    verdicts: verdictsOf(drive, rolloutId),
    events: eventsOf(drive, rolloutId),
    notified: [...new Set(world.notifier.told.map(({ id }) => id))]
      .filter((id) => id.startsWith(rolloutId) && !id.includes('.silent.'))
      .toSorted(),
    profileHash: merger?.reference.hash ?? null,
    unaccounted: (merger?.reports.tallies() ?? []).map((tally) => unaccountedIn(tally, 0)),
  };
}

/** Fields of a record have no order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

function verdictsOf(drive: Drive, rolloutId: string): Readonly<Record<string, string>> {
  const bodies = new Map<string, string>();
  for (const { verdict, body } of drive.world.published()) {
    if (verdict.rolloutId !== rolloutId) continue;
    if ((bodies.get(verdict.id) ?? body) !== body)
      throw new Error(`two contents of ${verdict.id}: ${bodies.get(verdict.id)} and ${body}`);
    bodies.set(verdict.id, body);
  }
  return Object.fromEntries([...bodies].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function eventsOf(drive: Drive, rolloutId: string): readonly RolloutEvent[] {
  const bySequence = new Map<number, RolloutEvent>();
  for (const event of drive.world.events()) {
    if (event.rolloutId !== rolloutId) continue;
    const before = bySequence.get(event.sequence);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(event))
      throw new Error(`two contents of event ${event.sequence}`);
    bySequence.set(event.sequence, event);
  }
  return [...bySequence.values()].toSorted((left, right) => left.sequence - right.sequence);
}

/** Sequences of the routing tables of a rollout, as they lie in the topic. */
export function routingSequences(drive: Drive, rolloutId: string): readonly number[] {
  return drive.world.broker
    .records(OWN_TOPICS.routing, 0)
    .map(({ value }): { rolloutId: string; sequence: number } =>
      JSON.parse(new TextDecoder().decode(value ?? new Uint8Array())),
    )
    .filter((table) => table.rolloutId === rolloutId)
    .map(({ sequence }) => sequence);
}
