import type { WindowSettings } from '../../core/events/plan.ts';
import { lastClosedWindow } from '../../core/join/watermark.ts';
import type { StreamMark } from './messages.ts';

/** Processing time, not a record, moved the watermark here: after all records before these offsets. */
export interface SilentMove {
  readonly offsets: Readonly<Record<string, number>>;
  readonly watermarkMs: number;
}

/**
 * Where processing time closed windows. No log tells of it, so whoever reads a partition again is
 * told: else it would count as in time what was late.
 */
export class SilentMoves {
  private moves: readonly SilentMove[];
  /** Some of them are in no positions record yet. */
  isUnwritten = false;

  constructor(moves: readonly SilentMove[]) {
    this.moves = moves;
  }

  /** Adds one behind all others; between two records only the last counts. */
  add(move: SilentMove): void {
    const last = this.moves.at(-1);
    const isSamePlace = last !== undefined && isAt(last.offsets, move.offsets);
    this.moves = [...(isSamePlace ? this.moves.slice(0, -1) : this.moves), move];
    this.isUnwritten = true;
  }

  /** Those that someone who begins at a mark must be told of; the others are let go. */
  since(mark: Pick<StreamMark, 'offsets'>): readonly SilentMove[] {
    this.moves = movesSince(this.moves, mark);
    return this.moves;
  }
}

/**
 * The moves at or behind a mark.
 *
 * @example movesSince([{ offsets: { a: 3 }, watermarkMs: 1 }], { offsets: { a: 4 } }) // []
 */
export function movesSince(
  moves: readonly SilentMove[],
  mark: Pick<StreamMark, 'offsets'>,
): readonly SilentMove[] {
  const isBehind = ({ offsets }: SilentMove): boolean =>
    Object.entries(mark.offsets).every(([topic, offset]) => (offsets[topic] ?? 0) >= offset);
  return moves.filter(isBehind);
}

function isAt(a: SilentMove['offsets'], b: SilentMove['offsets']): boolean {
  return Object.entries(b).every(([topic, offset]) => a[topic] === offset);
}

/** Which windows a watermark reports and closes. */
export function closedBy(watermarkMs: number, window: WindowSettings): string {
  const { lengthMs, graceMs } = window;
  const reported = lastClosedWindow(watermarkMs, window);
  return `${reported}/${lastClosedWindow(watermarkMs, { lengthMs, graceMs: 2 * graceMs })}`;
}
