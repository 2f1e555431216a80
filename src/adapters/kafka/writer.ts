import type { Message, Producer, RecordMetadata } from 'kafkajs';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { OutgoingRecord, TopicWriter } from '../../pipeline/stream/ports.ts';
import { type KafkaClient, RETRY } from './connect.ts';
import { typeOf } from './faults.ts';
import { Patience } from './patience.ts';

export interface KafkaWriterOptions {
  /** kafkajs' number of a codec: 1 gzip, 2 Snappy, 3 LZ4, 4 zstd; none by default. */
  readonly compression?: 0 | 1 | 2 | 3 | 4;
  /** Bytes of one request before compression; a larger record goes alone. */
  readonly requestBytesMax?: number;
}

/** kafkajs copies a request's list once for each of its records. */
const REQUEST_RECORDS_MAX = 1_000;
const REQUEST_BYTES_MAX = 512 * 1024;
/** What a record costs besides its bytes, at most. */
const RECORD_BYTES = 100;

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Connects at the first record. */
export function kafkaWriter(client: KafkaClient, options: KafkaWriterOptions = {}): TopicWriter {
  return new KafkaWriter(client, options);
}

class KafkaWriter implements TopicWriter {
  readonly #client: KafkaClient;
  readonly #options: KafkaWriterOptions;
  readonly #patience: Patience;
  #producer: Producer | null = null;
  /** Partition of the first record of the request that is on its way. */
  #firstPartition: number | null = null;
  /** Resolves when everything that was given before is written or refused. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(client: KafkaClient, options: KafkaWriterOptions) {
    this.#client = client;
    this.#options = options;
    this.#patience = new Patience(client);
  }

  send(
    topic: string,
    records: readonly OutgoingRecord[],
  ): Promise<{ readonly firstOffset: number }> {
    const sent = this.#before.then(() => this.#sendAll(topic, records));
    this.#before = sent.catch(() => undefined);
    return sent;
  }

  async #sendAll(topic: string, records: readonly OutgoingRecord[]) {
    let firstOffset: number | null = null;
    for (const messages of this.#requestsOf(records)) {
      const offset = await this.#sendOne(topic, messages);
      firstOffset ??= offset;
    }
    return { firstOffset: firstOffset ?? 0 };
  }

  #requestsOf(records: readonly OutgoingRecord[]): Message[][] {
    const bytesMax = this.#options.requestBytesMax ?? REQUEST_BYTES_MAX;
    const requests: Message[][] = [];
    let open: Message[] = [];
    let openBytes = 0;
    for (const record of records) {
      const bytes = bytesOf(record);
      const isFull = openBytes + bytes > bytesMax || open.length >= REQUEST_RECORDS_MAX;
      if (open.length === 0 || isFull) {
        open = [];
        openBytes = 0;
        requests.push(open);
      }
      open.push(messageOf(record));
      openBytes += bytes;
    }
    return requests;
  }

  /** Without idempotence a repeated request may be written twice: every reader of ours expects that. */
  async #sendOne(topic: string, messages: Message[]): Promise<number> {
    try {
      return await this.#patience.ask(`writing to ${topic}`, async () => {
        const producer = await this.#connected();
        this.#firstPartition = null;
        const compression = this.#options.compression ?? 0;
        const answers = await producer.send({ topic, messages, acks: -1, compression });
        return this.#offsetOfFirst(answers);
      });
    } catch (error) {
      throw TOO_LARGE.has(typeOf(error)) ? tooLarge(topic, messages, error) : error;
    }
  }

  #offsetOfFirst(answers: readonly RecordMetadata[]): number {
    const answer = answers.find(({ partition }) => partition === this.#firstPartition);
    return Number(answer?.baseOffset ?? 0);
  }

  async #connected(): Promise<Producer> {
    const producer = this.#producer ?? (await this.#newProducer());
    this.#producer = producer;
    // Does nothing while it is connected.
    await producer.connect();
    return producer;
  }

  async #newProducer(): Promise<Producer> {
    const { default: kafkajs } = await import('kafkajs');
    return this.#client.kafka.producer({
      createPartitioner: () => {
        const partitionOf = kafkajs.Partitioners.DefaultPartitioner();
        return (asked) => {
          const partition = partitionOf(asked);
          this.#firstPartition ??= partition;
          return partition;
        };
      },
      allowAutoTopicCreation: false,
      idempotent: false,
      maxInFlightRequests: 1,
      retry: RETRY,
    });
  }

  async close(): Promise<void> {
    this.#patience.end();
    await this.#before;
    await this.#producer?.disconnect().catch(() => undefined);
  }
}

function messageOf({ key, value, headers, partition }: OutgoingRecord): Message {
  return {
    key,
    value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(partition === undefined ? {} : { partition }),
  };
}

function bytesOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_BYTES + Buffer.byteLength(key) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return bytes;
}

function tooLarge(topic: string, messages: readonly Message[], cause: unknown): CoalmineError {
  const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  const what = messages.length === 1 ? 'a record' : `${messages.length} records`;
  return new CoalmineError(
    'broker_refused',
    `${topic}: the broker refuses ${what} of ${bytes} bytes, which is more than it takes at once`,
    { cause, hints: [`Raise max.message.bytes of ${topic}, or write less at once.`] },
  );
}
