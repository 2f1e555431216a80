import { exactJson } from './exact-json.ts';
import type { Commit, OutboxKind } from './ports.ts';

/** A row of the outbox before it has its number. */
export interface OutboxEntry {
  readonly kind: OutboxKind;
  /** Unique within its kind: a second entry of one id is a repeat. */
  readonly id: string;
  /** Event time of the record; null where it has none that could be trusted. */
  readonly timeMs: number | null;
  readonly body: string;
}

/** All kinds, in the order in which a commit holds them. */
export const OUTBOX_KINDS = [
  'verdict',
  'event',
  'notification',
  'dead_letter',
] as const satisfies readonly OutboxKind[];

/** What a commit wants sent, in order. */
export function outboxEntries(commit: Commit): OutboxEntry[] {
  const entries: OutboxEntry[] = [];
  for (const verdict of commit.verdicts) {
    const { id, windowStartMs: timeMs } = verdict;
    entries.push({ kind: 'verdict', id, timeMs, body: exactJson(verdict) });
  }
  for (const event of commit.events) {
    const id = `${event.rolloutId}/${event.sequence}`;
    entries.push({ kind: 'event', id, timeMs: event.fromMs, body: exactJson(event) });
  }
  for (const notification of commit.notifications) {
    const { id, eventTimeMs: timeMs } = notification;
    entries.push({ kind: 'notification', id, timeMs, body: exactJson(notification) });
  }
  for (const { sequence, letter } of commit.deadLetters) {
    const body = exactJson({ sequence, ...letter });
    entries.push({ kind: 'dead_letter', id: String(sequence), timeMs: null, body });
  }
  return entries;
}

/** The identity of a stored window: the first one of it counts. */
export function windowId(window: {
  readonly rolloutId: string;
  readonly windowStartMs: number;
  readonly revision: number;
}): string {
  return `${window.rolloutId}/${window.windowStartMs}/${window.revision}`;
}

/**
 * Numbers entries per kind, on from the last number of each, and leaves out repeats of what was
 * seen. Changes neither argument: the caller records the result once it is durable.
 */
export function numberEntries(
  entries: readonly OutboxEntry[],
  seen: SeenEntries,
): (OutboxEntry & { readonly number: number })[] {
  const numbered: (OutboxEntry & { readonly number: number })[] = [];
  const last = new Map<OutboxKind, number>();
  const fresh = new Set<string>();
  for (const entry of entries) {
    const key = `${entry.kind}/${entry.id}`;
    if (seen.has(entry.kind, entry.id) || fresh.has(key)) continue;
    fresh.add(key);
    const number = (last.get(entry.kind) ?? seen.lastNumber(entry.kind)) + 1;
    last.set(entry.kind, number);
    numbered.push({ ...entry, number });
  }
  return numbered;
}

/** The identities that a store already holds, and the last number of each kind. */
export class SeenEntries {
  readonly #ids = new Map<OutboxKind, Set<string>>(OUTBOX_KINDS.map((kind) => [kind, new Set()]));

  has(kind: OutboxKind, id: string): boolean {
    return this.#ids.get(kind)?.has(id) ?? false;
  }

  /** Numbers have no gaps and ids are unique, so the last number is the count of ids. */
  lastNumber(kind: OutboxKind): number {
    return this.#ids.get(kind)?.size ?? 0;
  }

  add(kind: OutboxKind, id: string): void {
    this.#ids.get(kind)?.add(id);
  }
}
