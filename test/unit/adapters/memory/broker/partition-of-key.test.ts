import { Partitioners } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import {
  murmur2,
  partitionOfKey,
} from '../../../../../src/adapters/memory/broker/partition-of-key.ts';

/** From Apache Kafka's UtilsTest. */
const JAVA = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
] as const;

describe('the partition of a key', () => {
  test.each(JAVA)('hashes %s as Java does', (key, hash) => {
    expect(murmur2(new TextEncoder().encode(key))).toBe(hash);
  });

  test('is the one that kafkajs gives, for keys of every length and beyond ASCII', () => {
    const partitionMetadata = Array.from({ length: 13 }, (_, partitionId) => ({
      partitionId,
      partitionErrorCode: 0,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    const partitioner = Partitioners.DefaultPartitioner();
    for (let length = 0; length < 40; length += 1) {
      const key = `ключ-${'ü'.repeat(length)}`.slice(0, length);
      const theirs = partitioner({ topic: 't', partitionMetadata, message: { key, value: null } });
      expect(partitionOfKey(key, 13)).toBe(theirs);
    }
  });
});
