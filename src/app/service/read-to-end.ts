import { CoalmineError } from '../../core/foundation/error.ts';
import type {
  Clock,
  PartitionSource,
  RawBatch,
  RawRecord,
  TopicPartition,
} from '../../pipeline/stream/ports.ts';

export interface ReadOptions {
  readonly clock: Clock;
  /** Of each partition the latest so many; null: all that there are. */
  readonly latestCount: number | null;
  /** The source must have its partitions within this. */
  readonly assignedMsMax: number;
  /** Nothing more is waited for after this long without a record: the rest was deleted. */
  readonly quietMsMax: number;
}

/** A partition that is read to its end as of a moment. */
interface Reading extends TopicPartition {
  readonly endOffset: number;
  nextOffset: number;
}

const POLL_MS = 250;

/**
 * Hands over the records of every partition of a source's topics, to its end as of when it was asked;
 * after a rebalance some come again. The source is of no use afterwards: close it.
 *
 * @throws CoalmineError `broker_unavailable` when the source is given no partitions in time
 */
export async function readToEnd(
  source: PartitionSource,
  options: ReadOptions,
  take: (batch: RawBatch) => void | Promise<void>,
): Promise<void> {
  const { clock, latestCount, assignedMsMax, quietMsMax } = options;
  let waitsUntilMs = clock.nowMs() + assignedMsMax;
  let readings: readonly Reading[] | null = null;
  while (readings === null || readings.some(isBehind)) {
    if (clock.nowMs() >= waitsUntilMs) {
      if (readings !== null) return;
      const message = `the group was not there within ${assignedMsMax} ms`;
      throw new CoalmineError('broker_unavailable', message);
    }
    const event = await source.poll(POLL_MS);
    if (event === null) continue;
    if (event.kind === 'assigned') {
      readings = await begin(source, event.partitions, latestCount);
      await source.resume(readings.map((one) => startOf(one, latestCount)));
    }
    if (event.kind === 'batch') await handOver(event.batch, readings ?? [], take);
    waitsUntilMs = clock.nowMs() + (event.kind === 'revoked' ? assignedMsMax : quietMsMax);
  }
}

async function begin(
  source: PartitionSource,
  partitions: readonly TopicPartition[],
  latestCount: number | null,
): Promise<readonly Reading[]> {
  const { ends } = await source.ends(partitions);
  return ends.map(({ topic, partition, endOffset }) => ({
    topic,
    partition,
    endOffset,
    nextOffset: Math.max(0, endOffset - (latestCount ?? endOffset)),
  }));
}

function startOf({ topic, partition, nextOffset }: Reading, latestCount: number | null) {
  const offset = latestCount === null ? ('earliest' as const) : nextOffset;
  return { topic, partition, offset };
}

function isBehind({ nextOffset, endOffset }: Reading): boolean {
  return nextOffset < endOffset;
}

async function handOver(
  batch: RawBatch,
  readings: readonly Reading[],
  take: (batch: RawBatch) => void | Promise<void>,
): Promise<void> {
  const reading = readings.find(
    ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
  );
  if (reading === undefined) return;
  const records = batch.records.filter(({ offset }) => offset < reading.endOffset);
  if (records.length > 0) await take({ ...batch, records });
  reading.nextOffset = Math.max(reading.nextOffset, batch.nextOffset);
}

/** The latest records of every partition, as {@link readToEnd} reads them, each once, in offset order. */
export async function latestRecords(
  source: PartitionSource,
  options: ReadOptions & { readonly latestCount: number },
): Promise<readonly RawBatch[]> {
  const found = new Map<string, { readonly batch: RawBatch; readonly records: RawRecord[] }>();
  await readToEnd(source, options, (batch) => {
    const key = `${batch.topic}/${batch.partition}`;
    const known = found.get(key);
    const last = known?.records.at(-1)?.offset ?? -1;
    const records = batch.records.filter(({ offset }) => offset > last);
    if (known === undefined) found.set(key, { batch, records: [...records] });
    else known.records.push(...records);
  });
  return [...found.values()].map(({ batch, records }) => ({ ...batch, records }));
}
