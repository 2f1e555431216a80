import { describe, expect, it } from 'vitest';
import { freshStart, startFrom } from '../../../../src/pipeline/stream/partition-start.ts';
import { Rebuild } from '../../../../src/pipeline/stream/rebuild.ts';
import { positionsOf } from '../../../support/stream/messages-of.ts';

const SUCCESSOR = {
  folderId: 'mine',
  profileHash: null,
  profileFromMs: null,
  keepsSegments: true,
} as const;

describe('a rebuild', () => {
  it('is over at once where nobody read before', () => {
    const rebuild = new Rebuild(freshStart({ a: 0 }));
    expect([rebuild.isOver, rebuild.limits, rebuild.pass({ a: 0 })]).toEqual([true, null, null]);
  });

  it('stops where processing time moved the watermark, and where the owner before stood', () => {
    const silentMoves = [{ offsets: { a: 60 }, watermarkMs: 400_000 }];
    const rebuild = new Rebuild(startFrom(positionsOf({ silentMoves }), SUCCESSOR));
    expect(rebuild.limits).toEqual({ a: 60 });
    expect(rebuild.pass({ a: 59 })).toBeNull();
    expect(rebuild.pass({ a: 60 })).toBe(400_000);
    expect(rebuild.limits).toEqual({ a: 90 });
    expect(rebuild.isOver).toBe(false);
    expect(rebuild.pass({ a: 95 })).toBe(500_000);
    expect([rebuild.isOver, rebuild.limits]).toEqual([true, null]);
  });
});
