/** One row that may go into a learned profile: its values by number and by category column. */
export interface SampledRow {
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly eventTimeMs: number;
  readonly numbers: Float64Array;
  readonly codes: Int32Array;
}

function byHash(left: SampledRow, right: SampledRow): number {
  return (
    left.hashHigh - right.hashHigh ||
    left.hashLow - right.hashLow ||
    left.eventTimeMs - right.eventTimeMs
  );
}

/**
 * The k rows of lowest hash: an exact uniform sample of requests that does not depend on the order
 * in which they came, and merges. `seen` counts all rows offered.
 */
export class RowSample {
  readonly size: number;
  seen = 0;
  private rows: SampledRow[] = [];
  private limitHigh = Infinity;

  constructor(size: number) {
    this.size = size;
  }

  /** Whether a row of this hash could be kept; saves building rows that cannot. */
  wants(hashHigh: number): boolean {
    return hashHigh <= this.limitHigh;
  }

  add(row: SampledRow): void {
    this.rows.push(row);
    if (this.rows.length >= 2 * this.size) this.trim();
  }

  merge(other: RowSample): void {
    this.seen += other.seen;
    for (const row of other.rows) if (this.wants(row.hashHigh)) this.add(row);
  }

  /** The kept rows, lowest hash first. */
  kept(): readonly SampledRow[] {
    this.trim();
    return this.rows;
  }

  private trim(): void {
    this.rows.sort(byHash);
    if (this.rows.length > this.size) this.rows.length = this.size;
    if (this.rows.length === this.size) this.limitHigh = this.rows.at(-1)?.hashHigh ?? Infinity;
  }
}
