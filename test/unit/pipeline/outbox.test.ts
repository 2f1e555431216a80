import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  numberEntries,
  outboxEntries,
  SeenEntries,
  windowId,
} from '../../../src/pipeline/outbox.ts';
import {
  commitOf,
  EMPTY_COMMIT,
  eventOf,
  summaryOf,
  verdictOf,
} from '../../contract/fixtures/commit.ts';

describe('the outbox', () => {
  it('takes every record of a commit, with its event time', () => {
    const entries = outboxEntries({ ...commitOf(5), events: [eventOf(1)] });
    expect(entries.map(({ kind, id, timeMs }) => [kind, id, timeMs])).toEqual([
      ['verdict', verdictOf(5).id, verdictOf(5).windowStartMs],
      ['event', 'flights-v2.1/1', eventOf(1).fromMs],
      ['notification', 'n-5', verdictOf(5).windowStartMs],
      ['dead_letter', '1005', null],
    ]);
    expect(outboxEntries(EMPTY_COMMIT)).toEqual([]);
  });

  it('numbers each kind without gaps, however the records are cut into commits and repeated', () => {
    const indexes = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }));
    fc.assert(
      fc.property(indexes, (commits) => {
        const seen = new SeenEntries();
        const numbers: number[] = [];
        const ids: string[] = [];
        for (const commit of commits) {
          const verdicts = commit.map((i) => verdictOf(i));
          for (const entry of numberEntries(outboxEntries({ ...EMPTY_COMMIT, verdicts }), seen)) {
            seen.add(entry.kind, entry.id);
            numbers.push(entry.number);
            ids.push(entry.id);
          }
        }
        expect(numbers).toEqual(numbers.map((_, i) => i + 1));
        expect(ids).toEqual([...new Set(commits.flat().map((i) => verdictOf(i).id))]);
      }),
    );
  });

  it('changes nothing before its numbers are recorded: a failed commit leaves no gap', () => {
    const seen = new SeenEntries();
    const entries = outboxEntries(commitOf(0));
    expect(numberEntries(entries, seen)).toEqual(numberEntries(entries, seen));
  });

  it('tells windows apart by rollout, start and revision', () => {
    const window = summaryOf(0);
    const others = [summaryOf(1), summaryOf(0, 'other.1'), { ...window, revision: 1 }];
    expect(new Set([window, ...others].map(windowId)).size).toBe(4);
    expect(windowId(window)).toBe(windowId(summaryOf(0)));
  });
});
