import type { DeadLetterReason } from '../../../core/events/dead-letter.ts';
import type { DeadRecord, RawBatch } from '../../../pipeline/stream/ports.ts';

/** Why something could not be used. */
export interface Problem {
  readonly reason: DeadLetterReason;
  readonly field: string | null;
  readonly detail: string;
}

/** A prediction or an outcome that could not be used, and whose it was. */
export interface Rejected {
  readonly problem: Problem;
  /** Position of its record in the batch. */
  readonly record: number;
  /** What it says of itself, as it says it; null when it does not: then it is nobody's. */
  readonly model: string | null;
  readonly version: string | null;
}

/** The dead letters of one batch: each record once, with the first problem that was found. */
export class DeadRecords {
  private readonly byRecord = new Map<number, DeadRecord>();
  private readonly batch: RawBatch;
  private readonly keepsPayload: boolean;

  constructor(batch: RawBatch, keepsPayload: boolean) {
    this.batch = batch;
    this.keepsPayload = keepsPayload;
  }

  add(record: number, problem: Problem): void {
    const raw = this.batch.records[record];
    if (raw === undefined || this.byRecord.has(record)) return;
    const { topic, partition } = this.batch;
    const value = this.keepsPayload ? raw.value : null;
    const { offset, key } = raw;
    this.byRecord.set(record, { ...problem, topic, partition, offset, key, value });
  }

  /** In the order of the log. */
  list(): readonly DeadRecord[] {
    return [...this.byRecord.values()].sort((left, right) => left.offset - right.offset);
  }
}

/** An event time that runs ahead of the record's arrival. */
export function futureProblem(aheadMs: number, futureMaxMs: number): Problem {
  const detail = `event_time is ${aheadMs} ms after its arrival, at most ${futureMaxMs} are believed`;
  return { reason: 'future', field: 'event_time', detail };
}

/** A value of too many bytes. */
export function tooLargeProblem(size: number, sizeMax: number): Problem {
  const detail = `the record has ${size} bytes, at most ${sizeMax} are read`;
  return { reason: 'too_large', field: null, detail };
}
