/** One row that may go into a learned profile: its values by number and by category column. */
export interface SampledRow {
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly eventTimeMs: number;
  readonly numbers: readonly number[];
  readonly codes: readonly number[];
}

/** Columns that a row is taken from: a batch of the log, or the rows that wait in the join. */
export interface SampledColumns {
  readonly eventTimeMs: Float64Array;
  readonly numbers: readonly Float64Array[];
  readonly codes: readonly (Uint16Array | Int32Array)[];
}

/**
 * Offers a row of columns to a sample; it is built only if it could be kept. `hash` is the second
 * hash of its request, which nothing but samples is chosen by.
 *
 * @example offerRow(sample, { high: 7, low: 1 }, { columns, at: 0 }) // sample.seen is one more
 */
export function offerRow(
  sample: RowSample,
  hash: { readonly high: number; readonly low: number },
  row: { readonly columns: SampledColumns; readonly at: number },
): void {
  sample.seen += 1;
  if (!sample.wants(hash.high)) return;
  const { columns, at } = row;
  sample.add({
    hashHigh: hash.high,
    hashLow: hash.low,
    eventTimeMs: columns.eventTimeMs[at] ?? 0,
    numbers: columns.numbers.map((column) => column[at] ?? Number.NaN),
    codes: columns.codes.map((column) => column[at] ?? 0),
  });
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
