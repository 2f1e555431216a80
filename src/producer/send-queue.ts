import { CoalmineError } from '../core/foundation/error.ts';

/** A record that waits to be sent. */
export interface QueuedRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Uint8Array;
}

/** What the queue may hold, and how long it gathers. */
export interface QueueLimits {
  /** Records are sent together, at the latest after this long. */
  readonly lingerMs: number;
  readonly batchCountMax: number;
  /** Bytes of keys and values that wait or are being sent. */
  readonly queuedBytesMax: number;
  /** At the limit: `wait` holds the caller back, `reject` refuses the record. */
  readonly whenFull: 'wait' | 'reject';
}

/** What the queue needs from outside. */
export interface QueueDeps {
  /** Resolves when all records are acknowledged. */
  send(records: readonly QueuedRecord[]): Promise<void>;
  /** Runs once after so long; the answer takes it back. */
  after(ms: number, run: () => void): () => void;
  /** A batch was given up: its records are not in the log. */
  lost(error: Error, records: readonly QueuedRecord[]): void;
}

/**
 * Records on their way to the broker: one request in flight, in the order in which they came, with a
 * named limit instead of growing memory.
 */
export class SendQueue {
  readonly #limits: QueueLimits;
  readonly #deps: QueueDeps;
  #waiting: QueuedRecord[] = [];
  #queuedBytes = 0;
  #pump: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  /** Callers that wait for room, first come first served. */
  #heldBack: (() => void)[] = [];
  #failure: Error | null = null;
  #isClosed = false;

  constructor(limits: QueueLimits, deps: QueueDeps) {
    this.#limits = limits;
    this.#deps = deps;
  }

  /** Resolves when the queue has taken the record; it is sent in the background. */
  async add(record: QueuedRecord): Promise<void> {
    const bytes = sizeOf(record);
    while (!this.#isClosed && this.#isFullWith(bytes)) {
      if (this.#limits.whenFull === 'reject') throw full(this.#limits.queuedBytesMax);
      this.#startPump();
      await new Promise<void>((resolve) => {
        this.#heldBack.push(resolve);
      });
    }
    if (this.#isClosed) throw new CoalmineError('usage', 'the producer is closed');
    this.#queuedBytes += bytes;
    this.#waiting.push(record);
    if (this.#waiting.length >= this.#limits.batchCountMax) this.#startPump();
    else this.#startTimer();
  }

  /** Resolves when all that was added is acknowledged; rejects with the first loss since the last flush. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#pump !== null) {
      this.#startPump();
      await this.#pump;
    }
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  /** Sends what is left and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#letIn();
    await this.flush();
  }

  /** A record larger than the limit is taken when nothing else is there: it would wait for ever. */
  #isFullWith(bytes: number): boolean {
    return this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#limits.queuedBytesMax;
  }

  #startTimer(): void {
    if (this.#cancelTimer !== null || this.#pump !== null) return;
    this.#cancelTimer = this.#deps.after(this.#limits.lingerMs, () => {
      this.#startPump();
    });
  }

  #startPump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#pump ??= this.#sendAll().finally(() => {
      this.#pump = null;
      // Whoever came after the last look at the queue found it busy, and set no timer.
      if (this.#waiting.length > 0) this.#startTimer();
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.batchCountMax);
      try {
        await this.#deps.send(batch);
      } catch (cause) {
        this.#lose(cause, batch);
      }
      for (const record of batch) this.#queuedBytes -= sizeOf(record);
      this.#letIn();
    }
  }

  #lose(cause: unknown, batch: readonly QueuedRecord[]): void {
    const error =
      cause instanceof CoalmineError
        ? cause
        : new CoalmineError(
            'broker_unavailable',
            `${batch.length} records could not be sent: ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause },
          );
    this.#failure ??= error;
    this.#deps.lost(error, batch);
  }

  #letIn(): void {
    for (const resume of this.#heldBack.splice(0)) resume();
  }
}

function sizeOf(record: QueuedRecord): number {
  return record.key.length + record.value.length;
}

function full(limit: number): CoalmineError {
  return new CoalmineError(
    'limit_reached',
    `${limit} bytes wait to be sent: the record is refused`,
    {
      hints: [
        'is the broker reachable and fast enough?',
        'queuedBytesMax is the limit; whenFull: wait holds the caller back instead',
      ],
    },
  );
}
