import { setTimeout as wait } from 'node:timers/promises';
import type { Traffic } from './traffic.ts';

/** Traffic that goes on by itself until it is told to end. */
export interface Background {
  /** Rejects with what went wrong while writing. */
  readonly end: () => Promise<void>;
}

/** Writes a stretch of event time again and again, with pauses in between. */
export function inBackground(
  traffic: Traffic,
  given: { readonly stretchMs?: number; readonly pauseMs?: number } = {},
): Background {
  const { stretchMs = 1_000, pauseMs = 250 } = given;
  let isOver = false;
  const written = (async () => {
    while (!isOver) {
      await traffic.write(stretchMs);
      await wait(pauseMs);
    }
  })();
  written.catch(() => undefined);
  return {
    async end() {
      isOver = true;
      await written;
    },
  };
}

/** A moment between two, by a seeded source. */
export async function waitSomewhere(
  random: () => number,
  fromMs: number,
  toMs: number,
): Promise<void> {
  await wait(fromMs + random() * (toMs - fromMs));
}
