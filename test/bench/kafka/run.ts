/** One run of one of the compared programs over the same topics. */
export interface Run {
  readonly pairsPerS: number;
  readonly recordsPerS: number;
  /** User and system time of the whole process, start and end included. */
  readonly cpuS: number;
  readonly peakRssMb: number;
  /** Whether its totals are those that follow from the seed. */
  readonly isExact: boolean;
}

export const PROGRAMS = ['peer', 'coalmine', 'count'] as const;
export type Program = (typeof PROGRAMS)[number];

/** One round: each program once, one after the other. A program that was left out is not in it. */
export type Round = Readonly<Partial<Record<Program, Run>>>;
