import type { WindowSettings } from '../events/plan.ts';

/**
 * What a partition's watermark follows from (join contract 3). All are -Infinity before the first record,
 * which sets both `heard` times: an arm that has not spoken yet is given its idle timeout too.
 */
export interface WatermarkFacts {
  /** Highest accepted event time, by arm. */
  highestCurrentMs: number;
  highestCanaryMs: number;
  /** The log's clock at the latest record, by arm. */
  heardCurrentMs: number;
  heardCanaryMs: number;
  /** It never goes back below this. */
  watermarkMs: number;
}

/** Facts of a partition that has seen nothing. */
export function noFacts(): WatermarkFacts {
  return {
    highestCurrentMs: -Infinity,
    highestCanaryMs: -Infinity,
    heardCurrentMs: -Infinity,
    heardCanaryMs: -Infinity,
    watermarkMs: -Infinity,
  };
}

/** One accepted record, as the watermark sees it. */
export interface HeardRecord {
  readonly isCanary: boolean;
  readonly eventTimeMs: number;
  /** The log's clock right after it: it may be the record itself that moved it. */
  readonly heardMs: number;
}

/** Takes note of one accepted record. */
export function hear(facts: WatermarkFacts, record: HeardRecord): void {
  const { isCanary, eventTimeMs, heardMs } = record;
  if (facts.heardCurrentMs === -Infinity) {
    facts.heardCurrentMs = heardMs;
    facts.heardCanaryMs = heardMs;
  }
  if (isCanary) {
    if (eventTimeMs > facts.highestCanaryMs) facts.highestCanaryMs = eventTimeMs;
    facts.heardCanaryMs = heardMs;
  } else {
    if (eventTimeMs > facts.highestCurrentMs) facts.highestCurrentMs = eventTimeMs;
    facts.heardCurrentMs = heardMs;
  }
}

/**
 * Takes note of the clock over a partition in which nothing was ever written: its idle timeout
 * begins, so that it does not hold up the others for good.
 *
 * @example hearSilence(noFacts(), 1000) sets both `heard` times to 1000
 */
export function hearSilence(facts: WatermarkFacts, clockMs: number): void {
  if (facts.heardCurrentMs !== -Infinity) return;
  facts.heardCurrentMs = clockMs;
  facts.heardCanaryMs = clockMs;
}

type WatermarkSettings = Pick<WindowSettings, 'outOfOrdernessMs' | 'idleTimeoutMs'>;

/**
 * The watermark in ms when the log's clock stands at `clockMs` and every record written so far was
 * read: the minimum over both arms, leaving out an idle one; both idle, the clock advances it.
 * Never below the earlier one; -Infinity while nothing was read.
 *
 * @example both arms at 100,000 ms, 5,000 ms out of order: 95,000
 */
export function watermarkAt(
  facts: WatermarkFacts,
  clockMs: number,
  settings: WatermarkSettings,
): number {
  const { highestCurrentMs, highestCanaryMs } = facts;
  if (facts.heardCurrentMs === -Infinity) return facts.watermarkMs;
  const currentIdle = clockMs - facts.heardCurrentMs > settings.idleTimeoutMs;
  const canaryIdle = clockMs - facts.heardCanaryMs > settings.idleTimeoutMs;
  let frontMs: number;
  if (currentIdle && canaryIdle) frontMs = Math.max(highestCurrentMs, highestCanaryMs, clockMs);
  else if (currentIdle) frontMs = highestCanaryMs;
  else if (canaryIdle) frontMs = highestCurrentMs;
  else frontMs = Math.min(highestCurrentMs, highestCanaryMs);
  return Math.max(facts.watermarkMs, frontMs - settings.outOfOrdernessMs);
}

/**
 * The last window (by number, start / length) that a watermark closes: its end plus grace is not
 * above it. -Infinity for a watermark of -Infinity.
 *
 * @example lastClosedWindow(125_000, { lengthMs: 60_000, graceMs: 5_000 }) // 1
 */
export function lastClosedWindow(
  watermarkMs: number,
  settings: Pick<WindowSettings, 'lengthMs' | 'graceMs'>,
): number {
  return Math.floor((watermarkMs - settings.graceMs) / settings.lengthMs) - 1;
}
