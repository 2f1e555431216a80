import type { Notification } from '../../core/events/routing.ts';
import type { Notifier } from '../../pipeline/ports.ts';

/** Ids remembered; older ones are left to the receiver, who sees the same id again. */
const REMEMBERED_MAX = 1000;

/** A notifier that sends each id once: again only after a failure. Equal calls at once share one sending. */
export function onceById(send: (notification: Notification) => Promise<void>): Notifier {
  const sendings = new Map<string, Promise<void>>();
  const sendOrForget = async (notification: Notification): Promise<void> => {
    try {
      await send(notification);
    } catch (error) {
      sendings.delete(notification.id);
      throw error;
    }
  };
  return {
    notify: async (notification) => {
      const sending = sendings.get(notification.id) ?? sendOrForget(notification);
      sendings.set(notification.id, sending);
      if (sendings.size > REMEMBERED_MAX) {
        for (const oldest of sendings.keys()) {
          sendings.delete(oldest);
          break;
        }
      }
      await sending;
    },
  };
}
