import type { BatchSchema, PredictionColumns } from '../events/batch.ts';

/** What still has to be folded from a slot when its window closes. */
export const FOLD_NONE = 0;
export const FOLD_CURRENT = 1;
export const FOLD_CANARY = 2;

/** Bits of {@link Slots.seen}: which arms' predictions this key has had. */
export const SEEN_CURRENT = 1;
export const SEEN_CANARY = 2;

/** Bits of {@link Slots.marks}. */
export const MARK_SERVED = 1;
export const MARK_ERROR = 2;
/** The other arm was asked too: without its answer this one is unmatched. */
export const MARK_DUE = 4;
/** It was asked only if the window lies in a shadow stage: whoever knows the stage decides. */
export const MARK_DUE_IN_SHADOW = 8;

/** The end of a chain of slots. */
export const NO_SLOT = -1;

const START_CAPACITY = 8;
/** Bytes of a slot besides those of its values. */
const SLOT_BYTES = 84;
/** With a smaller share of the slots in use than this there is room to give back. */
const ROOMY_SHARE = 1 / 8;

type Column = Uint32Array | Float64Array | Int32Array | Uint8Array;
type Fill = <A extends Column>(from: A, to: A) => A;

function copied<A extends Column>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Brings only these slots over, in this order. */
function gathered(kept: Int32Array, capacity: number): Fill {
  return (from, to) => {
    const width = from.length / capacity;
    for (const [at, slot] of kept.entries()) {
      for (let i = 0; i < width; i++) to[at * width + i] = from[slot * width + i] ?? 0;
    }
    return to;
  };
}

/**
 * Open keys, by column: what one prediction needs to be remembered for until its window closes.
 * Slots are reused; nothing is allocated per record.
 */
export class Slots {
  capacity = START_CAPACITY;
  key1a = new Uint32Array(START_CAPACITY);
  key1b = new Uint32Array(START_CAPACITY);
  key2a = new Uint32Array(START_CAPACITY);
  key2b = new Uint32Array(START_CAPACITY);
  /** Two digest words for each arm. */
  digest = new Uint32Array(4 * START_CAPACITY);
  seen = new Uint8Array(START_CAPACITY);
  fold = new Uint8Array(START_CAPACITY);
  marks = new Uint8Array(START_CAPACITY);
  /** False for the second prediction of a key whose two halves lie too far apart to pair. */
  inTable = new Uint8Array(START_CAPACITY);
  eventTimeMs = new Float64Array(START_CAPACITY);
  /** Number of its first record in the log. */
  sequence = new Float64Array(START_CAPACITY);
  /** The window whose close takes the slot away, and the next slot of that window's chain. */
  lifeWindow = new Float64Array(START_CAPACITY);
  next = new Int32Array(START_CAPACITY);
  latencyMs = new Float64Array(START_CAPACITY);
  samplingFraction = new Float64Array(START_CAPACITY);
  readonly numbers: Float64Array[];
  readonly codes: Int32Array[];
  /** As many words a slot as the schema has ranked items; null when it has none. */
  rankedItems: Uint32Array | null;
  private readonly rankedItemCount: number;
  private free = new Int32Array(START_CAPACITY);
  private freeCount = 0;
  private highWater = 0;
  private openCount = 0;

  constructor(schema: BatchSchema) {
    this.numbers = schema.layout.numbers.map(() => new Float64Array(START_CAPACITY));
    this.codes = schema.layout.categories.map(() => new Int32Array(START_CAPACITY));
    const { rankedItemCount } = schema;
    this.rankedItemCount = rankedItemCount;
    this.rankedItems =
      rankedItemCount === 0 ? null : new Uint32Array(rankedItemCount * START_CAPACITY);
  }

  get open(): number {
    return this.openCount;
  }

  /** What the arrays take, used or not. */
  get bytes(): number {
    const words = this.codes.length + this.rankedItemCount;
    return this.capacity * (SLOT_BYTES + 8 * this.numbers.length + 4 * words);
  }

  /** Whether most of what the arrays take is not used any more. */
  get isRoomy(): boolean {
    return this.capacity > START_CAPACITY && this.openCount < ROOMY_SHARE * this.capacity;
  }

  /** Makes the arrays smaller: slot i is from now on what `kept[i]` was. */
  keepOnly(kept: Int32Array): void {
    let capacity = START_CAPACITY;
    while (capacity < 2 * kept.length) capacity *= 2;
    this.resize(capacity, gathered(kept, this.capacity));
    this.openCount = kept.length;
    this.highWater = kept.length;
    this.freeCount = 0;
  }

