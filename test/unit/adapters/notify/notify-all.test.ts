import { expect, test } from 'vitest';
import { memoryNotifier } from '../../../../src/adapters/memory/notifier.ts';
import { notifyAll } from '../../../../src/adapters/notify/notify-all.ts';
import type { Notification } from '../../../../src/core/events/routing.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';

const NOTIFICATION: Notification = {
  id: 'fraud-v7.1.promoted',
  severity: 'info',
  rolloutId: 'fraud-v7.1',
  title: 'promoted',
  text: 'every step was passed',
  eventTimeMs: 0,
  verdictId: null,
};

test('a target that fails does not keep the others from being told, and is reported', async () => {
  const error = new CoalmineError('notify_failed', 'gone');
  const [first, last] = [memoryNotifier(), memoryNotifier()];
  const failures = await notifyAll(
    [
      { name: 'first', notifier: first },
      { name: 'chat', notifier: { notify: async () => await Promise.reject(error) } },
      { name: 'last', notifier: last },
    ],
    NOTIFICATION,
  );
  expect(failures).toEqual([{ name: 'chat', error }]);
  expect([first.told, last.told]).toEqual([[NOTIFICATION], [NOTIFICATION]]);
});

test('nothing is reported when all were told, or there is nobody to tell', async () => {
  expect(await notifyAll([{ name: 'memory', notifier: memoryNotifier() }], NOTIFICATION)).toEqual(
    [],
  );
  expect(await notifyAll([], NOTIFICATION)).toEqual([]);
});
