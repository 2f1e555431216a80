import { setImmediate as settle } from 'node:timers/promises';
import type { Clock } from '../../src/pipeline/stream/ports.ts';

interface Timer {
  readonly atMs: number;
  readonly ring: () => void;
}

/** A clock that stands still until everything waits, and then jumps to whoever waits the shortest. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #timers: Timer[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wait(ms: number): Promise<void> {
    return new Promise((ring) => {
      this.#timers.push({ atMs: this.#nowMs + ms, ring });
    });
  }

  /** Lets time pass until the work is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const watched = work.finally(() => {
      isDone = true;
    });
    // Who fails is told by the returned promise.
    watched.catch(() => undefined);
    while (true) {
      await settle();
      if (isDone) return await watched;
      this.#jump();
    }
  }

  #jump(): void {
    const atMs = Math.min(...this.#timers.map((timer) => timer.atMs));
    if (!Number.isFinite(atMs)) return;
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const { ring } of due) ring();
  }
}
