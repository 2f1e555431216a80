const EMPTY = -1;
const START_CAPACITY = 16;

/** The four key words of every slot. */
export interface KeyWords {
  readonly key1a: Uint32Array;
  readonly key1b: Uint32Array;
  readonly key2a: Uint32Array;
  readonly key2b: Uint32Array;
}

/** Keys as batches hold them: two words of each hash by row. */
export interface KeyColumns {
  readonly key1: Uint32Array;
  readonly key2: Uint32Array;
}

/**
 * Finds the slot of a 128-bit key: open addressing on typed arrays, linear probing, deletion by
 * shifting back (no tombstones, so a table that lives for weeks stays as fast as a new one).
 * Two requests share a slot only if all 128 bits of two independent hashes agree.
 */
export class KeyTable {
  private slots: Int32Array;
  private readonly words: KeyWords;
  private mask: number;
  private used = 0;

  /** `words` holds the keys, and may grow; the table itself stores only slot numbers. */
  constructor(words: KeyWords, capacity = START_CAPACITY) {
    this.words = words;
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.mask = capacity - 1;
  }

  get size(): number {
    return this.used;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  /** Forgets what it holds, and takes these slots up instead. */
  refill(slots: readonly number[]): void {
    let capacity = START_CAPACITY;
    while (capacity < 2 * slots.length) capacity *= 2;
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.mask = capacity - 1;
    this.used = 0;
    for (const slot of slots) this.add(slot);
  }

  /** The slot that holds the key of a row, or -1. */
  find(columns: KeyColumns, row: number): number {
    const { key1a, key1b, key2a, key2b } = this.words;
    const a = columns.key1[2 * row] ?? 0;
    const b = columns.key1[2 * row + 1] ?? 0;
    const c = columns.key2[2 * row] ?? 0;
    const d = columns.key2[2 * row + 1] ?? 0;
    const { slots, mask } = this;
    let at = (a ^ c) & mask;
    let slot = slots[at] ?? EMPTY;
    while (slot !== EMPTY) {
      if (key1a[slot] === a && key1b[slot] === b && key2a[slot] === c && key2b[slot] === d)
        return slot;
      at = (at + 1) & mask;
      slot = slots[at] ?? EMPTY;
    }
    return EMPTY;
  }

  /** Adds a slot whose key words are already set and not yet in the table. */
  add(slot: number): void {
    if (this.used * 2 >= this.slots.length) this.grow();
    this.place(slot);
    this.used += 1;
  }

  /** Takes a slot out; its key words must still be set. */
  remove(slot: number): void {
    const { slots, mask } = this;
    let at = this.home(slot);
    while (slots[at] !== slot) at = (at + 1) & mask;
    let hole = at;
    let next = (hole + 1) & mask;
    for (let other = slots[next] ?? EMPTY; other !== EMPTY; other = slots[next] ?? EMPTY) {
      // An entry may move into the hole only if that does not put it before its home.
      if (((next - this.home(other)) & mask) >= ((next - hole) & mask)) {
        slots[hole] = other;
        hole = next;
      }
      next = (next + 1) & mask;
    }
    slots[hole] = EMPTY;
    this.used -= 1;
  }

  private home(slot: number): number {
    return ((this.words.key1a[slot] ?? 0) ^ (this.words.key2a[slot] ?? 0)) & this.mask;
  }

  private place(slot: number): void {
    let at = this.home(slot);
    while (this.slots[at] !== EMPTY) at = (at + 1) & this.mask;
    this.slots[at] = slot;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2).fill(EMPTY);
    this.mask = this.slots.length - 1;
    for (const slot of old) if (slot !== EMPTY) this.place(slot);
  }
}
