import { setTimeout as after } from 'node:timers/promises';
import type { Clock } from '../../pipeline/stream/ports.ts';

/** The machine's clock. */
export function systemClock(): Clock {
  return { nowMs: () => Date.now(), wait: (ms) => after(ms) };
}
