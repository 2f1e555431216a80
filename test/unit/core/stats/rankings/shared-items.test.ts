import { expect, it } from 'vitest';
import { sharedBy } from '../../../../support/rankings.ts';

it('items are shared from the depth on at which both lists have shown them', () => {
  const shared = sharedBy('abcdefg', 'zcavwxy');
  expect([...shared.newAtDepth.subarray(0, 7)]).toEqual([0, 0, 2, 0, 0, 0, 0]);
  expect(shared.count).toBe(2);
  expect([shared.shorterLength, shared.longerLength]).toEqual([7, 7]);
});

it('what was found before is forgotten', () => {
  const first = sharedBy('abc', 'abc');
  const second = sharedBy('abc', 'xyz', first);
  expect(second.count).toBe(0);
  expect([...second.newAtDepth]).toEqual([...second.newAtDepth].map(() => 0));
});
