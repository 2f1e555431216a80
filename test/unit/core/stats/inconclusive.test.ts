import { expect, it } from 'vitest';
import { inconclusive } from '../../../../src/core/stats/inconclusive.ts';

it('cannot tell is a value with its reason, and survives JSON', () => {
  const answer = inconclusive('no_variance');
  expect(JSON.parse(JSON.stringify(answer))).toEqual({
    state: 'inconclusive',
    reason: 'no_variance',
  });
});
