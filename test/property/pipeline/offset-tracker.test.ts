import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetTracker } from '../../../src/pipeline/shadow/offset-tracker.ts';

/** Records with gaps between their offsets, and the order in which they end. */
const log = fc
  .array(fc.record({ gap: fc.nat(3), results: fc.nat(2) }), { maxLength: 60 })
  .chain((records) =>
    fc.record({
      records: fc.constant(records),
      start: fc.nat(1000),
      order: fc.shuffledSubarray(records.map((_, i) => i)),
      takeEvery: fc.integer({ min: 1, max: 7 }),
    }),
  );

describe('the offset tracker', () => {
  it('hands out results in the order of the log, once, and its position leaves out nothing that is not done', () => {
    fc.assert(
      fc.property(log, ({ records, start, order, takeEvery }) => {
        const tracker = new OffsetTracker<string>(start);
        let next = start;
        const begun = records.map(({ gap, results }) => {
          const offset = next + gap;
          next = offset + 1;
          const texts = Array.from({ length: results }, (_, i) => `${offset}.${i}`);
          return { offset, texts, done: tracker.begin(offset) };
        });
        tracker.readTo(next + 5);
        const taken: string[] = [];
        const ended = new Set<number>();
        for (const [turn, i] of order.entries()) {
          const record = begun[i];
          record?.done(record.texts);
          ended.add(i);
          if (turn % takeEvery === 0) taken.push(...tracker.takeDone());
          const firstOpen = begun.findIndex((_, at) => !ended.has(at));
          const limit = firstOpen < 0 ? next + 5 : (begun[firstOpen]?.offset ?? 0);
          expect(tracker.position).toBeLessThanOrEqual(limit);
        }
        taken.push(...tracker.takeDone());
        const firstOpen = begun.findIndex((_, at) => !ended.has(at));
        const prefix = firstOpen < 0 ? begun : begun.slice(0, firstOpen);
        expect(taken).toEqual(prefix.flatMap(({ texts }) => texts));
        expect(tracker.position).toBe(firstOpen < 0 ? next + 5 : begun[firstOpen]?.offset);
        expect(tracker.openCount).toBe(begun.length - prefix.length);
        expect(tracker.hasDone).toBe(false);
      }),
    );
  });
});
