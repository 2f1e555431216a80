/** Counts by name, all of them sums over windows. */
export type Counts<K extends string> = Readonly<Record<K, number>>;

/** The same counts over four spans: the whole rollout, the stage, and two of late. */
export interface Tallies<K extends string> {
  readonly total: Counts<K | 'windows'>;
  readonly stage: Counts<K | 'windows'>;
  /** Weighted by 0.9 for every window that passed since: about the ten latest windows. */
  readonly recent: Counts<K | 'windows'>;
  /** Weighted by 0.5 for every window that passed since: what a late fault looks like right now. */
  readonly latest: Counts<K | 'windows'>;
  readonly stageFromMs: number | null;
}

const RECENT_DECAY = 0.9;
const LATEST_DECAY = 0.5;

/**
 * Tallies of nothing, with every count at 0.
 *
 * @example noTallies({ events: 0, trials: 0 }).total.trials // 0
 */
export function noTallies<K extends string>(zero: Counts<K>): Tallies<K> {
  const none: Counts<K | 'windows'> = { ...zero, windows: 0 };
  return { total: none, stage: none, recent: none, latest: none, stageFromMs: null };
}

/**
 * Adds one window's counts. `stageFromMs` names the stage that the window belongs to (its counts
 * start anew when it changes); null for a window between stages, which belongs to none.
 *
 * @example addCounts(noTallies({ events: 0 }), { events: 3 }, 0).stage.events // 3
 */
export function addCounts<K extends string>(
  tallies: Tallies<K>,
  counts: Counts<K>,
  stageFromMs: number | null,
): Tallies<K> {
  const added: Counts<K | 'windows'> = { ...counts, windows: 1 };
  const began = stageFromMs !== null && stageFromMs !== tallies.stageFromMs;
  const stage = began ? added : weightedSum(tallies.stage, added, 1);
  return {
    total: weightedSum(tallies.total, added, 1),
    stage: stageFromMs === null ? tallies.stage : stage,
    recent: weightedSum(tallies.recent, added, RECENT_DECAY),
    latest: weightedSum(tallies.latest, added, LATEST_DECAY),
    stageFromMs: stageFromMs ?? tallies.stageFromMs,
  };
}

/**
 * The counts since this stage began: all 0 while none of its windows was added.
 *
 * @example stageCounts(noTallies({ events: 0 }), 60_000).events // 0
 */
export function stageCounts<K extends string>(
  tallies: Tallies<K>,
  stageFromMs: number,
): Counts<K | 'windows'> {
  return tallies.stageFromMs === stageFromMs
    ? tallies.stage
    : weightedSum(tallies.total, tallies.total, -1);
}

function weightedSum<K extends string>(a: Counts<K>, b: Counts<K>, weight: number): Counts<K> {
  const sum: Record<K, number> = { ...a };
  for (const key in sum) sum[key] = a[key] * weight + b[key];
  return sum;
}
