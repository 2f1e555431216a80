import { describe, expect, it } from 'vitest';
import type { SampledRecord } from '../../../../src/pipeline/stream/messages.ts';
import { SampleCollector } from '../../../../src/pipeline/stream/sample-collector.ts';
import { partialOf, sampleOf } from '../../../support/stream/messages-of.ts';

function row(hash: number, values: SampledRecord['values'] = {}): SampledRecord {
  return { hashHigh: hash, hashLow: 0, eventTimeMs: 1_000 * hash, values };
}

const seen = (partition: number, window: number, sampleSeen: number) =>
  partialOf(partition, window, { sampleSeen });

describe('the sample of a profile', () => {
  it('keeps the rows of lowest hash, in whatever order their windows come', () => {
    const orders = [
      [0, 1],
      [1, 0],
    ];
    for (const order of orders) {
      const collector = new SampleCollector(2);
      for (const window of order) {
        collector.add(sampleOf(0, window, [row(3 + window), row(1 + 4 * window)]));
        collector.take(seen(0, window, 2));
      }
      expect(collector.seen).toBe(4);
      expect(collector.rows(10).rows.map(({ hashHigh }) => hashHigh)).toEqual([1, 3]);
      expect(collector.fromMs()).toBe(1_000);
    }
  });

  it('counts a window once, however often it is told', () => {
    const collector = new SampleCollector(5);
    expect(collector.add(sampleOf(0, 1, [row(1)]))).toBe(true);
    expect(collector.add(sampleOf(0, 1, [row(1)]))).toBe(false);
    collector.take(seen(0, 1, 1));
    expect(collector.add(sampleOf(0, 1, [row(1)]))).toBe(false);
    collector.take(seen(0, 1, 1));
    expect(collector.seen).toBe(1);
    expect(collector.rows(10).rows).toHaveLength(1);
  });

  it('has a field of numbers where every kept value is one, texts where one is not', () => {
    const collector = new SampleCollector(5);
    const rows = [
      row(1, { 'feature.a': 1, 'feature.b': 1 }),
      row(2, { 'feature.a': 2, 'feature.b': 'x' }),
      row(3, {}),
    ];
    collector.add(sampleOf(0, 1, rows));
    collector.take(seen(0, 1, 3));
    const { schema, rows: kept } = collector.rows(10);
    expect(schema.layout.numbers.map(({ name }) => name)).toEqual(['feature.a']);
    expect(schema.layout.categories.map(({ name }) => name)).toEqual(['feature.b']);
    expect(schema.dictionaries[0]?.values).toEqual(['1', 'x']);
    expect(kept.map(({ codes }) => codes[0])).toEqual([1, 2, 0]);
    expect(kept.map(({ numbers }) => numbers[0])).toEqual([1, 2, Number.NaN]);
  });

  it('watches all answers, and of the inputs the first by name', () => {
    const collector = new SampleCollector(5);
    collector.add(sampleOf(0, 1, [row(1, { score: 1, 'feature.b': 1, 'feature.a': 1 })]));
    collector.take(seen(0, 1, 1));
    const { schema, notWatched } = collector.rows(1);
    expect(schema.layout.numbers.map(({ name }) => name)).toEqual(['score', 'feature.a']);
    expect(notWatched).toEqual(['feature.b']);
  });

  it('is empty before the first window, and when it was cleared', () => {
    const collector = new SampleCollector(5);
    expect(collector.fromMs()).toBe(Infinity);
    collector.add(sampleOf(0, 1, [row(1)]));
    collector.take(seen(0, 1, 1));
    collector.clear();
    expect(collector.rows(10).rows).toEqual([]);
  });
});
