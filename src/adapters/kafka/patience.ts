import { setTimeout as after } from 'node:timers/promises';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { KafkaClient } from './connect.ts';
import { whyCutOff } from './cut-off.ts';
import { type Fault, faultOf } from './faults.ts';

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 2_000;

/** Repeats what the broker does not answer. */
export class Patience {
  readonly #client: Pick<KafkaClient, 'firstAnswerMsMax' | 'log' | 'settings'>;
  readonly #ended = new AbortController();
  /** Resolves at `end`. */
  readonly ended: Promise<void>;
  #hasAnswered = false;

  constructor(client: Pick<KafkaClient, 'firstAnswerMsMax' | 'log' | 'settings'>) {
    this.#client = client;
    this.ended = new Promise((resolve) => {
      this.#ended.signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Everything that waits is interrupted. */
  end(): void {
    this.#ended.abort();
  }

  /** From now on an answer is waited for without limit. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /** @param what begins the message of the error: `writing to predictions.current` */
  async ask<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const beganMs = performance.now();
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await ask();
        this.answered();
        if (tries > 0) this.#say('info', `${what}: the broker answers again`);
        return answer;
      } catch (thrown) {
        const fault = await this.#faultOf(thrown, what);
        this.#orThrow(fault, performance.now() - beganMs);
        if (tries === 0) this.#say('warn', `${fault.error.message}; trying again`);
        await this.wait(tries);
      }
    }
  }

  /** One that has answered, and cuts the connection, goes down: there is nothing to find out. */
  async #faultOf(thrown: unknown, what: string): Promise<Fault> {
    const { settings } = this.#client;
    const fault = faultOf(thrown, what, settings);
    return this.#hasAnswered ? fault : await whyCutOff(fault, settings);
  }

  #orThrow({ error, waiting }: Fault, waitedMs: number): void {
    const isLimited = waiting === 'briefly' || !this.#hasAnswered;
    if (waiting === 'no' || (isLimited && waitedMs >= this.#client.firstAnswerMsMax)) throw error;
  }

  /** Rejects with `interrupted` when the wait is over because of `end`. */
  async wait(tries: number): Promise<void> {
    const waitMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** tries);
    try {
      await after(waitMs, undefined, { signal: this.#ended.signal });
    } catch (cause) {
      throw new CoalmineError('interrupted', 'closed while the broker was waited for', { cause });
    }
  }

  #say(level: 'info' | 'warn', message: string): void {
    this.#client.log({ level, message, fields: {} });
  }
}
