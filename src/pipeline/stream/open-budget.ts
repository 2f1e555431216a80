/** Something that takes memory for open requests. */
export interface Holder {
  readonly openBytes: number;
}

/**
 * Bytes that the open requests of all partitions of a process may take. One half is divided evenly:
 * each partition may always have its part of it, so that a flood in one starves no other. The other
 * half goes to whoever asks first.
 */
export class OpenBudget {
  private readonly halfBytes: number;
  private evenBytes: number;
  private readonly known = new Map<Holder, number>();
  /** Bytes beyond even parts. */
  private pooledBytes = 0;

  constructor(openBytesMax: number) {
    this.halfBytes = openBytesMax / 2;
    this.evenBytes = this.halfBytes;
  }

  /** From now on it is divided among these. */
  divide(holders: readonly Holder[]): void {
    this.known.clear();
    this.pooledBytes = 0;
    this.evenBytes = this.halfBytes / Math.max(1, holders.length);
    for (const holder of holders) this.look(holder);
  }

  /** Notes what a holder takes now. */
  look(holder: Holder): void {
    const bytes = holder.openBytes;
    this.pooledBytes += this.beyondEven(bytes) - this.beyondEven(this.known.get(holder) ?? 0);
    this.known.set(holder, bytes);
  }

  /** Whether a holder may take so many bytes more. */
  mayTake(holder: Holder, moreBytes: number): boolean {
    this.look(holder);
    const more = this.beyondEven(holder.openBytes + moreBytes) - this.beyondEven(holder.openBytes);
    return more === 0 || this.pooledBytes + more <= this.halfBytes;
  }

  private beyondEven(bytes: number): number {
    return Math.max(0, bytes - this.evenBytes);
  }
}
