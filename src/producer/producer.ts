import kafkajs, {
  CompressionTypes,
  Kafka,
  type Producer as KafkaProducer,
  logLevel,
  Partitioners,
} from 'kafkajs';
import { schemaText } from '../adapters/avro/schema-file.ts';
import { CODECS } from '../adapters/kafka/codecs.ts';
import { plainRegistry, type RegistryLogin } from '../adapters/registry/plain-registry.ts';
import type { RoutingTable } from '../core/events/routing.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { bucketOf, murmur3 } from '../core/foundation/hash.ts';
import {
  type AssignmentQuery,
  assign,
  canaryBucketCount,
  isAsked,
  type MirroredRequest,
} from '../core/rollout/assign.ts';
import { BUCKET_TOTAL } from '../core/rollout/routing-table.ts';
import { checkOutcome, checkPrediction } from './check-event.ts';
import {
  type DeclaredFields,
  type FieldTypes,
  type PredictionEvent,
  predictionSchema,
} from './prediction-schema.ts';
import { type QueuedRecord, type QueueLimits, SendQueue } from './send-queue.ts';
import { topicEncoder } from './topic-encoder.ts';

/** What happened later for a request, by the field names of `schemas/Outcome.avsc`. */
export interface OutcomeEvent {
  readonly request_id: string;
  readonly row_index?: number;
  readonly model: string;
  /** In ms since 1970. */
  readonly event_time: number;
  /** `click`, `late`, ...: the name in the plan. */
  readonly metric: string;
  readonly value: number;
}

export interface ProducerOptions<F extends FieldTypes, C extends FieldTypes> {
  /** A client of kafkajs, with your TLS, SASL and logging; or `host:port` of brokers that need neither. */
  readonly kafka: Pick<Kafka, 'producer'> | readonly string[];
  /** The schema registry's Confluent-compatible address. */
  readonly registryUrl: string;
  readonly registryLogin?: RegistryLogin;
  readonly topics: {
    /** One topic, or the one of each answer: an arm is read from exactly one. */
    readonly predictions:
      | string
      | ((answer: Pick<PredictionEvent, 'model' | 'version' | 'served'>) => string);
    /** With as many partitions as the predictions' topics have. */
    readonly outcomes?: string;
  };
  /** Features and context fields to write as records; absent: maps, which take any name. */
  readonly schema?: DeclaredFields<F, C>;
  /** Default: `none`; the other end needs no setting for it. */
  readonly compression?: keyof typeof COMPRESSION;
  readonly limits?: Partial<QueueLimits>;
  /** A batch was given up, after the client's own retries. Without it, `flush` and `close` still reject. */
  readonly onLost?: (error: Error, recordCount: number) => void;
}

export interface Producer<F extends FieldTypes, C extends FieldTypes> {
  /**
   * Resolves when the queue has taken the answer, at once unless the queue is full; rejects with
   * `event_invalid` when it breaks the contract, with `limit_reached` when the queue refuses it.
   */
  predict(prediction: PredictionEvent<F, C>): Promise<void>;
  /** The same for an outcome. */
  outcome(outcome: OutcomeEvent): Promise<void>;
  /** Resolves when everything before it is acknowledged; rejects when something was lost since the last flush. */
  flush(): Promise<void>;
  /** Flushes, takes no more, and disconnects. */
  close(): Promise<void>;
}

const LIMITS: QueueLimits = {
  lingerMs: 20,
  batchCountMax: 1000,
  queuedBytesMax: 16_777_216,
  whenFull: 'wait',
};

const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

/**
 * A producer of predictions and outcomes that the join will find: events are checked before they are
 * taken, the key is the request id, its partition that of Java's default partitioner, the schema is
 * registered once per topic.
 *
 * @throws CoalmineError `registry_unavailable`, `registry_refused` or `broker_unavailable`
 */
export async function createProducer<
  const F extends FieldTypes = FieldTypes,
  const C extends FieldTypes = FieldTypes,
