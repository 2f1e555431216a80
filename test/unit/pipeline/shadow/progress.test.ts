import { describe, expect, it } from 'vitest';
import {
  decodeProgress,
  encodeProgress,
  progressKey,
} from '../../../../src/pipeline/shadow/progress.ts';

const ROUTE = { from: 'a', to: 'b', rolloutId: 'fraud.1' };

describe('stored progress', () => {
  it('is read back by the route that wrote it, and by no other', () => {
    const bytes = encodeProgress(ROUTE, 42);
    expect(progressKey(ROUTE, 3)).toBe('b/3');
    expect(decodeProgress(bytes, ROUTE)).toBe(42);
    expect(decodeProgress(bytes, { ...ROUTE, from: 'c' })).toBeNull();
    expect(decodeProgress(bytes, { ...ROUTE, rolloutId: 'fraud.2' })).toBeNull();
  });

  it.each(['', 'x', '[]', '{"from":"a","rollout_id":"fraud.1","offset":"1"}'])(
    'is none when it is %j',
    (text) => {
      expect(decodeProgress(new TextEncoder().encode(text), ROUTE)).toBeNull();
    },
  );

  it('is none where there is no record', () => {
    expect(decodeProgress(null, ROUTE)).toBeNull();
  });
});
