import { describe, expect, it } from 'vitest';
import { SilentMoves } from '../../../../src/pipeline/stream/silent-moves.ts';
import { markAt } from '../../../support/stream/messages-of.ts';

const at = (a: number, watermarkMs: number) => ({ offsets: { a }, watermarkMs });

describe('silent moves', () => {
  it('count once between two records: the last of them', () => {
    const moves = new SilentMoves([]);
    moves.add(at(3, 10));
    moves.add(at(3, 20));
    moves.add(at(4, 30));
    expect(moves.since(markAt({ a: 0 }))).toEqual([at(3, 20), at(4, 30)]);
  });

  it('are let go once nobody begins before them', () => {
    const moves = new SilentMoves([at(3, 10), at(5, 20)]);
    expect(moves.since(markAt({ a: 5 }))).toEqual([at(5, 20)]);
    expect(moves.since(markAt({ a: 0 }))).toEqual([at(5, 20)]);
  });

  it('say whether one of them was written down by nobody', () => {
    const moves = new SilentMoves([at(3, 10)]);
    expect(moves.isUnwritten).toBe(false);
    moves.add(at(4, 30));
    expect(moves.isUnwritten).toBe(true);
  });
});
