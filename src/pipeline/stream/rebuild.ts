import type { PartitionStart } from './partition-start.ts';
import type { SilentMove } from './silent-moves.ts';

/**
 * What a new owner of a partition reads again before it goes on: up to each place where processing
 * time moved the watermark, and in the end up to where the owner before it stood.
 */
export class Rebuild {
  private readonly stops: readonly SilentMove[];
  private passed = 0;

  constructor({ done }: Pick<PartitionStart, 'done'>) {
    this.stops =
      done === null
        ? []
        : [...done.silentMoves, { offsets: done.nextOffsets, watermarkMs: done.watermarkMs }];
  }

  get isOver(): boolean {
    return this.passed === this.stops.length;
  }

  /** Where reading stops for now, by topic; null: nowhere. */
  get limits(): Readonly<Record<string, number>> | null {
    return this.stops[this.passed]?.offsets ?? null;
  }

  /**
   * Given where each topic goes on, the watermark of the stop that is reached and passed by this;
   * null when none is.
   */
  pass(nextOffsets: Readonly<Record<string, number>>): number | null {
    const stop = this.stops[this.passed];
    if (stop === undefined) return null;
    const isReached = Object.entries(nextOffsets).every(
      ([topic, offset]) => offset >= (stop.offsets[topic] ?? 0),
    );
    if (!isReached) return null;
    this.passed += 1;
    return stop.watermarkMs;
  }
}
