import { CoalmineError } from '../../core/foundation/error.ts';
import type { Clock } from '../../pipeline/stream/ports.ts';
import type { LoopFacts } from '../../server/health.ts';
import type { OpenMember } from './wire-service.ts';

/** Whatever takes steps. */
interface Stepping {
  step(waitMs: number): Promise<boolean>;
}

export interface LoopOptions<M extends Stepping> {
  readonly name: string;
  readonly open: () => Promise<OpenMember<M>>;
  /** Told now and then, after a turn. */
  readonly observe: (member: M) => void;
  readonly warn: (message: string, error: unknown) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A member waits so long for something to come. */
const WAIT_MS = 200;
/** What a member holds is looked at no more often. */
const LOOK_MS = 500;
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/**
 * Lets a member take steps until the signal ends it. What can be tried again is: the member is closed
 * and a new one opened, which goes on from what is durable. Anything else ends the loop with its error.
 */
export class MemberLoop<M extends Stepping> {
  readonly facts: { -readonly [K in keyof LoopFacts]: LoopFacts[K] };
  /** The member at work; null while there is none. */
  member: M | null = null;
  private readonly options: LoopOptions<M>;
  private backoffMs = BACKOFF_MIN_MS;
  private nextLookMs = -Infinity;

  constructor(options: LoopOptions<M>) {
    this.options = options;
    this.facts = { name: options.name, turnedAtMs: null, failure: null };
  }

  async run(): Promise<void> {
    const { clock, name, signal, warn } = this.options;
    while (!signal.aborted) {
      try {
        await this.live();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!canPass(error)) {
          this.facts.failure = message;
          throw error;
        }
        warn(`${name} begins again: ${message}`, error);
        this.facts.turnedAtMs = clock.nowMs();
        await Promise.race([clock.wait(this.backoffMs), endOf(signal)]);
        this.backoffMs = Math.min(2 * this.backoffMs, BACKOFF_MAX_MS);
      }
    }
  }

  private observe(member: M): void {
    const { clock, observe } = this.options;
    const nowMs = clock.nowMs();
    if (nowMs < this.nextLookMs) return;
    this.nextLookMs = nowMs + LOOK_MS;
    observe(member);
  }

  /** One life of a member. */
  private async live(): Promise<void> {
    const { clock, open, signal } = this.options;
    const opened = await open();
    try {
      this.member = opened.member;
      while (!signal.aborted) {
        await opened.member.step(WAIT_MS);
        this.facts.turnedAtMs = clock.nowMs();
        this.backoffMs = BACKOFF_MIN_MS;
        this.observe(opened.member);
      }
    } finally {
      this.member = null;
      await opened.close();
    }
  }
}

/** Whether the same may go well later: a disk that is full is given room by people. */
function canPass(error: unknown): boolean {
  if (error instanceof CoalmineError && error.retryable) return true;
  if (!(error instanceof Error)) return false;
  return /no space left on device|disk quota exceeded/i.test(error.message) || canPass(error.cause);
}

async function endOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
