import { describe, expect, test } from 'vitest';
import { noFacts, type WatermarkFacts } from '../../../src/core/join/watermark.ts';
import { loadFacts, Marks, storeFacts } from '../../../src/pipeline/marks.ts';

function markAt(sequence: number) {
  return { sequence, resumeToken: `after ${sequence}`, clockMs: sequence * 10, facts: [] };
}

describe('marks', () => {
  test('give the last place at or before a record', () => {
    const marks = new Marks();
    for (const sequence of [0, 100, 200]) marks.add(markAt(sequence));
    expect(marks.at(100)?.sequence).toBe(100);
    expect(marks.at(199)?.sequence).toBe(100);
    expect(marks.at(Number.POSITIVE_INFINITY)?.sequence).toBe(200);
  });

  test('let go of places that nothing needs any more, and never of the one in use', () => {
    const marks = new Marks();
    for (const sequence of [0, 100, 200]) marks.add(markAt(sequence));
    marks.at(150);
    expect(marks.at(0)?.sequence).toBe(100);
  });

  test('are none before the first', () => {
    expect(new Marks().at(5)).toBe(null);
  });
});

describe('watermark facts', () => {
  test('survive JSON, also where nothing was heard yet', () => {
    const facts: WatermarkFacts = { ...noFacts(), highestCurrentMs: 7, heardCurrentMs: 9 };
    for (const one of [noFacts(), facts]) {
      const text = JSON.stringify(storeFacts(one));
      expect(loadFacts(JSON.parse(text))).toEqual(one);
    }
  });
});
