import type { StreamMark } from './messages.ts';

/**
 * Where reading began for each closed window that may be asked for again: those whose requests wait
 * for outcomes, and while cells are learned all of them.
 */
export class PartitionOrigin {
  private readonly first: StreamMark;
  private byWindow: { readonly window: number; readonly mark: StreamMark }[] = [];

  constructor(first: StreamMark) {
    this.first = first;
  }

  /** Windows from this one on were not closed when `mark` was made. */
  add(window: number, mark: StreamMark): void {
    this.byWindow.push({ window, mark });
  }

  /** The mark from which the oldest window in question is rebuilt; `present` when none is (Infinity). */
  markOf(oldestWindow: number, present: StreamMark): StreamMark {
    if (oldestWindow === -Infinity) return this.first;
    if (oldestWindow === Infinity) {
      this.byWindow = [];
      return present;
    }
    const index = this.byWindow.findLastIndex((one) => one.window <= oldestWindow);
    if (index > 0) this.byWindow.splice(0, index);
    return this.byWindow[0]?.mark ?? this.first;
  }
}
