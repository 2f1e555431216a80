import { assert } from '../../core/foundation/assert.ts';

/** A record that is being worked on. */
interface Open<T> {
  readonly offset: number;
  /** Null: not done yet. */
  results: readonly T[] | null;
}

/**
 * Records of one partition that are worked on at the same time, and end in any order. Their results
 * are handed out in the order of the log, and the position stays at the first that is not done:
 * begun again from there, nothing is left out.
 */
export class OffsetTracker<T> {
  #open: Open<T>[] = [];
  #first = 0;
  #nextOffset: number;

  /** @param startOffset where reading begins */
  constructor(startOffset: number) {
    this.#nextOffset = startOffset;
  }

  /** Records that are begun and whose results were not taken. */
  get openCount(): number {
    return this.#open.length - this.#first;
  }

  /** Where to begin again: everything before it was taken. */
  get position(): number {
    return this.#open[this.#first]?.offset ?? this.#nextOffset;
  }

  /** Whether there is anything to take. */
  get hasDone(): boolean {
    return (this.#open[this.#first]?.results ?? null) !== null;
  }

  /** A record begins. Returns what to call with its results, once. */
  begin(offset: number): (results: readonly T[]) => void {
    assert(offset >= this.#nextOffset, 'records begin in the order of the log');
    this.#nextOffset = offset + 1;
    const open: Open<T> = { offset, results: null };
    this.#open.push(open);
    return (results) => {
      assert(open.results === null, 'a record ends once');
      open.results = results;
    };
  }

  /** Everything before this offset was begun, or is of no concern. */
  readTo(nextOffset: number): void {
    this.#nextOffset = Math.max(this.#nextOffset, nextOffset);
  }

  /** Results of the records that are done and have none before them that is not. */
  takeDone(): readonly T[] {
    const taken: T[] = [];
    for (let next = this.#open[this.#first]; next?.results; next = this.#open[this.#first]) {
      taken.push(...next.results);
      this.#first += 1;
    }
    if (2 * this.#first > this.#open.length) {
      this.#open = this.#open.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
