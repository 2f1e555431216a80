import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroMessageCodec } from '../../../../src/adapters/avro/message-codec.ts';
import { chunkRows } from '../../../../src/pipeline/stream/chunk-rows.ts';
import {
  OWN_TOPICS,
  type SampledRecord,
  type SampleMessage,
} from '../../../../src/pipeline/stream/messages.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';
import { sampledRecords } from '../../../support/messages.ts';

const codec = avroMessageCodec(memoryRegistry(), OWN_TOPICS);

async function bytesOf(rows: readonly SampledRecord[]): Promise<number> {
  const message: SampleMessage = {
    kind: 'sample',
    rolloutId: 'fraud-v7.1',
    partition: 0,
    windowStartMs: 60_000,
    chunk: 0,
    rows,
  };
  return (await codec.encodeJoinerMessage(message)).length;
}

describe('rows cut to fit a message', () => {
  it('take no more bytes than are allowed, unless one row alone does', async () => {
    const empty = await bytesOf([]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(sampledRecords, { maxLength: 30 }),
        fc.integer({ min: 1, max: 2000 }),
        async (rows, bytesMax) => {
          const chunks = chunkRows(rows, bytesMax);
          expect(chunks.flat()).toEqual(rows);
          const shared = chunks.filter((chunk) => chunk.length > 1);
          for (const chunk of shared)
            expect((await bytesOf(chunk)) - empty).toBeLessThanOrEqual(bytesMax);
        },
      ),
    );
  });

  it('are few lists when there is room, and none when there are no rows', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      hashHigh: 0,
      hashLow: i,
      eventTimeMs: 60_000,
      values: { score: 0.5, 'feature.country': 'DE' },
    }));
    expect(chunkRows(rows, 100_000)).toHaveLength(1);
    expect(chunkRows(rows, 1000)).toHaveLength(7);
    expect(chunkRows([], 1000)).toEqual([]);
  });
});
