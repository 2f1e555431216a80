import { parseArgs } from 'node:util';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { DemoArm } from '../logs-manifest.ts';

export const USAGE = `Feeds the flights of both models to Kafka, for a coalmine that runs beside it.

  npm run demo:kafka                       the better canary
  npm run demo:kafka -- --fault day-old    the canary whose feature table is a day old

  --speed N        hours of flights per second, or max: as fast as coalmine judges (default 2)
  -c, --config F   the config of the service (default: one that is written for you)
`;

export interface LiveOptions {
  /** Name of the plan beside the demo. */
  readonly plan: 'healthy' | 'day-old';
  readonly canary: DemoArm;
  readonly hoursPerSecond: number;
  readonly configFile: string | null;
}

/**
 * Reads the command line; null: help is wanted.
 *
 * @throws CoalmineError `usage`
 */
export function liveOptions(args: readonly string[]): LiveOptions | null {
  const { help, fault, speed, config } = parsed(args);
  if (help === true) return null;
  if (fault !== undefined && fault !== 'day-old') throw usage(`there is no fault ${fault}`);
  return {
    plan: fault ?? 'healthy',
    canary: fault === undefined ? 'canary' : 'canaryDayOld',
    hoursPerSecond: hoursPerSecond(speed ?? '2'),
    configFile: config ?? null,
  };
}

function hoursPerSecond(text: string): number {
  if (text === 'max') return Infinity;
  const value = Number(text);
  // Slower than the clock, event time would fall behind it.
  if (Number.isFinite(value) && value >= 0.01) return value;
  throw usage(`--speed ${text} is not a number of hours per second from 0.01, or max`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        fault: { type: 'string' },
        speed: { type: 'string' },
        config: { type: 'string', short: 'c' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
}

function usage(message: string): CoalmineError {
  return new CoalmineError('usage', message, { hints: USAGE.trimEnd().split('\n') });
}
