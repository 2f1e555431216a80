import type { PartitionEntries } from '../core/join/partition-joiner.ts';

/** One partition's records of a stretch of the log. */
export class EntryList implements PartitionEntries {
  entries = new Int32Array(64);
  sequences = new Float64Array(64);
  clocksMs = new Float64Array(64);
  length = 0;

  push(entry: number, sequence: number, clockMs: number): void {
    const i = this.length++;
    if (i === this.entries.length) this.grow();
    this.entries[i] = entry;
    this.sequences[i] = sequence;
    this.clocksMs[i] = clockMs;
  }

  private grow(): void {
    const n = this.entries.length * 2;
    const grown = {
      entries: new Int32Array(n),
      sequences: new Float64Array(n),
      clocksMs: new Float64Array(n),
    };
    grown.entries.set(this.entries);
    grown.sequences.set(this.sequences);
    grown.clocksMs.set(this.clocksMs);
    Object.assign(this, grown);
  }
}
