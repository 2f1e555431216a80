import type { RawBatch, SourceEvent, TopicPartition } from '../../pipeline/stream/ports.ts';
import { bytesOf } from './raw-batch.ts';

interface Queued {
  readonly event: SourceEvent;
  readonly bytes: number;
}

/** Events between a client that pushes and a caller that pulls; bounded by the bytes of its batches. */
export class EventQueue {
  readonly #bytesMax: number;
  #events: Queued[] = [];
  #bytes = 0;
  /** Whether the last that the caller heard is that it owns something. */
  #isOwner = false;
  #wakePoll: (() => void) | null = null;
  #wakePush: (() => void) | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  pushAssigned(partitions: readonly TopicPartition[]): void {
    this.#push({ event: { kind: 'assigned', partitions }, bytes: 0 });
  }

  pushBatch(batch: RawBatch): void {
    const bytes = bytesOf(batch);
    this.#bytes += bytes;
    this.#push({ event: { kind: 'batch', batch }, bytes });
  }

  /** Takes back what was not heard; whoever never heard that it owns something loses nothing. */
  revoke(): void {
    this.#events = this.#isOwner ? [{ event: { kind: 'revoked' }, bytes: 0 }] : [];
    this.#bytes = 0;
    this.#wakePush?.();
    this.wake();
  }

  #push(queued: Queued): void {
    this.#events.push(queued);
    this.wake();
  }

  take(): SourceEvent | null {
    const queued = this.#events.shift();
    if (queued === undefined) return null;
    const { event, bytes } = queued;
    this.#bytes -= bytes;
    if (event.kind !== 'batch') this.#isOwner = event.kind === 'assigned';
    if (!this.isFull) this.#wakePush?.();
    return event;
  }

  /** Ends a wait for events. */
  wake(): void {
    this.#wakePoll?.();
  }

  async waitForEvent(waitMs: number): Promise<void> {
    if (this.#events.length > 0) return;
    await within(waitMs, (wake) => {
      this.#wakePoll = wake;
    });
    this.#wakePoll = null;
  }

  async waitForRoom(waitMs: number): Promise<void> {
    if (!this.isFull) return;
    await within(waitMs, (wake) => {
      this.#wakePush = wake;
    });
    this.#wakePush = null;
  }
}

function within(waitMs: number, give: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    give(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
