import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { TopicPartition } from '../../pipeline/stream/ports.ts';
import { coPartitionAssigner } from './co-partition-assigner.ts';
import { type KafkaClient, RETRY } from './connect.ts';

/** What one life of a kafkajs consumer reports: from its connection to its crash. */
export interface MembershipEvents {
  /** @param contactMs when the request was sent that the broker answered so, on the machine's own clock */
  readonly joined: (partitions: readonly TopicPartition[], contactMs: number) => void;
  readonly lost: () => void;
  readonly contacted: (contactMs: number) => void;
  readonly fetchStarted: (node: string) => void;
  readonly batch: (payload: EachBatchPayload) => Promise<void>;
  /** Offsets of which kafkajs shows no record, and reads on behind them. */
  readonly skipped: (skipped: Skipped) => void;
}

export interface Skipped extends TopicPartition {
  readonly lastOffset: number;
  readonly endOffset: number;
}

export interface MembershipOptions {
  readonly client: KafkaClient;
  readonly group: string;
  readonly topics: readonly string[];
  readonly owned: () => readonly number[];
  /** A fetch that finds nothing is answered after so long. */
  readonly fetchWaitMs: number;
  readonly fetchBytesMax: number;
  readonly partitionBytesMax: number;
}

/** A consumer that has joined or will, and how its life ended. */
export interface Membership {
  readonly consumer: Consumer;
  /** Rejects when kafkajs gives up. */
  readonly crash: Promise<never>;
}

export async function openMembership(
  options: MembershipOptions,
  events: MembershipEvents,
): Promise<Membership> {
  const consumer = await newConsumer(options);
  const crash = new Promise<never>((_, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      reject(payload.error);
    });
  });
  // Whoever awaits it may come later.
  crash.catch(() => undefined);
  report(consumer, events);
  return { consumer, crash };
}

async function newConsumer(options: MembershipOptions): Promise<Consumer> {
  const { kafka, settings } = options.client;
  const { default: kafkajs } = await import('kafkajs');
  return kafka.consumer({
    groupId: options.group,
    partitionAssigners: [coPartitionAssigner(kafkajs.AssignerProtocol, options.owned)],
    sessionTimeout: settings.sessionTimeoutMs,
    heartbeatInterval: settings.heartbeatIntervalMs,
    rebalanceTimeout: settings.rebalanceTimeoutMs,
    maxWaitTimeInMs: options.fetchWaitMs,
    maxBytes: options.fetchBytesMax,
    maxBytesPerPartition: options.partitionBytesMax,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    // A crashed consumer is not mended but replaced: nothing of the old one can come after that.
    retry: { ...RETRY, restartOnFailure: async () => false },
  });
}

/** Joins the group; returns when it has, or when the consumer crashed on the way. */
export async function runMembership(
  { consumer }: Membership,
  { topics }: MembershipOptions,
  events: MembershipEvents,
): Promise<void> {
  await consumer.connect();
  // From the beginning: where retention overtook the reader, kafkajs goes on at what is left.
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (payload) => events.batch(payload),
  });
}

function report(consumer: Consumer, events: MembershipEvents): void {
  let contactMs = performance.now();
  consumer.on(consumer.events.REQUEST, ({ payload: { apiName, duration } }) => {
    if (apiName === 'Heartbeat' || apiName === 'SyncGroup')
      contactMs = performance.now() - duration;
    // Whoever joins again holds nothing, and kafkajs does not always say that it does.
    if (apiName === 'JoinGroup') events.lost();
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    events.contacted(contactMs);
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.toSorted((a, b) => a - b).map((partition) => ({ topic, partition })),
    );
    events.joined(partitions, contactMs);
  });
  for (const ended of [consumer.events.REBALANCING, consumer.events.CRASH, consumer.events.STOP]) {
    consumer.on(ended, () => {
      events.lost();
    });
  }
  consumer.on(consumer.events.FETCH_START, ({ payload }) => {
    events.fetchStarted(String(payload.nodeId));
  });
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize > 0) return;
    const { topic, partition, lastOffset, highWatermark } = payload;
    const endOffset = Number(highWatermark);
    events.skipped({ topic, partition, lastOffset: Number(lastOffset), endOffset });
  });
}
