import type { OutgoingRecord, TopicWriter } from '../stream/ports.ts';
import type { OffsetTracker } from './offset-tracker.ts';
import { encodeProgress, progressKey, type Route, SHADOW_TOPIC } from './progress.ts';

/** A record that is ready to be written. */
export interface Ready {
  readonly kind: 'answer' | 'dead';
  readonly record: OutgoingRecord;
}

/** What one process does of one partition, as long as it owns it. */
export interface PartitionWork {
  readonly partition: number;
  readonly tracker: OffsetTracker<Ready>;
  /** The last position that is stored; -1: none is. */
  storedPosition: number;
  isLost: boolean;
}

/** Below what brokers take of one partition in one request by default (1 MB). */
const CHUNK_BYTES_MAX = 400_000;

/**
 * Writes what is done, in the order of the log, and only then how far it is: a crash between the two
 * writes some answers again, and never leaves one out.
 */
export async function release(
  works: readonly PartitionWork[],
  writer: TopicWriter,
  where: { readonly route: Route; readonly deadLetterTopic: string },
): Promise<void> {
  const taken = works.map((work) => {
    const ready = work.tracker.takeDone();
    return { work, ready, position: work.tracker.position };
  });
  const ready = taken.flatMap((each) => each.ready);
  const recordsOf = (kind: Ready['kind']) =>
    ready.filter((each) => each.kind === kind).map(({ record }) => record);
  await sendAll(writer, where.route.to, recordsOf('answer'));
  await sendAll(writer, where.deadLetterTopic, recordsOf('dead'));
  const moved = taken.filter(({ work, position }) => position !== work.storedPosition);
  const progress = moved.map(({ work, position }) => ({
    key: progressKey(where.route, work.partition),
    value: encodeProgress(where.route, position),
  }));
  await sendAll(writer, SHADOW_TOPIC, progress);
  for (const { work, position } of moved) work.storedPosition = position;
}

async function sendAll(
  writer: TopicWriter,
  topic: string,
  records: readonly OutgoingRecord[],
): Promise<void> {
  for (let from = 0; from < records.length; ) {
    const to = chunkEnd(records, from);
    await writer.send(topic, records.slice(from, to));
    from = to;
  }
}

function chunkEnd(records: readonly OutgoingRecord[], from: number): number {
  let bytes = 0;
  for (let to = from; to < records.length; to += 1) {
    bytes += records[to]?.value?.length ?? 0;
    if (bytes > CHUNK_BYTES_MAX && to > from) return to;
  }
  return records.length;
}
