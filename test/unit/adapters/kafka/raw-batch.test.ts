import type { Batch, KafkaMessage } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { bytesOf, fetchedOffsetOf, rawBatch } from '../../../../src/adapters/kafka/raw-batch.ts';

const TIMES = { askedAtMs: 1, receivedAtMs: 2 };

function messageOf(offset: string, timestamp: string, headers = {}): KafkaMessage {
  const bytes = { key: Buffer.from('k'), value: Buffer.from('value') };
  return { ...bytes, offset, timestamp, attributes: 0, headers };
}

function batchOf(messages: KafkaMessage[]): Batch {
  return {
    topic: 't',
    partition: 3,
    highWatermark: '20',
    messages,
    isEmpty: () => messages.length === 0,
    firstOffset: () => '7',
    lastOffset: () => '11',
    offsetLag: () => '0',
    offsetLagLow: () => '0',
  };
}

describe("kafkajs' batch as ours", () => {
  test('ends behind the last offset of the batch, which no record may have', () => {
    const raw = rawBatch(batchOf([messageOf('7', '100'), messageOf('9', '100')]), TIMES);
    expect(raw).toMatchObject({
      topic: 't',
      partition: 3,
      nextOffset: 12,
      endOffset: 20,
      ...TIMES,
    });
    expect(raw.records.map(({ offset }) => offset)).toEqual([7, 9]);
  });

  test('has the time of each record', () => {
    const times = ['1700000000000', '1700000000000', '1700000000001', '5', '1700000000000'];
    const raw = rawBatch(batchOf(times.map((each, at) => messageOf(String(at), each))), TIMES);
    expect(raw.records.map(({ timestampMs }) => timestampMs)).toEqual(times.map(Number));
  });

  test('has headers as text, the last of a name that comes twice', () => {
    const headers = { one: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from('b')] };
    const raw = rawBatch(batchOf([messageOf('0', '0', headers), messageOf('1', '0')]), TIMES);
    expect(raw.records.map((record) => record.headers)).toEqual([{ one: '1', twice: 'b' }, {}]);
  });

  test('weighs more than its bytes', () => {
    expect(bytesOf(rawBatch(batchOf([messageOf('0', '0')]), TIMES))).toBe(106);
  });

  test('tells what offset was asked for, where kafkajs keeps it', () => {
    expect(fetchedOffsetOf(Object.assign(batchOf([]), { fetchedOffset: '5' }))).toBe(5);
    expect(fetchedOffsetOf(batchOf([]))).toBeNaN();
  });
});
