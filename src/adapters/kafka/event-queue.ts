import type { RawBatch, SourceEvent, TopicPartition } from '../../pipeline/stream/ports.ts';
import { bytesOf } from './raw-batch.ts';

/** Events between a client that pushes and a caller that pulls; bounded by the bytes of its batches. */
export class EventQueue {
  readonly #bytesMax: number;
  #events: SourceEvent[] = [];
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
    this.#push({ kind: 'assigned', partitions });
  }

  pushBatch(batch: RawBatch): void {
    this.#bytes += bytesOf(batch);
    this.#push({ kind: 'batch', batch });
  }

  /** Takes back what was not heard; whoever never heard that it owns something loses nothing. */
  revoke(): void {
    this.#events = this.#isOwner ? [{ kind: 'revoked' }] : [];
    this.#bytes = 0;
    this.#wakePush?.();
    this.wake();
  }

  #push(event: SourceEvent): void {
    this.#events.push(event);
    this.wake();
  }

  take(): SourceEvent | null {
    const event = this.#events.shift();
    if (event === undefined) return null;
    if (event.kind === 'batch') this.#bytes -= bytesOf(event.batch);
    else this.#isOwner = event.kind === 'assigned';
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
