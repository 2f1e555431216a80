import type { WatermarkFacts } from '../core/join/watermark.ts';

/** A place in the log where reading may begin again, and what every partition knew there. */
export interface Mark {
  readonly sequence: number;
  /** Null: the beginning. */
  readonly resumeToken: string | null;
  /** The log's clock; null before the first record. */
  readonly clockMs: number | null;
  /** Watermark facts by partition; null times are -Infinity (JSON has none). */
  readonly facts: readonly StoredFacts[];
}

/** Watermark facts as JSON: -Infinity is null. */
export type StoredFacts = { readonly [K in keyof WatermarkFacts]: number | null };

function finite(value: number): number | null {
  return value === -Infinity ? null : value;
}

/** @example storeFacts(noFacts()).watermarkMs // null */
export function storeFacts(facts: WatermarkFacts): StoredFacts {
  return {
    highestCurrentMs: finite(facts.highestCurrentMs),
    highestCanaryMs: finite(facts.highestCanaryMs),
    heardCurrentMs: finite(facts.heardCurrentMs),
    heardCanaryMs: finite(facts.heardCanaryMs),
    watermarkMs: finite(facts.watermarkMs),
  };
}

/** The facts back. */
export function loadFacts(stored: StoredFacts): WatermarkFacts {
  return {
    highestCurrentMs: stored.highestCurrentMs ?? -Infinity,
    highestCanaryMs: stored.highestCanaryMs ?? -Infinity,
    heardCurrentMs: stored.heardCurrentMs ?? -Infinity,
    heardCanaryMs: stored.heardCanaryMs ?? -Infinity,
    watermarkMs: stored.watermarkMs ?? -Infinity,
  };
}

/**
 * Marks between the oldest record that an open window needs and the present: after a crash the
 * log is read from the last mark at or before that record.
 */
export class Marks<M extends { readonly sequence: number } = Mark> {
  private marks: M[] = [];

  add(mark: M): void {
    this.marks.push(mark);
  }

  /** The last mark at or before a sequence number; marks before it are let go. */
  at(sequence: number): M | null {
    let index = -1;
    for (let i = 0; i < this.marks.length; i++) {
      if ((this.marks[i]?.sequence ?? Infinity) <= sequence) index = i;
    }
    if (index > 0) this.marks.splice(0, index);
    return this.marks[0] ?? null;
  }
}
