import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../../src/adapters/kafka/event-queue.ts';
import type { RawBatch } from '../../../../src/pipeline/stream/ports.ts';

const AT = { topic: 't', partition: 0 };

function batchOf(bytes: number): RawBatch {
  const record = {
    offset: 0,
    timestampMs: 0,
    key: null,
    value: new Uint8Array(bytes),
    headers: {},
  };
  const ends = { nextOffset: 1, endOffset: 1, askedAtMs: 0, receivedAtMs: 0 };
  return { ...AT, records: [record], ...ends };
}

describe('the queue between client and caller', () => {
  test('hands out in order', () => {
    const queue = new EventQueue(1_000);
    queue.pushAssigned([AT]);
    queue.pushBatch(batchOf(1));
    expect([queue.take()?.kind, queue.take()?.kind, queue.take()]).toEqual([
      'assigned',
      'batch',
      null,
    ]);
  });

  test('takes back what was not heard, and says so to an owner', () => {
    const queue = new EventQueue(1_000);
    queue.pushAssigned([AT]);
    queue.take();
    queue.pushBatch(batchOf(1));
    queue.revoke();
    expect([queue.take()?.kind, queue.take()]).toEqual(['revoked', null]);
  });

  test('says it once, however often it is lost before it is heard', () => {
    const queue = new EventQueue(1_000);
    queue.pushAssigned([AT]);
    queue.take();
    queue.revoke();
    queue.pushAssigned([AT]);
    queue.revoke();
    queue.pushAssigned([]);
    expect([queue.take()?.kind, queue.take(), queue.take()]).toEqual([
      'revoked',
      { kind: 'assigned', partitions: [] },
      null,
    ]);
  });

  test('says nothing to whom never heard that it owns something', () => {
    const queue = new EventQueue(1_000);
    queue.pushAssigned([AT]);
    queue.revoke();
    expect(queue.take()).toBeNull();
  });

  test('is full beyond its bytes, and has room again when a batch is taken or taken back', () => {
    const queue = new EventQueue(1_000);
    queue.pushBatch(batchOf(2_000));
    expect(queue.isFull).toBe(true);
    queue.take();
    expect(queue.isFull).toBe(false);
    queue.pushBatch(batchOf(2_000));
    queue.revoke();
    expect(queue.isFull).toBe(false);
  });

  test('ends a wait when an event comes, and a wait for room when there is room', async () => {
    const queue = new EventQueue(1_000);
    const waited = queue.waitForEvent(600_000);
    queue.pushBatch(batchOf(2_000));
    await waited;
    const room = queue.waitForRoom(600_000);
    queue.take();
    await room;
    expect(queue.isFull).toBe(false);
  });
});
