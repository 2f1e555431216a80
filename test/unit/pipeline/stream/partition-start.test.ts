import { describe, expect, it } from 'vitest';
import { freshStart, startFrom } from '../../../../src/pipeline/stream/partition-start.ts';
import { positionsOf } from '../../../support/stream/messages-of.ts';

const SUCCESSOR = {
  folderId: 'mine',
  profileHash: null,
  profileFromMs: null,
  keepsSegments: true,
} as const;

describe('where an owner of a partition begins', () => {
  it('is where it is told to when nobody owned it before', () => {
    const start = freshStart({ a: 7 });
    expect(start.mark.offsets).toEqual({ a: 7 });
    expect(start.originMark).toBe(start.mark);
    expect(start.done).toBeNull();
  });

  it('is the mark of open windows for one that has the files of those who wait', () => {
    const start = startFrom(positionsOf(), SUCCESSOR);
    expect(start.mark.offsets).toEqual({ a: 50 });
    expect(start.hasSegments).toBe(true);
    expect(start.done?.nextOffsets).toEqual({ a: 90 });
    expect(start.done?.reportedThroughMs).toBe(480_000);
  });

  it('is where the oldest request that waits began when the files are in another folder', () => {
    const start = startFrom(positionsOf({ folderId: 'theirs' }), SUCCESSOR);
    expect(start.mark.offsets).toEqual({ a: 10 });
    expect(start.hasSegments).toBe(false);
    expect(
      startFrom(positionsOf({ folderId: 'theirs' }), { ...SUCCESSOR, keepsSegments: false }).mark,
    ).toEqual(positionsOf().mark);
  });

  it('is the origin when windows were reported without the cells that they have', () => {
    const knows = { ...SUCCESSOR, profileHash: 'p', profileFromMs: 240_000 };
    const start = startFrom(positionsOf(), knows);
    expect(start.mark.offsets).toEqual({ a: 10 });
    expect(start.done?.reportedThroughMs).toBe(240_000);
    expect(start.hasSegments).toBe(false);
  });

  it('is not the origin when the cells begin only behind what was reported', () => {
    const knows = { ...SUCCESSOR, profileHash: 'p', profileFromMs: 600_000 };
    const start = startFrom(positionsOf(), knows);
    expect(start.mark.offsets).toEqual({ a: 50 });
    expect(start.done?.reportedThroughMs).toBe(480_000);
  });

  it('counts all again in cells that were given from the beginning', () => {
    const start = startFrom(positionsOf(), { ...SUCCESSOR, profileHash: 'p' });
    expect(start.done?.reportedThroughMs).toBe(-Infinity);
  });

  it('comes with the silent moves behind it, and keeps all for the next', () => {
    const silentMoves = [20, 60].map((a) => ({ offsets: { a }, watermarkMs: 1_000 * a }));
    const start = startFrom(positionsOf({ silentMoves }), SUCCESSOR);
    expect(start.done?.silentMoves).toEqual(silentMoves.slice(1));
    expect(start.silentMoves).toEqual(silentMoves);
  });
});
