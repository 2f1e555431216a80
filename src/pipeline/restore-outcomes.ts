import type { OutcomeMetric } from '../core/events/plan.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { decodeAwaiting } from '../core/join/awaiting.ts';
import { lastOutdatedWindow } from '../core/join/outcome-joiner.ts';
import { parseSegmentName } from './close-outcomes.ts';
import type { PartitionLine } from './partition-line.ts';
import type { OutcomeSegments } from './ports.ts';

export interface RestoreOutcomesOptions {
  /** The last window whose requests and outcomes are complete and stored. */
  readonly settled: number;
  /** Requests of windows up to this one were let go at the limit; null: none were. */
  readonly letGoThrough: number | null;
  readonly lengthMs: number;
  readonly metrics: readonly OutcomeMetric[];
}

/**
 * Reads back, for the partitions given, which requests wait for outcomes and which have theirs. Files of windows that are not
 * stored are left to be written again; files that nothing needs any more, because the process
 * ended just before it removed them, are removed.
 *
 * @throws CoalmineError `store_failed` when a file is damaged
 */
export async function restoreOutcomes(
  segments: OutcomeSegments,
  partitions: readonly PartitionLine[],
  options: RestoreOutcomesOptions,
): Promise<void> {
  const { settled, lengthMs, metrics } = options;
  const outdated = Math.max(
    lastOutdatedWindow(settled, lengthMs, metrics),
    options.letGoThrough ?? Number.NEGATIVE_INFINITY,
  );
  const byNumber = new Map(partitions.map((one) => [one.partition, one]));
  const files = (await segments.list())
    .flatMap((name) => {
      const parts = parseSegmentName(name);
      // Files of other partitions are their owners': those may stand elsewhere.
      return parts === null || !byNumber.has(parts.partition) ? [] : [{ name, ...parts }];
    })
    .sort((left, right) => left.window - right.window);
  const old = files.filter(({ window }) => window <= outdated).map(({ name }) => name);
  if (old.length > 0) await segments.remove(old);
  const needed = files.filter(({ window }) => window > outdated && window <= settled);
  for (const kind of ['awaiting', 'credited'] as const) {
    for (const file of needed) {
      const outcomes = byNumber.get(file.partition)?.outcomes;
      if (file.kind !== kind || outcomes === null || outcomes === undefined) continue;
      const bytes = await segments.read(file.name);
      if (kind === 'awaiting') outcomes.hold(rowsOf(file.name, bytes));
      else outcomes.restoreLabels(file.window, labelsOf(file.name, bytes));
    }
  }
}

function rowsOf(name: string, bytes: Uint8Array) {
  const rows = decodeAwaiting(bytes);
  if (rows === null) throw damaged(name);
  return rows;
}

function labelsOf(name: string, bytes: Uint8Array): readonly number[] {
  if (bytes.length % Float64Array.BYTES_PER_ELEMENT !== 0) throw damaged(name);
  return Array.from(new Float64Array(bytes.slice().buffer));
}

function damaged(name: string): CoalmineError {
  return new CoalmineError('store_failed', `the segment ${name} is damaged`, {
    hints: ['delete the output folder and replay again'],
  });
}