>(options: ProducerOptions<F, C>): Promise<Producer<F, C>> {
  const { topics, schema = {} } = options;
  const registry = plainRegistry(options.registryUrl, options.registryLogin);
  const predictions = topicEncoder(predictionSchema(schema), registry);
  const outcomes = topicEncoder(schemaText('Outcome'), registry);
  if (typeof topics.predictions === 'string') await predictions.prepare(topics.predictions);
  if (topics.outcomes !== undefined) await outcomes.prepare(topics.outcomes);
  const client = await connected(options.kafka);
  const queue = queueOn(client, options);
  return {
    async predict(event) {
      const record = checkPrediction(event, schema);
      const topic =
        typeof topics.predictions === 'string' ? topics.predictions : topics.predictions(event);
      await queue.add(await predictions.encode(topic, record));
    },
    async outcome(event) {
      const topic = topics.outcomes;
      if (topic === undefined) throw new CoalmineError('usage', 'topics.outcomes is not given');
      await queue.add(await outcomes.encode(topic, checkOutcome(event)));
    },
    async flush() {
      await queue.flush();
    },
    async close() {
      try {
        await queue.close();
      } finally {
        await client.disconnect();
      }
    },
  };
}

async function connected(kafka: ProducerOptions<never, never>['kafka']): Promise<KafkaProducer> {
  const client =
    'producer' in kafka
      ? kafka
      : new Kafka({
          clientId: 'coalmine-producer',
          brokers: [...kafka],
          logLevel: logLevel.ERROR,
          // Waits add up to about a minute: a restart of a broker is shorter.
          retry: { retries: 8 },
        });
  Object.assign(kafkajs.CompressionCodecs, CODECS);
  const producer = client.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  try {
    await producer.connect();
    return producer;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoalmineError('broker_unavailable', `no broker can be reached: ${why}`, { cause });
  }
}

function queueOn<F extends FieldTypes, C extends FieldTypes>(
  client: KafkaProducer,
  options: ProducerOptions<F, C>,
): SendQueue {
  const compression = COMPRESSION[options.compression ?? 'none'];
  return new SendQueue(
    { ...LIMITS, ...options.limits },
    {
      async send(records) {
        await client.sendBatch({ acks: -1, compression, topicMessages: byTopic(records) });
      },
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => {
          clearTimeout(timer);
        };
      },
      lost(error, records) {
        options.onLost?.(error, records.length);
      },
    },
  );
}

function byTopic(
  records: readonly QueuedRecord[],
): { topic: string; messages: { key: string; value: Buffer }[] }[] {
  const groups = Map.groupBy(records, (record) => record.topic);
  return [...groups].map(([topic, group]) => ({
    topic,
    messages: group.map(({ key, value }) => ({
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.length),
    })),
  }));
}

/**
 * The version that serves a unit at an event time by a routing table: what coalmine and its routers
 * compute.
 */
export function versionFor(table: RoutingTable, query: AssignmentQuery): string {
  const { arm } = assign(table, query);
  return arm === 'canary' ? table.canaryVersion : table.currentVersion;
}

/**
 * Whether a request is also sent to the other arm in shadow, at the plan's `mirror` share of that arm:
 * only such requests are due there, all others are no missing answers.
 *
 * @example isMirrored(0.1, { rolloutId: 'fraud-v7.1', requestId: 'r-81' })
 */
export function isMirrored(share: number, request: MirroredRequest): boolean {
  return isAsked(share, request);
}

/**
 * Whether a log that keeps only a share of the requests keeps this one. Both arms that ask here with
 * one share keep the same requests, so that pairs stay whole; write the share as `sampling_fraction`.
 *
 * @example isLogged(0.25, 'r-81')
 */
export function isLogged(share: number, requestId: string): boolean {
  const bucket = bucketOf(murmur3(`log:${requestId}`), BUCKET_TOTAL);
  return bucket < canaryBucketCount(share, BUCKET_TOTAL);
}
