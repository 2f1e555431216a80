import { assert } from '../../../core/foundation/assert.ts';
import type {
  PartitionSource,
  RawBatch,
  SourceEvent,
  TopicPartition,
} from '../../../pipeline/stream/ports.ts';
import type { Member } from './group.ts';
import { stretchFrom } from './partition-log.ts';
import type { Topics } from './topics.ts';

export interface MemorySourceOptions {
  readonly topics: Topics;
  readonly member: Member;
  readonly nowMs: () => number;
  /** Asked at every poll, so that a test may change it in between. */
  readonly batchRecordsMax: () => number;
  readonly join: () => void;
  readonly leave: () => void;
}

interface Reading extends TopicPartition {
  nextOffset: number | null;
  isPaused: boolean;
}

/** Reads its member's share partition by partition in turn. `poll` never waits: what is not there now is null. */
export class MemorySource implements PartitionSource {
  readonly #options: MemorySourceOptions;
  #share: readonly Reading[] = [];
  #turn = 0;

  constructor(options: MemorySourceOptions) {
    this.#options = options;
  }

  poll(): Promise<SourceEvent | null> {
    return Promise.resolve(this.#next());
  }

  #next(): SourceEvent | null {
    const { member, join } = this.#options;
    if (member.state === 'outside' && member.news.length === 0) join();
    const news = member.news.shift();
    if (news !== undefined) return this.#heard(news);
    const batch = this.#nextBatch();
    return batch === null ? null : { kind: 'batch', batch };
  }

  #heard(news: SourceEvent): SourceEvent {
    const partitions = news.kind === 'assigned' ? news.partitions : [];
    this.#share = partitions.map((at) => ({ ...at, nextOffset: null, isPaused: false }));
    this.#turn = 0;
    this.#options.member.isOwner = news.kind === 'assigned';
    return news;
  }

  #nextBatch(): RawBatch | null {
    for (let tried = 0; tried < this.#share.length; tried += 1) {
      const reading = this.#share[this.#turn % this.#share.length];
      this.#turn += 1;
      const batch = reading === undefined ? null : this.#read(reading);
      if (batch !== null) return batch;
    }
    return null;
  }

  #read(reading: Reading): RawBatch | null {
    const { topics, nowMs, batchRecordsMax } = this.#options;
    const { topic, partition, nextOffset, isPaused } = reading;
    const log = topics.log(reading);
    if (nextOffset === null || isPaused || nextOffset >= log.endOffset) return null;
    const stretch = stretchFrom(log, nextOffset, batchRecordsMax());
    reading.nextOffset = stretch.nextOffset;
    const atMs = nowMs();
    const { endOffset } = log;
    return { topic, partition, ...stretch, endOffset, askedAtMs: atMs, receivedAtMs: atMs };
  }

  resume(
    from: readonly (TopicPartition & { readonly offset: number | 'earliest' | 'latest' })[],
  ): Promise<void> {
    for (const at of from) {
      // What was lost in the meantime is nobody's mistake: the next poll says so.
      const reading = this.#readingOf(at);
      if (reading !== undefined) reading.nextOffset = this.#offsetOf(at);
    }
    return Promise.resolve();
  }

  #offsetOf(at: TopicPartition & { readonly offset: number | 'earliest' | 'latest' }): number {
    if (at.offset === 'earliest') return 0;
    if (at.offset === 'latest') return this.#options.topics.log(at).endOffset;
    assert(at.offset >= 0, 'an offset is not negative');
    return at.offset;
  }

  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    for (const at of partitions) {
      const reading = this.#readingOf(at);
      if (reading !== undefined) reading.isPaused = isPaused;
    }
  }

  #readingOf({ topic, partition }: TopicPartition): Reading | undefined {
    return this.#share.find((each) => each.topic === topic && each.partition === partition);
  }

  ends(partitions: readonly TopicPartition[]) {
    const ends = partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      endOffset: this.#options.topics.log({ topic, partition }).endOffset,
    }));
    return Promise.resolve({ askedAtMs: this.#options.nowMs(), ends });
  }

  close(): Promise<void> {
    this.#share = [];
    this.#options.leave();
    return Promise.resolve();
  }
}
