import kafkajs, {
  type Consumer,
  type EachMessagePayload,
  type IHeaders,
  Kafka,
  logLevel,
} from 'kafkajs';
import { readVerdictEvent, type VerdictEvent } from '../adapters/avro/cloud-event.ts';
import { camelKeys, snakeKeys } from '../adapters/avro/key-case.ts';
import { type WireCodec, wireCodec } from '../adapters/avro/wire-codec.ts';
import { CODECS } from '../adapters/kafka/codecs.ts';
import { plainRegistry, type RegistryLogin } from '../adapters/registry/plain-registry.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { createVerdictFilter } from './verdict-filter.ts';

/** What comes with a verdict but is not of it. */
export interface VerdictDelivery extends Omit<VerdictEvent, 'verdict'> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Called with one verdict at a time. When it throws, the same verdict comes again. */
export type VerdictHandler = (verdict: Verdict, delivery: VerdictDelivery) => Promise<void> | void;

/** A record of the topic that is no verdict. */
export interface UnreadableRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly detail: string;
}

export interface VerdictConsumerOptions {
  /** A client of kafkajs, with your TLS, SASL and logging; or `host:port` of brokers that need neither. */
  readonly kafka: Pick<Kafka, 'consumer'> | readonly string[];
  /** The schema registry's Confluent-compatible address. */
  readonly registryUrl: string;
  readonly registryLogin?: RegistryLogin;
  /** Whoever shares it shares the verdicts; where it left off is kept under this name. */
  readonly groupId: string;
  /** Default: `coalmine.verdicts`. */
  readonly topic?: string;
  /** Only verdicts of these rollouts (`fraud-v7.1`); absent: of all. */
  readonly rolloutIds?: readonly string[];
  /** Where a group begins that has read nothing yet. */
  readonly from: 'earliest' | 'latest';
  /** Told of records that are no verdicts, which are then passed over; absent: the consumer stops at one. */
  readonly onUnreadable?: (record: UnreadableRecord) => Promise<void> | void;
}

/** A consumer that runs. */
export interface VerdictConsumer {
  /** Resolves after `close`; rejects when the consumer stopped by itself, with why. */
  readonly ended: Promise<void>;
  /** Waits for the handler that runs, commits, and leaves the group. */
  close(): Promise<void>;
}

const DEFAULT_TOPIC = 'coalmine.verdicts';

/**
 * Reads verdicts and hands each to the handler once in this process's life: repeats, lower revisions
 * and verdicts of judges that were replaced are left out. At least once over restarts, since the
 * position is committed after the handler: a handler that must not act twice remembers `verdict.id`.
 * Verdicts of one rollout come in order.
 *
 * @throws CoalmineError `broker_unavailable`, or `topic_invalid` when the topic does not exist
 */
export async function consumeVerdicts(
  options: VerdictConsumerOptions,
  handler: VerdictHandler,
): Promise<VerdictConsumer> {
  const { groupId, topic = DEFAULT_TOPIC } = options;
  // Node finds no more of this package's exports by name than Kafka, Partitioners and the like.
  Object.assign(kafkajs.CompressionCodecs, CODECS);
  const consumer = clientOf(options.kafka).consumer({ groupId, allowAutoTopicCreation: false });
  const deal = dealer(options, handler);
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let failure: Error | null = null;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) reject(failure ?? payload.error);
  });
  const fromBeginning = options.from === 'earliest';
  await start(consumer, topic, async () => {
    await consumer.subscribe({ topics: [topic], fromBeginning });
    await consumer.run({
      eachMessage: async (message) => {
        try {
          await deal(message);
        } catch (error) {
          if (!(error instanceof CoalmineError) || error.retryable) throw error;
          failure = error;
          throw new kafkajs.KafkaJSNonRetriableError(error);
        }
      },
    });
  });
  return {
    ended,
    async close() {
      await consumer.disconnect();
      resolve();
    },
  };
}

function clientOf(kafka: VerdictConsumerOptions['kafka']): Pick<Kafka, 'consumer'> {
  if ('consumer' in kafka) return kafka;
  return new Kafka({
    clientId: 'coalmine-verdicts',
    brokers: [...kafka],
    logLevel: logLevel.ERROR,
  });
}

async function start(consumer: Consumer, topic: string, run: () => Promise<void>): Promise<void> {
  try {
    await consumer.connect();
    await run();
  } catch (cause) {
    await consumer.disconnect();
    const why = cause instanceof Error ? cause.message : String(cause);
    const isMissing = (cause as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION';
    throw isMissing
      ? new CoalmineError('topic_invalid', `there is no topic ${topic}`, { cause })
      : new CoalmineError('broker_unavailable', `verdicts cannot be read: ${why}`, { cause });
  }
}

/** What is done with one record of the topic. */
function dealer(
  options: VerdictConsumerOptions,
  handler: VerdictHandler,
): (message: EachMessagePayload) => Promise<void> {
  const { rolloutIds, onUnreadable, topic = DEFAULT_TOPIC } = options;
  const codec = codecOf(options, topic);
  const wanted = rolloutIds === undefined ? null : new Set(rolloutIds);
  const filter = createVerdictFilter();
  return async ({ topic: from, partition, message }) => {
    const headers = textHeaders(message.headers ?? {});
    const place = { topic: from, partition, offset: message.offset };
    const read = await readVerdictEvent(headers, message.value, codec);
    if (read.kind === 'other') return;
    if (read.kind === 'unreadable') {
      if (onUnreadable === undefined) throw unreadable(place, read.detail);
      await retried(async () => await onUnreadable({ ...place, detail: read.detail }));
      return;
    }
    const { verdict, ...about } = read.event;
    if (wanted !== null && !wanted.has(verdict.rolloutId)) return;
    if (filter.leftOut(read.event) === null) {
      await retried(async () => await handler(verdict, { ...about, ...place }));
    }
    filter.note(read.event);
  };
}

function codecOf(options: VerdictConsumerOptions, topic: string): WireCodec<Verdict> {
  return wireCodec<Verdict>({
    registry: plainRegistry(options.registryUrl, options.registryLogin),
    subject: `${topic}-value`,
    schema: 'Verdict',
    toWire: snakeKeys,
    // Decoder edge: the value was read with our schema, which is the type's twin.
    fromWire: (wire) => camelKeys(wire) as Verdict,
  });
}

/** The client tries again after any error but a TypeError or the like: a caller's error is none of these. */
async function retried(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the handler failed: ${why}`, { cause });
  }
}

function unreadable(
  { topic, partition, offset }: Omit<UnreadableRecord, 'detail'>,
  detail: string,
): CoalmineError {
  const where = `${topic}, partition ${partition}, offset ${offset}`;
  return new CoalmineError('undecodable', `no verdict at ${where}: ${detail}`, {
    hints: ['give onUnreadable to be told of such records and to go on behind them'],
  });
}

/** The last one of a header that is there more than once. */
function textHeaders(headers: IHeaders): Record<string, string> {
  const found = Object.entries(headers).flatMap(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    return last === undefined ? [] : [[name, last.toString('utf8')] as const];
  });
  return Object.fromEntries(found);
}