  take(): number {
    this.openCount += 1;
    if (this.freeCount > 0) return this.free[--this.freeCount] ?? 0;
    if (this.highWater === this.capacity) this.resize(2 * this.capacity, copied);
    return this.highWater++;
  }

  release(slot: number): void {
    this.free[this.freeCount++] = slot;
    this.openCount -= 1;
  }

  /** Remembers a record's key and values in a slot. */
  copy(slot: number, columns: PredictionColumns, row: number): void {
    this.key1a[slot] = columns.key1[2 * row] ?? 0;
    this.key1b[slot] = columns.key1[2 * row + 1] ?? 0;
    this.key2a[slot] = columns.key2[2 * row] ?? 0;
    this.key2b[slot] = columns.key2[2 * row + 1] ?? 0;
    this.eventTimeMs[slot] = columns.eventTimeMs[row] ?? 0;
    this.latencyMs[slot] = columns.latencyMs[row] ?? Number.NaN;
    this.samplingFraction[slot] = columns.samplingFraction[row] ?? 1;
    const { numbers, codes } = this;
    if (columns.numbers.length > numbers.length || columns.codes.length > codes.length)
      this.widen(columns);
    for (let f = 0; f < numbers.length; f++) {
      const to = numbers[f];
      const from = columns.numbers[f];
      if (to !== undefined) to[slot] = from?.[row] ?? Number.NaN;
    }
    for (let f = 0; f < codes.length; f++) {
      const to = codes[f];
      const from = columns.codes[f];
      if (to !== undefined) to[slot] = from?.[row] ?? 0;
    }
    const { rankedItems, rankedItemCount: n } = this;
    if (rankedItems === null) return;
    const from = columns.rankedItems;
    for (let i = 0; i < n; i++) rankedItems[slot * n + i] = from?.[row * n + i] ?? 0;
  }

  /** Remembers what an arm's record of this key said. */
  setDigest(slot: number, columns: PredictionColumns, row: number): void {
    const at = 4 * slot + (columns.arm === 'canary' ? 2 : 0);
    this.digest[at] = columns.digest[2 * row] ?? 0;
    this.digest[at + 1] = columns.digest[2 * row + 1] ?? 0;
  }

  /** Whether a record says what the first of its arm and key said. */
  hasDigest(slot: number, columns: PredictionColumns, row: number): boolean {
    const at = 4 * slot + (columns.arm === 'canary' ? 2 : 0);
    return (
      this.digest[at] === columns.digest[2 * row] &&
      this.digest[at + 1] === columns.digest[2 * row + 1]
    );
  }

  /** In a stream fields come as records bring them: what waits already has none of the new ones. */
  private widen(columns: PredictionColumns): void {
    while (this.numbers.length < columns.numbers.length)
      this.numbers.push(new Float64Array(this.capacity).fill(Number.NaN));
    while (this.codes.length < columns.codes.length) this.codes.push(new Int32Array(this.capacity));
  }

  private resize(capacity: number, fill: Fill): void {
    const n = capacity;
    this.key1a = fill(this.key1a, new Uint32Array(n));
    this.key1b = fill(this.key1b, new Uint32Array(n));
    this.key2a = fill(this.key2a, new Uint32Array(n));
    this.key2b = fill(this.key2b, new Uint32Array(n));
    this.digest = fill(this.digest, new Uint32Array(4 * n));
    this.seen = fill(this.seen, new Uint8Array(n));
    this.fold = fill(this.fold, new Uint8Array(n));
    this.marks = fill(this.marks, new Uint8Array(n));
    this.inTable = fill(this.inTable, new Uint8Array(n));
    this.eventTimeMs = fill(this.eventTimeMs, new Float64Array(n));
    this.sequence = fill(this.sequence, new Float64Array(n));
    this.lifeWindow = fill(this.lifeWindow, new Float64Array(n));
    this.next = fill(this.next, new Int32Array(n));
    this.latencyMs = fill(this.latencyMs, new Float64Array(n));
    this.samplingFraction = fill(this.samplingFraction, new Float64Array(n));
    this.free = fill(this.free, new Int32Array(n));
    for (const [f, column] of this.numbers.entries())
      this.numbers[f] = fill(column, new Float64Array(n));
    for (const [f, column] of this.codes.entries()) this.codes[f] = fill(column, new Int32Array(n));
    if (this.rankedItems !== null)
      this.rankedItems = fill(this.rankedItems, new Uint32Array(this.rankedItemCount * n));
    this.capacity = n;
  }
}
