import type { Notification } from '../../core/events/routing.ts';
import type { Notifier } from '../../pipeline/ports.ts';

/** A notifier with the name that a person knows it by. */
export interface NotifyTarget {
  readonly name: string;
  readonly notifier: Notifier;
}

/** A target that could not be told, and why. */
export interface NotifyFailure {
  readonly name: string;
  readonly error: unknown;
}

/** Tells every target at the same time; a target that fails does not keep the others from being told. */
export async function notifyAll(
  targets: readonly NotifyTarget[],
  notification: Notification,
): Promise<readonly NotifyFailure[]> {
  const results = await Promise.allSettled(
    targets.map(async ({ notifier }) => await notifier.notify(notification)),
  );
  return results.flatMap((result, i) => {
    const name = targets[i]?.name ?? '';
    return result.status === 'rejected' ? [{ name, error: result.reason }] : [];
  });
}
