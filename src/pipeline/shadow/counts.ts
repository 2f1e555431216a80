import type { Choice } from './selection.ts';

/** What became of the records that were read: predictions = foreign + not served + not mirrored + asked. */
export interface ShadowCounts {
  /** Records of the log. */
  readonly read: number;
  readonly foreign: number;
  readonly notServed: number;
  readonly notMirrored: number;
  /** Predictions that the canary is asked for; answered + failed of them are written. */
  readonly asked: number;
  readonly answered: number;
  /** Written as errors of the canary. */
  readonly failed: number;
  /** Attempts beyond the first. */
  readonly retried: number;
  /** Records that could not be turned into a request. */
  readonly deadLettered: number;
}

/** The same while it is counted. */
export type CountsSoFar = { -readonly [Name in keyof ShadowCounts]: number };

export function noCounts(): CountsSoFar {
  return {
    read: 0,
    foreign: 0,
    notServed: 0,
    notMirrored: 0,
    asked: 0,
    answered: 0,
    failed: 0,
    retried: 0,
    deadLettered: 0,
  };
}

export function countChoice(counts: CountsSoFar, choice: Choice): void {
  switch (choice) {
    case 'asked':
      counts.asked += 1;
      break;
    case 'foreign':
      counts.foreign += 1;
      break;
    case 'not_served':
      counts.notServed += 1;
      break;
    case 'not_mirrored':
      counts.notMirrored += 1;
      break;
  }
}
