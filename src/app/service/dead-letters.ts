import {
  type DeadLetterCodec,
  deadLetterId,
  type StoredDeadLetter,
} from '../../adapters/avro/dead-letter.ts';
import type { Resender } from '../../adapters/kafka/dead-letter-resender.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { PartitionSource, RawRecord } from '../../pipeline/stream/ports.ts';
import { type ReadOptions, readToEnd } from './read-to-end.ts';

/** Which dead letters are meant; null: whichever. */
export interface DeadLetterFilter {
  readonly topic: string | null;
  readonly reason: string | null;
  readonly ids: ReadonlySet<string> | null;
}

/** A dead letter without its bytes. */
export interface ListedDeadLetter extends Omit<StoredDeadLetter, 'payload'> {
  readonly id: string;
  /** Null: they were not kept. */
  readonly payloadBytes: number | null;
}

/** A dead letter with its bytes, where they were kept. */
export interface FoundDeadLetter extends ListedDeadLetter {
  readonly payload: Uint8Array | null;
}

export interface DeadLetterCount {
  readonly topic: string;
  readonly reason: string;
  readonly count: number;
}

export interface DeadLetterList {
  readonly total: number;
  /** The most frequent first. */
  readonly counts: readonly DeadLetterCount[];
  /** The newest first, at most as many as were asked for. */
  readonly newest: readonly ListedDeadLetter[];
  /** Records of the topic that are no dead letters that this version can read. */
  readonly unreadableCount: number;
}

/** Where dead letters are read from. */
export interface DeadLetterLog {
  readonly source: PartitionSource;
  readonly codec: Pick<DeadLetterCodec, 'decode'>;
  readonly options: Omit<ReadOptions, 'latestCount'>;
}

const NEWEST_ROOM = 1_000;

/** Counts all that the filter means, and lists the newest of them. */
export async function listDeadLetters(
  log: DeadLetterLog,
  filter: DeadLetterFilter,
  limit: number,
): Promise<DeadLetterList> {
  const counts = new Map<
    string,
    { readonly topic: string; readonly reason: string; count: number }
  >();
  let newest: ListedDeadLetter[] = [];
  let total = 0;
  const unreadableCount = await eachDeadLetter(log, (letter) => {
    if (!isMeant(letter, filter)) return;
    const { topic, reason } = letter;
    const known = counts.get(`${topic} ${reason}`) ?? { topic, reason, count: 0 };
    known.count += 1;
    counts.set(`${topic} ${reason}`, known);
    total += 1;
    newest.push(listed(letter));
    // Sorted now and then: the topic may hold millions, and a page is what is asked for.
    if (newest.length > limit + NEWEST_ROOM) newest = newestOf(newest, limit);
  });
  return {
    total,
    counts: [...counts.values()].sort((a, b) => b.count - a.count),
    newest: newestOf(newest, limit),
    unreadableCount,
  };
}

function newestOf(letters: readonly ListedDeadLetter[], limit: number): ListedDeadLetter[] {
  return letters.toSorted((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? -1 : 1)).slice(0, limit);
}

function listed({ payload, ...letter }: StoredDeadLetter): ListedDeadLetter {
  return { ...letter, id: deadLetterId(letter), payloadBytes: payload?.length ?? null };
}

/** Those that the filter means, with their bytes, in the order in which their records lie in the inputs. */
export async function findDeadLetters(
  log: DeadLetterLog,
  filter: DeadLetterFilter,
): Promise<readonly FoundDeadLetter[]> {
  const found: FoundDeadLetter[] = [];
  await eachDeadLetter(log, (letter) => {
    if (isMeant(letter, filter)) found.push({ ...listed(letter), payload: letter.payload });
  });
  // Partitions of the dead letters are read beside each other: what is sent again must not change its order.
  return found.sort(inOrderOfInput);
}

function inOrderOfInput(a: StoredDeadLetter, b: StoredDeadLetter): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset;
}

function isMeant(letter: StoredDeadLetter, { topic, reason, ids }: DeadLetterFilter): boolean {
  return (
    (topic === null || letter.topic === topic) &&
    (reason === null || letter.reason === reason) &&
    (ids === null || ids.has(deadLetterId(letter)))
  );
}

/** Each dead letter once: the same record may have been set aside by several owners of its partition. */
async function eachDeadLetter(
  { source, codec, options }: DeadLetterLog,
  take: (letter: StoredDeadLetter) => void,
): Promise<number> {
  const seen = new Set<string>();
  const unreadable = new Set<string>();
  await readToEnd(source, { ...options, latestCount: null }, async ({ partition, records }) => {
    for (const record of records) {
      const letter = await decoded(record, codec);
      if (letter === null) {
        unreadable.add(`${partition}/${record.offset}`);
        continue;
      }
      const id = deadLetterId(letter);
      if (seen.has(id)) continue;
      seen.add(id);
      take(letter);
    }
  });
  return unreadable.size;
}

async function decoded(
  { value }: RawRecord,
  codec: DeadLetterLog['codec'],
): Promise<StoredDeadLetter | null> {
  if (value === null) return null;
  try {
    return await codec.decode(value);
  } catch (error) {
    if (error instanceof CoalmineError && error.code === 'undecodable') return null;
    throw error;
  }
}

/** What became of each dead letter that was to be sent again. */
export interface RetryReport {
  readonly sent: readonly {
    readonly id: string;
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

/** The header of a record that was sent again: which dead letter it was. */
const RETRY_HEADER = 'coalmine.retry';

/** Sends the original bytes again, with their key, to the topic and partition that they came from. */
export async function retryDeadLetters(
  letters: readonly FoundDeadLetter[],
  resender: Pick<Resender, 'send'>,
): Promise<RetryReport> {
  const sent: RetryReport['sent'][number][] = [];
  const refused: RetryReport['refused'][number][] = [];
  for (const letter of letters) {
    const { id, topic, partition, key, payload: value, reason } = letter;
    if (value === null) {
      refused.push({ id, why: whyNot(reason) });
      continue;
    }
    const headers = { [RETRY_HEADER]: id };
    const { offset } = await resender.send({ topic, partition, key, value, headers });
    sent.push({ id, topic, partition, offset });
  }
  return { sent, refused };
}

function whyNot(reason: string): string {
  return reason === 'tombstone'
    ? 'the record had no value'
    : 'its bytes were not kept: privacy.keepDeadLetterPayload of the input keeps those to come';
}
