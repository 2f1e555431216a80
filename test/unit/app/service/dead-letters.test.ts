import { describe, expect, it } from 'vitest';
import { deadLetterCodec } from '../../../../src/adapters/avro/dead-letter.ts';
import { memoryBroker } from '../../../../src/adapters/memory/broker/broker.ts';
import {
  type DeadLetterFilter,
  type DeadLetterLog,
  findDeadLetters,
  listDeadLetters,
  retryDeadLetters,
} from '../../../../src/app/service/dead-letters.ts';
import type { DeadRecord } from '../../../../src/pipeline/stream/ports.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';

const TOPIC = 'coalmine.dead-letters';
const ALL: DeadLetterFilter = { topic: null, reason: null, ids: null };

function dead(offset: number, over: Partial<DeadRecord> = {}): DeadRecord {
  return {
    topic: 'outcomes',
    partition: 1,
    offset,
    reason: 'missing_field',
    field: 'value',
    detail: 'value is missing',
    key: Uint8Array.of(0, 200),
    value: Uint8Array.of(1, 2, 3),
    ...over,
  };
}

/** A topic with these, set aside one a second; each call of `log` reads it anew. */
async function topicOf(letters: readonly DeadRecord[]): Promise<() => DeadLetterLog> {
  const broker = memoryBroker({ nowMs: () => 0, batchRecordsMax: 2 });
  broker.createTopic(TOPIC, 3);
  const codec = deadLetterCodec(memoryRegistry(), { topic: TOPIC, messageBytesMax: 100_000 });
  for (const [i, letter] of letters.entries())
    await broker.writer().send(TOPIC, [await codec.encode(letter, i * 1_000)]);
  broker.append(TOPIC, 0, [{ key: 'x', value: new TextEncoder().encode('{"reason":"old"}') }]);
  broker.append(TOPIC, 0, [{ key: 'x', value: null }]);
  return () => ({
    source: broker.source('dead-letters', [TOPIC], 'me'),
    codec,
    options: {
      clock: { nowMs: () => 0, wait: () => Promise.resolve() },
      assignedMsMax: 1,
      quietMsMax: 1,
    },
  });
}

describe('a list of dead letters', () => {
  it('counts by topic and reason, the most frequent first, and shows the newest', async () => {
    const log = await topicOf([
      dead(1),
      dead(2, { reason: 'future' }),
      dead(3),
      dead(3, { topic: 'predictions.canary', value: null }),
    ]);
    const list = await listDeadLetters(log(), ALL, 2);
    expect(list.total).toBe(4);
    expect(list.unreadableCount).toBe(2);
    expect(list.counts).toEqual([
      { topic: 'outcomes', reason: 'missing_field', count: 2 },
      expect.objectContaining({ count: 1 }),
      expect.objectContaining({ count: 1 }),
    ]);
    expect(list.newest).toMatchObject([
      { id: 'predictions.canary/1/3', timeMs: 3_000, payloadBytes: null },
      { id: 'outcomes/1/3', timeMs: 2_000, payloadBytes: 3 },
    ]);
    expect(list.newest[0]).not.toHaveProperty('payload');
  });

  it('holds what the filter means', async () => {
    const log = await topicOf([dead(1), dead(2, { reason: 'future' }), dead(3, { topic: 'b' })]);
    const future = await listDeadLetters(log(), { ...ALL, reason: 'future' }, 10);
    expect(future.newest.map(({ id }) => id)).toEqual(['outcomes/1/2']);
    const ofB = await listDeadLetters(log(), { ...ALL, topic: 'b' }, 10);
    expect(ofB).toMatchObject({ total: 1, newest: [{ id: 'b/1/3' }] });
  });

  it('shows a record that was set aside twice once', async () => {
    const log = await topicOf([dead(1), dead(1), dead(1, { partition: 2 })]);
    expect((await listDeadLetters(log(), ALL, 10)).total).toBe(2);
  });

  it('keeps the newest among very many', async () => {
    const log = await topicOf(Array.from({ length: 2_500 }, (_, offset) => dead(offset)));
    const list = await listDeadLetters(log(), ALL, 2);
    expect(list.total).toBe(2_500);
    expect(list.newest.map(({ offset }) => offset)).toEqual([2_499, 2_498]);
  });

  it('may be empty', async () => {
    const log = await topicOf([]);
    expect(await listDeadLetters(log(), ALL, 10)).toMatchObject({ total: 0, newest: [] });
  });
});

describe('dead letters that are sent again', () => {
  it('go to their topic and partition with their bytes, marked', async () => {
    const log = await topicOf([dead(1), dead(2)]);
    const found = await findDeadLetters(log(), { ...ALL, ids: new Set(['outcomes/1/2']) });
    const sent: unknown[] = [];
    const report = await retryDeadLetters(found, {
      send: (record) => {
        sent.push(record);
        return Promise.resolve({ offset: 77 });
      },
    });
    expect(sent).toEqual([
      {
        topic: 'outcomes',
        partition: 1,
        key: Buffer.from([0, 200]),
        value: Buffer.from([1, 2, 3]),
        headers: { 'coalmine.retry': 'outcomes/1/2' },
      },
    ]);
    expect(report).toEqual({
      sent: [{ id: 'outcomes/1/2', topic: 'outcomes', partition: 1, offset: 77 }],
      refused: [],
    });
  });

  it('keep the order of their records, whatever order they were set aside in', async () => {
    const places = [dead(12), dead(3), dead(7, { partition: 0 }), dead(9, { topic: 'a' })];
    const log = await topicOf(places);
    const found = await findDeadLetters(log(), ALL);
    expect(found.map(({ id }) => id)).toEqual([
      'a/1/9',
      'outcomes/0/7',
      'outcomes/1/3',
      'outcomes/1/12',
    ]);
  });

  it('are refused one by one when their bytes were not kept, or there were none', async () => {
    const log = await topicOf([
      dead(1, { value: null }),
      dead(2, { value: null, reason: 'tombstone' }),
    ]);
    const found = await findDeadLetters(log(), ALL);
    const report = await retryDeadLetters(found, {
      send: () => Promise.reject(new Error('nothing is sent')),
    });
    expect(report.sent).toEqual([]);
    expect(new Map(report.refused.map(({ id, why }) => [id, why]))).toEqual(
      new Map([
        [
          'outcomes/1/1',
          'its bytes were not kept: privacy.keepDeadLetterPayload of the input keeps those to come',
        ],
        ['outcomes/1/2', 'the record had no value'],
      ]),
    );
  });
});
