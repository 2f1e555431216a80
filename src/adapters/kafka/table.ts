import { randomUUID } from 'node:crypto';
import { CoalmineError } from '../../core/foundation/error.ts';
import type {
  Clock,
  PartitionSource,
  RawBatch,
  RawRecord,
  TopicPartition,
  TopicTable,
} from '../../pipeline/stream/ports.ts';
import type { KafkaClient } from './connect.ts';
import { kafkaSource } from './source.ts';

export interface KafkaTableOptions {
  readonly topic: string;
  readonly clock: Clock;
  /** Each table reads as the only member of a group of its own, which begins so and never commits. */
  readonly groupPrefix: string;
}

const POLL_MS = 1_000;
const DECODER = new TextDecoder();

/** Joins its group at once; the first refresh takes as long as that takes. */
export function kafkaTable(client: KafkaClient, options: KafkaTableOptions): TopicTable {
  const { topic, clock, groupPrefix } = options;
  const group = `${groupPrefix}.table.${randomUUID()}`;
  return new KafkaTable(topic, kafkaSource(client, { group, topics: [topic], clock }));
}

class KafkaTable implements TopicTable {
  readonly #topic: string;
  readonly #source: PartitionSource;
  readonly #values = new Map<string, Uint8Array>();
  /** Where reading stands by partition; kept while the group is joined again. */
  readonly #positions = new Map<number, number>();
  #owned: readonly TopicPartition[] | null = null;
  #version = 0;
  #isClosed = false;
  #refreshing: Promise<void> | null = null;

  constructor(topic: string, source: PartitionSource) {
    this.#topic = topic;
    this.#source = source;
  }

  get version(): number {
    return this.#version;
  }

  get(key: string): Uint8Array | null {
    return this.#values.get(key) ?? null;
  }

  entries(): Iterable<readonly [string, Uint8Array]> {
    return this.#values.entries();
  }

  /** A refresh asked for during another begins after it: it may have to see what came since. */
  async refresh(): Promise<void> {
    const before = this.#refreshing ?? Promise.resolve();
    const refreshing = before.catch(() => undefined).then(() => this.#readToEnd());
    this.#refreshing = refreshing;
    await refreshing;
  }

  async #readToEnd(): Promise<void> {
    while (this.#owned === null) await this.#readOn();
    const { ends } = await this.#source.ends(this.#owned);
    const isBehind = () =>
      ends.some(({ partition, endOffset }) => (this.#positions.get(partition) ?? 0) < endOffset);
    while (isBehind()) await this.#readOn();
  }

  async #readOn(): Promise<void> {
    if (this.#isClosed) throw new CoalmineError('interrupted', `${this.#topic}: closed`);
    const event = await this.#source.poll(POLL_MS);
    if (event?.kind === 'assigned') await this.#begin(event.partitions);
    if (event?.kind === 'batch') this.#takeAll(event.batch);
  }

  async #begin(partitions: readonly TopicPartition[]): Promise<void> {
    this.#owned = partitions;
    await this.#source.resume(
      partitions.map((at) => ({ ...at, offset: this.#positions.get(at.partition) ?? 'earliest' })),
    );
  }

  #takeAll({ partition, records, nextOffset }: RawBatch): void {
    for (const record of records) this.#take(record);
    this.#positions.set(partition, nextOffset);
  }

  #take({ key, value }: RawRecord): void {
    this.#version += 1;
    if (key === null) return;
    const text = DECODER.decode(key);
    if (value === null) this.#values.delete(text);
    // A copy: the record's bytes lie in the whole answer that brought them.
    else this.#values.set(text, new Uint8Array(value));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#source.close();
  }
}
