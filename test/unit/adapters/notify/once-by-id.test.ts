import { expect, test } from 'vitest';
import { onceById } from '../../../../src/adapters/notify/once-by-id.ts';
import type { Notification } from '../../../../src/core/events/routing.ts';

const notificationOf = (id: string): Notification => ({
  id,
  severity: 'info',
  rolloutId: 'fraud-v7.1',
  title: 'news',
  text: 'of the canary',
  eventTimeMs: 0,
  verdictId: null,
});

test('a sending that failed is made again, one that succeeded is not', async () => {
  let sendCount = 0;
  const notifier = onceById(async () => {
    sendCount += 1;
    if (sendCount === 1) throw new Error('not today');
    await Promise.resolve();
  });
  await expect(notifier.notify(notificationOf('a'))).rejects.toThrow('not today');
  await notifier.notify(notificationOf('a'));
  await notifier.notify(notificationOf('a'));
  expect(sendCount).toBe(2);
});

test('the memory of ids is bounded: after a thousand others an id is sent again', async () => {
  const sent: string[] = [];
  const notifier = onceById(async ({ id }) => {
    sent.push(id);
    await Promise.resolve();
  });
  for (let i = 0; i <= 1000; i += 1) await notifier.notify(notificationOf(`n${i}`));
  await notifier.notify(notificationOf('n1'));
  await notifier.notify(notificationOf('n0'));
  expect(sent.slice(1001)).toEqual(['n0']);
});
