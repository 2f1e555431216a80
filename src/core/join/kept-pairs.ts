/** One row that may be kept, with the hash that decides when there are too many. */
interface Ranked<T> {
  readonly hash: number;
  readonly item: T;
}

/**
 * At most `size` items of a window, those of lowest hash: the choice does not depend on the order
 * in which they came. Items are only built when they can be kept.
 */
export class LowestByHash<T> {
  private readonly size: number;
  private items: Ranked<T>[] = [];
  private limit = Infinity;

  constructor(size: number) {
    this.size = size;
  }

  offer(hash: number, build: () => T): void {
    if (hash > this.limit) return;
    this.items.push({ hash, item: build() });
    if (this.items.length >= 2 * this.size) this.trim();
  }

  /** The kept items, lowest hash first. */
  kept(): readonly T[] {
    this.trim();
    return this.items.map((ranked) => ranked.item);
  }

  private trim(): void {
    this.items.sort((left, right) => left.hash - right.hash);
    if (this.items.length > this.size) this.items.length = this.size;
    if (this.items.length === this.size) this.limit = this.items.at(-1)?.hash ?? Infinity;
  }
}
