import { setTimeout as wait } from 'node:timers/promises';
import type { ServicePlace } from './place.ts';
import { endsOf, eventually } from './read-topics.ts';
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
  const ending = new AbortController();
  const written = (async () => {
    while (!ending.signal.aborted) {
      await traffic.write(stretchMs);
      await wait(pauseMs);
    }
  })();
  written.catch(() => undefined);
  return {
    async end() {
      ending.abort();
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

/** Waits until more verdicts are published than there are now. */
export async function untilMoreVerdicts(
  { kafka, own }: ServicePlace,
  given: { readonly withinMs?: number } = {},
): Promise<void> {
  const count = async (): Promise<number> =>
    [...(await endsOf(kafka, [own.verdicts])).values()].reduce((sum, end) => sum + end, 0);
  const before = await count().catch(() => 0);
  await eventually('a new verdict', async () => ((await count()) > before ? true : null), given);
}
