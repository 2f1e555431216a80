import type { Notification } from '../../core/events/routing.ts';
import type { Notifier } from '../../pipeline/ports.ts';
import { onceById } from './once-by-id.ts';

type Write = (fields: object, message: string) => void;

/** Where lines go: a pino logger is one. */
export interface NotificationLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Tells people through the log: critical as an error, a warning as one, the rest as information. */
export function logNotifier(log: NotificationLog): Notifier {
  return onceById(async (notification) => {
    const message = `${notification.title}\n${notification.text}`;
    const fields = fieldsOf(notification);
    if (notification.severity === 'critical') log.error(fields, message);
    else if (notification.severity === 'warning') log.warn(fields, message);
    else log.info(fields, message);
    await Promise.resolve();
  });
}

function fieldsOf(notification: Notification): object {
  return {
    notificationId: notification.id,
    severity: notification.severity,
    rolloutId: notification.rolloutId,
    verdictId: notification.verdictId,
    eventTimeMs: notification.eventTimeMs,
  };
}
