import { defined } from '../../core/foundation/assert.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type {
  Clock,
  Ends,
  PartitionSource,
  SourceEvent,
  TopicPartition,
} from '../../pipeline/stream/ports.ts';
import type { KafkaClient } from './connect.ts';
import { liveOnAndOn } from './lives.ts';
import { LogOffsets } from './log-offsets.ts';
import type { MembershipOptions } from './membership.ts';
import { Patience } from './patience.ts';
import { type PlaceInLog, Reader } from './reader.ts';

export interface KafkaSourceOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly clock: Clock;
  /** Bytes of records that wait to be polled, beyond which no more are fetched. */
  readonly queuedBytesMax?: number;
  /** A fetch that finds nothing is answered after so long; heartbeats are sent in between. */
  readonly fetchWaitMs?: number;
  readonly fetchBytesMax?: number;
  readonly partitionBytesMax?: number;
}

type Start = TopicPartition & { readonly offset: number | 'earliest' | 'latest' };

const MIB = 1024 * 1024;

/** Joins its group at once. */
export function kafkaSource(client: KafkaClient, options: KafkaSourceOptions): PartitionSource {
  const source = new KafkaSource(client, options);
  source.start({
    client,
    group: options.group,
    topics: options.topics,
    fetchWaitMs: options.fetchWaitMs ?? 250,
    fetchBytesMax: options.fetchBytesMax ?? 10 * MIB,
    partitionBytesMax: options.partitionBytesMax ?? MIB,
  });
  return source;
}

class KafkaSource implements PartitionSource {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #reader: Reader;
  readonly #patience: Patience;
  readonly #offsets: LogOffsets;
  #life: Promise<void> = Promise.resolve();
  #failure: Error | null = null;

  constructor(client: KafkaClient, { clock, queuedBytesMax }: KafkaSourceOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#patience = new Patience(client);
    this.#offsets = new LogOffsets(client);
    this.#reader = new Reader({
      client,
      clock,
      queuedBytesMax: queuedBytesMax ?? 16 * MIB,
      displaced: (at) => {
        this.resume([at]).catch(this.#fail);
      },
    });
  }

  start(options: Omit<MembershipOptions, 'owned'>): void {
    const membership = { ...options, owned: () => this.#reader.lastOwned };
    this.#life = liveOnAndOn(membership, this.#reader, this.#patience).catch(this.#fail);
  }

  readonly #fail = (thrown: unknown): void => {
    if (this.#patience.isEnded) return;
    this.#failure = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#reader.lost();
    this.#reader.wake();
  };

  async poll(waitMs: number): Promise<SourceEvent | null> {
    const event = this.#take();
    if (event !== null || waitMs <= 0) return event;
    await this.#reader.waitForEvent(waitMs);
    return this.#take();
  }

  #take(): SourceEvent | null {
    if (this.#patience.isEnded) return null;
    const event = this.#reader.take();
    if (event === null && this.#failure !== null) throw this.#failure;
    return event;
  }

  async resume(from: readonly Start[]): Promise<void> {
    const { owned } = this.#reader;
    const places = await this.#placesOf(from.filter((at) => this.#reader.isOwned(at)));
    // Lost in the meantime: the next poll says so, and what is owned then begins elsewhere.
    if (this.#reader.owned === owned) this.#reader.send(places);
  }

  async #placesOf(from: readonly Start[]): Promise<readonly PlaceInLog[]> {
    if (from.length === 0) return [];
    const [begins, ends] = await this.#patience.ask('asking where to read from', () =>
      Promise.all([this.#offsets.begins(from), this.#offsets.ends(from)]),
    );
    return from.map(({ topic, partition, offset }) => {
      const begin = offsetIn(begins, { topic, partition });
      const end = offsetIn(ends, { topic, partition });
      if (offset === 'earliest') return { topic, partition, offset: begin };
      if (offset === 'latest') return { topic, partition, offset: end };
      return this.#within({ topic, partition, offset }, begin, end);
    });
  }

  #within(at: PlaceInLog, begin: number, end: number): PlaceInLog {
    const name = `${at.topic}, partition ${at.partition}`;
    if (at.offset > end) {
      const message = `${name} ends at ${end}, but was read to ${at.offset} before`;
      const hints = ['Was the topic deleted and created again? Then what was kept of it is void.'];
      throw new CoalmineError('topic_invalid', message, { hints });
    }
    if (at.offset >= begin) return at;
    const message = `${name}: deleted before it was read, from ${at.offset} to ${begin}`;
    this.#client.log({ level: 'warn', message, fields: {} });
    return { ...at, offset: begin };
  }

  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    this.#reader.setPaused(partitions, isPaused);
  }

  ends(partitions: readonly TopicPartition[]): Promise<Ends> {
    return this.#patience.ask('asking for the ends of partitions', async () => {
      const askedAtMs = this.#clock.nowMs();
      return { askedAtMs, ends: await this.#offsets.ends(partitions) };
    });
  }

  async close(): Promise<void> {
    this.#patience.end();
    this.#reader.lost();
    this.#reader.wake();
    await this.#life;
    await this.#offsets.close();
  }
}

function offsetIn(offsets: Ends['ends'], { topic, partition }: TopicPartition): number {
  const found = offsets.find((each) => each.topic === topic && each.partition === partition);
  return defined(found, `the offset of ${topic}/${partition}`).endOffset;
}
