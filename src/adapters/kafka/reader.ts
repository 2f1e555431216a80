import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Clock, SourceEvent, TopicPartition } from '../../pipeline/stream/ports.ts';
import type { KafkaClient } from './connect.ts';
import { EventQueue } from './event-queue.ts';
import { FetchTimes } from './fetch-times.ts';
import type { MembershipEvents, Skipped } from './membership.ts';
import { fetchedOffsetOf, rawBatch } from './raw-batch.ts';

export interface PlaceInLog extends TopicPartition {
  readonly offset: number;
}

export interface ReaderOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly queuedBytesMax: number;
  /** kafkajs reads elsewhere than it was told to: the reader stands still until it is sent anew. */
  readonly displaced: (at: PlaceInLog) => void;
}

interface Reading {
  nextOffset: number;
  /** Whether what kafkajs says that it skipped comes from where it was sent last, not from before. */
  readonly isRenewed: () => boolean;
}

interface Fenced {
  readonly partitions: readonly TopicPartition[];
  readonly atMs: number;
}

/** What a member owns and where it reads, as of its latest join; everything of before is dropped. */
export class Reader implements MembershipEvents {
  readonly #options: ReaderOptions;
  readonly #queue: EventQueue;
  #times: FetchTimes;
  #consumer: Consumer | null = null;
  /** Null between two joins. */
  #owned: readonly TopicPartition[] | null = null;
  /** Given up by the fence; owned again if the broker still knows us. */
  #fenced: Fenced | null = null;
  #lastOwned: readonly number[] = [];
  #readings = new Map<string, Reading>();
  #paused = new Set<string>();
  /** When the latest request was sent that proved membership; on the machine's own clock. */
  #contactMs = 0;
  #joinCount = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#queue = new EventQueue(options.queuedBytesMax);
    this.#times = this.#newTimes();
  }

  /** Changes with every join and loss. */
  get owned(): readonly TopicPartition[] | null {
    return this.#owned;
  }

  get lastOwned(): readonly number[] {
    return this.#lastOwned;
  }

  get joinCount(): number {
    return this.#joinCount;
  }

  begin(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#times = this.#newTimes();
  }

  #newTimes(): FetchTimes {
    return new FetchTimes(3 * this.#options.client.settings.requestTimeoutMs);
  }

  take(): SourceEvent | null {
    this.#fence();
    return this.#queue.take();
  }

  waitForEvent(waitMs: number): Promise<void> {
    return this.#queue.waitForEvent(waitMs);
  }

  wake(): void {
    this.#queue.wake();
  }

  /**
   * This process was stopped, or the broker was away, for longer than a session lasts: the
   * partitions may be somebody else's by now.
   */
  #fence(): void {
    const atMs = performance.now();
    const { sessionTimeoutMs } = this.#options.client.settings;
    const partitions = this.#owned;
    if (partitions === null || atMs - this.#contactMs <= sessionTimeoutMs) return;
    this.lost();
    this.#fenced = { partitions, atMs };
    this.#tell((consumer) => {
      setFetching(consumer, partitions, false);
    });
  }

  isOwned({ topic, partition }: TopicPartition): boolean {
    const owned = this.#owned ?? [];
    return owned.some((each) => each.topic === topic && each.partition === partition);
  }

  /** Reads on from there. */
  send(places: readonly PlaceInLog[]): void {
    const isRenewed = this.#times.renewal();
    this.#tell((consumer) => {
      for (const { topic, partition, offset } of places) {
        this.#readings.set(keyOf({ topic, partition }), { nextOffset: offset, isRenewed });
        consumer.seek({ topic, partition, offset: String(offset) });
      }
      const flowing = places.filter((at) => !this.#paused.has(keyOf(at)));
      setFetching(consumer, flowing, true);
    });
  }

  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    const mine = partitions.filter((at) => this.isOwned(at));
    for (const at of mine) {
      if (isPaused) this.#paused.add(keyOf(at));
      else this.#paused.delete(keyOf(at));
    }
    const begun = mine.filter((at) => this.#readings.has(keyOf(at)));
    this.#tell((consumer) => {
      setFetching(consumer, begun, !isPaused);
    });
  }

  joined(partitions: readonly TopicPartition[], contactMs: number): void {
    this.lost();
    this.#joinCount += 1;
    this.#contactMs = contactMs;
    this.#owned = partitions;
    this.#lastOwned = [...new Set(partitions.map(({ partition }) => partition))];
    // Before the first fetch: nothing is read of a partition before it is known from where.
    this.#tell((consumer) => {
      setFetching(consumer, partitions, false);
    });
    this.#queue.pushAssigned(partitions);
  }

  lost(): void {
    this.#fenced = null;
    if (this.#owned === null) return;
    this.#owned = null;
    this.#readings = new Map();
    this.#paused = new Set();
    this.#queue.revoke();
  }

  contacted(contactMs: number): void {
    this.#contactMs = contactMs;
    const fenced = this.#fenced;
    // The broker knows this generation after the fence fell: nobody owned it in between.
    if (fenced !== null && contactMs > fenced.atMs) this.joined(fenced.partitions, contactMs);
  }

  fetchStarted(node: string): void {
    this.#times.started(node, this.#options.clock.nowMs());
  }

  async batch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { clock } = this.#options;
    const reading = this.#readings.get(keyOf(batch));
    if (reading === undefined || payload.isStale()) return;
    if (fetchedOffsetOf(batch) !== reading.nextOffset) {
      this.#displaced(batch, reading);
      return;
    }
    const receivedAtMs = clock.nowMs();
    const askedAtMs = this.#times.lowerBoundMs() ?? receivedAtMs;
    const raw = rawBatch(batch, { askedAtMs, receivedAtMs });
    reading.nextOffset = raw.nextOffset;
    payload.resolveOffset(batch.lastOffset());
    this.#queue.pushBatch(raw);
    await this.#waitForRoom(payload);
  }

  async #waitForRoom(payload: EachBatchPayload): Promise<void> {
    const { heartbeatIntervalMs } = this.#options.client.settings;
    try {
      await payload.heartbeat();
      while (this.#queue.isFull && this.#owned !== null) {
        await this.#queue.waitForRoom(heartbeatIntervalMs);
        this.#times.stalled();
        await payload.heartbeat();
      }
    } catch (error) {
      this.lost();
      throw error;
    }
  }

  skipped({ topic, partition, lastOffset, endOffset }: Skipped): void {
    const reading = this.#readings.get(keyOf({ topic, partition }));
    const nextOffset = lastOffset + 1;
    if (reading === undefined || nextOffset <= reading.nextOffset || !reading.isRenewed()) return;
    reading.nextOffset = nextOffset;
    const receivedAtMs = this.#options.clock.nowMs();
    const askedAtMs = this.#times.lowerBoundMs() ?? receivedAtMs;
    const where = { topic, partition, nextOffset, endOffset };
    this.#queue.pushBatch({ ...where, records: [], askedAtMs, receivedAtMs });
  }

  /** Retention overtook the reader, or a fetch of before came late: what it holds is not what comes next. */
  #displaced({ topic, partition }: TopicPartition, { nextOffset }: Reading): void {
    const at = { topic, partition };
    this.#readings.delete(keyOf(at));
    this.#tell((consumer) => {
      setFetching(consumer, [at], false);
    });
    this.#options.displaced({ ...at, offset: nextOffset });
  }

  /** Nobody to tell: the consumer has crashed, and its partitions are lost. */
  #tell(what: (consumer: Consumer) => void): void {
    if (this.#consumer === null) return;
    try {
      what(this.#consumer);
    } catch {
      this.lost();
    }
  }
}

function setFetching(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  isFetching: boolean,
): void {
  const byTopic = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }));
  if (byTopic.length === 0) return;
  if (isFetching) consumer.resume(byTopic);
  else consumer.pause(byTopic);
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
