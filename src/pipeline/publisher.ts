import type { Notification } from '../core/events/routing.ts';
import type { Notifier, OutboxKind, VerdictSink, WindowStore } from './ports.ts';

const PAGE = 1000;

/** Where committed rows go: one numbered sink per kind. */
export interface PublishTargets {
  readonly verdicts: VerdictSink;
  readonly deadLetters: VerdictSink;
  /** Notifications that were delivered, in order: what a restart need not send again. */
  readonly notified: VerdictSink;
  readonly notifier: Notifier;
}

/**
 * Sends what is committed and not yet sent, in order, one at a time: at least once on the wire, and
 * once in a numbered sink. Nothing that is not committed is ever sent.
 */
export async function publishOutbox(store: WindowStore, targets: PublishTargets): Promise<void> {
  await copy(store, 'verdict', targets.verdicts);
  await copy(store, 'dead_letter', targets.deadLetters);
  for (;;) {
    const rows = await store.outbox('notification', await targets.notified.lastNumber(), 1);
    const row = rows[0];
    if (row === undefined) return;
    await targets.notifier.notify(JSON.parse(row.body) as Notification);
    await targets.notified.append([row]);
  }
}

async function copy(store: WindowStore, kind: OutboxKind, sink: VerdictSink): Promise<void> {
  for (;;) {
    const rows = await store.outbox(kind, await sink.lastNumber(), PAGE);
    if (rows.length === 0) return;
    await sink.append(rows);
  }
}
