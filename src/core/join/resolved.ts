/** Rows that are handed over at once, at most. */
export const RESOLVED_MAX = 4096;

/**
 * Rows whose fate is known, waiting to be folded column by column. A pair names the slot of the
 * half that came first and the row of the half that completed it.
 */
export class ResolvedRows {
  readonly slot: Int32Array;
  readonly row: Int32Array;
  /** Handle of the partial that the row belongs to. */
  readonly partial: Int32Array;
  /** For pairs, the marks of the arriving half; for singles, their own. */
  readonly marks: Uint8Array;
  length = 0;

  constructor() {
    this.slot = new Int32Array(RESOLVED_MAX);
    this.row = new Int32Array(RESOLVED_MAX);
    this.partial = new Int32Array(RESOLVED_MAX);
    this.marks = new Uint8Array(RESOLVED_MAX);
  }

  /** The index of one more row, whose values the caller sets. */
  take(): number {
    return this.length++;
  }

  get isFull(): boolean {
    return this.length === RESOLVED_MAX;
  }
}
