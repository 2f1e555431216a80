const EMPTY = -1;

/**
 * Finds the slot of a 128-bit key: open addressing on typed arrays, linear probing, deletion by
 * shifting back (no tombstones, so a table that lives for weeks stays as fast as a new one).
 * Two requests share a slot only if all 128 bits of two independent hashes agree.
 */
export class KeyTable {
  private slots: Int32Array;
  private readonly words: () => readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  private mask: number;
  private used = 0;

  /** `words` gives the four key words of every slot; the table itself stores only slot numbers. */
  constructor(
    words: () => readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array],
    capacity = 1024,
  ) {
    this.words = words;
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.mask = capacity - 1;
  }

  get size(): number {
    return this.used;
  }

  /** The slot that holds this key, or -1. */
  find(a: number, b: number, c: number, d: number): number {
    const [wa, wb, wc, wd] = this.words();
    const { slots, mask } = this;
    let at = (a ^ c) & mask;
    let slot = slots[at] ?? EMPTY;
    while (slot !== EMPTY) {
      if (wa[slot] === a && wb[slot] === b && wc[slot] === c && wd[slot] === d) return slot;
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
    const [wa, , wc] = this.words();
    return ((wa[slot] ?? 0) ^ (wc[slot] ?? 0)) & this.mask;
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
