import { describe, expect, it } from 'vitest';
import { cutBatch } from '../../../../src/pipeline/stream/cut-batch.ts';
import { rawBatchOf } from '../../../support/stream/messages-of.ts';

function shape(parts: ReturnType<typeof cutBatch>): unknown {
  return parts.map(({ records, nextOffset }) => [records.map(({ offset }) => offset), nextOffset]);
}

describe('cutting a batch', () => {
  it('gives parts that lie wholly before or behind each offset', () => {
    const batch = rawBatchOf([5, 6, 7, 8, 9], 10);
    expect(shape(cutBatch(batch, [9, 7, 7]))).toEqual([
      [[5, 6], 7],
      [[7, 8], 9],
      [[9], 10],
    ]);
  });

  it('leaves it whole where no offset lies inside', () => {
    const batch = rawBatchOf([5, 6], 10);
    expect(cutBatch(batch, [3, 5, 10, 11, Infinity])).toEqual([batch]);
  });

  it('has a part without records say where it ends, in a gap as well', () => {
    expect(shape(cutBatch(rawBatchOf([5, 20], 30), [8, 25]))).toEqual([
      [[5], 8],
      [[20], 25],
      [[], 30],
    ]);
    expect(cutBatch(rawBatchOf([], 30), [8])).toHaveLength(1);
  });
});
