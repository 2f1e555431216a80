/** What a number that is not finite adds to a digest: all of them are the same to a column. */
const NOT_FINITE_LOW = 0x7ff00000;
const NOT_FINITE_HIGH = 0x5bd1e995;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The name of a field as two words of hash. */
export interface NameHash {
  readonly low: number;
  readonly high: number;
}

/**
 * A digest of the content of a record: two sums over its fields, so that the order of fields and the
 * way in which they were written do not matter. A field that is null adds nothing.
 */
export class ContentDigest {
  low = 0;
  high = 0;

  reset(): void {
    this.low = 0;
    this.high = 0;
  }

  add(name: NameHash, low: number, high: number): void {
    let a = Math.imul(low ^ name.low, 0x9e3779b1);
    a = Math.imul((a ^ (a >>> 15)) + high, 0x85ebca77);
    let b = Math.imul(high ^ name.high, 0xc2b2ae3d);
    b = Math.imul((b ^ (b >>> 13)) + low, 0x27d4eb2f);
    this.low = (this.low + (a ^ (a >>> 16))) | 0;
    this.high = (this.high + (b ^ (b >>> 16))) | 0;
  }

  addNumber(name: NameHash, value: number): void {
    if (value - value !== 0) {
      this.add(name, NOT_FINITE_LOW, NOT_FINITE_HIGH);
      return;
    }
    // Zero has two signs, and is one value.
    double[0] = value + 0;
    this.add(name, words[0] ?? 0, words[1] ?? 0);
  }
}
