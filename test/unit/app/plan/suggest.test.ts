import { describe, expect, it } from 'vitest';
import { nearest } from '../../../../src/app/plan/suggest.ts';

describe('a suggestion', () => {
  it.each([
    ['minSample', 'minSamples'],
    ['min_samples', 'minSamples'],
    ['MINSAMPLES', 'minSamples'],
    ['samples', 'minSamples'],
    ['bkae', 'bake'],
    ['weight', 'setWeight'],
    ['challenger', 'canary'],
    ['control', 'current'],
  ])('for %s is %s', (word, meant) => {
    const keys = ['current', 'canary', 'bake', 'minPairs', 'minSamples', 'setWeight'];
    expect(nearest(word, keys)).toBe(meant);
  });

  it('is not given when nothing is near', () => {
    expect(nearest('provider', ['bake', 'minSamples'])).toBeNull();
    expect(nearest('x', [])).toBeNull();
  });

  it('does not translate a word where our word for it is no key', () => {
    expect(nearest('challenger', ['bake'])).toBeNull();
  });
});
