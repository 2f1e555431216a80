import { expect, test } from 'vitest';
import { logNotifier } from '../../../../src/adapters/notify/log-notifier.ts';
import type { Notification } from '../../../../src/core/events/routing.ts';

test('a call to a person is an error line, a warning a warning, the rest information', async () => {
  const lines: string[] = [];
  const write = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level} ${message}`);
  };
  const notifier = logNotifier({ info: write('info'), warn: write('warn'), error: write('error') });
  for (const severity of ['info', 'warning', 'critical'] as const) {
    const notification: Notification = {
      id: severity,
      severity,
      rolloutId: 'fraud-v7.1',
      title: 'news',
      text: 'of the canary',
      eventTimeMs: 0,
      verdictId: null,
    };
    await notifier.notify(notification);
  }
  expect(lines).toEqual([
    'info news\nof the canary',
    'warn news\nof the canary',
    'error news\nof the canary',
  ]);
});
