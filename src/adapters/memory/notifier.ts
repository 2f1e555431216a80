import type { Notification } from '../../core/events/routing.ts';
import type { Notifier } from '../../pipeline/ports.ts';

export interface MemoryNotifier extends Notifier {
  /** What was told, oldest first, each id once. */
  readonly told: readonly Notification[];
}

/** A notifier that keeps what it is told. */
export function memoryNotifier(): MemoryNotifier {
  const told: Notification[] = [];
  return {
    told,
    notify: async (notification) => {
      if (!told.some(({ id }) => id === notification.id)) told.push(notification);
      await Promise.resolve();
    },
  };
}
