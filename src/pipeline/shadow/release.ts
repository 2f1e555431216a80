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
  if (records.length > 0) await writer.send(topic, records);
}
