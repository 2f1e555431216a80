import type { AwaitingRows } from '../core/join/awaiting.ts';
import { encodeAwaiting } from '../core/join/awaiting.ts';
import type { OutcomeIncrement } from '../core/join/outcome-joiner.ts';
import type { PartitionLine } from './partition-line.ts';

/** What all partitions know of outcomes once a window is closed. */
export interface ClosedOutcomes {
  /** Requests of the window that wait for outcomes from now on. */
  readonly awaiting: readonly AwaitingRows[];
  readonly increments: readonly OutcomeIncrement[];
  /** Requests of windows up to this one were let go at the limit; null: none were. */
  readonly letGoThrough: number | null;
  /** Files to write before the window is stored, and files that nothing needs once it is. */
  readonly segments: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly expired: readonly string[];
}

export interface CloseOutcomesOptions {
  /** The last window that is settled: its requests and its outcomes are complete. */
  readonly window: number;
  /** An earlier run stored this window: its requests were read back from their files. */
  readonly isStored: boolean;
  readonly awaitingCountMax: number;
}

/** Closes the outcomes of one window in every partition, and keeps the limit on those that wait. */
export function closeOutcomes(
  partitions: readonly PartitionLine[],
  options: CloseOutcomesOptions,
): ClosedOutcomes {
  const awaiting: AwaitingRows[] = [];
  const increments: OutcomeIncrement[] = [];
  const segments: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  const expired: string[] = [];
  const { window, isStored } = options;
  for (const partition of partitions) {
    const { outcomes, partition: p } = partition;
    if (outcomes === null) continue;
    const settled = partition.takeAwaiting(window);
    if (isStored) {
      outcomes.drop(window);
      continue;
    }
    for (const rows of settled) {
      outcomes.hold(rows);
      awaiting.push(rows);
      segments.push({ name: segmentName('awaiting', p, rows.window), bytes: encodeAwaiting(rows) });
    }
    const done = outcomes.close(window);
    increments.push(...done.increments);
    if (done.labels.length > 0) {
      const bytes = new Uint8Array(Float64Array.from(done.labels).buffer);
      segments.push({ name: segmentName('credited', p, window), bytes });
    }
    for (const old of done.expiredWindows) expired.push(...segmentNames(p, old));
  }
  const letGo = isStored ? [] : keepLimit(partitions, options.awaitingCountMax);
  for (const old of letGo) {
    for (const { partition } of partitions) expired.push(...segmentNames(partition, old));
  }
  return { awaiting, increments, segments, expired, letGoThrough: letGo.at(-1) ?? null };
}

/** Lets the oldest windows go until no more requests wait than may; returns those windows. */
export function keepLimit(
  partitions: readonly PartitionLine[],
  countMax: number,
): readonly number[] {
  const letGo: number[] = [];
  const waiting = (): number =>
    partitions.reduce((sum, { outcomes }) => sum + (outcomes?.awaitingCount ?? 0), 0);
  while (waiting() > countMax) {
    const oldest = Math.min(
      ...partitions.map(({ outcomes }) => outcomes?.oldestAwaiting ?? Infinity),
    );
    for (const { outcomes } of partitions) outcomes?.letGo(oldest);
    letGo.push(oldest);
  }
  return letGo;
}

/** The file that keeps a partition's rows of one window. */
export function segmentName(
  kind: 'awaiting' | 'credited',
  partition: number,
  window: number,
): string {
  return `${kind}-${partition}-${window}`;
}

/** Outcomes credited in a window are of requests no younger: both files are done with together. */
function segmentNames(partition: number, window: number): readonly string[] {
  return [segmentName('awaiting', partition, window), segmentName('credited', partition, window)];
}

/** The parts of a segment's name; null when it is not one of ours. */
export function parseSegmentName(name: string): {
  readonly kind: 'awaiting' | 'credited';
  readonly partition: number;
  readonly window: number;
} | null {
  const match = /^(awaiting|credited)-(\d+)-(-?\d+)$/.exec(name);
  if (match === null) return null;
  const kind = match[1] === 'awaiting' ? 'awaiting' : 'credited';
  return { kind, partition: Number(match[2]), window: Number(match[3]) };
}
