import { deadLetterCodec } from '../adapters/avro/dead-letter.ts';
import { avroRecordCodecs } from '../adapters/avro/record-codecs.ts';
import { modelCaller } from '../adapters/http/model-caller.ts';
import { type KafkaClient, kafkaClient } from '../adapters/kafka/connect.ts';
import type { ClientLog } from '../adapters/kafka/log-line.ts';
import { LogOffsets } from '../adapters/kafka/log-offsets.ts';
import { Patience } from '../adapters/kafka/patience.ts';
import { kafkaSource } from '../adapters/kafka/source.ts';
import { kafkaTable } from '../adapters/kafka/table.ts';
import { kafkaWriter } from '../adapters/kafka/writer.ts';
import { confluentRegistry } from '../adapters/registry/confluent-registry.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Plan } from '../core/events/plan.ts';
import type { ShadowCounts } from '../pipeline/shadow/counts.ts';
import { SHADOW_TOPIC } from '../pipeline/shadow/progress.ts';
import { runShadow, type ShadowOptions, type ShadowPorts } from '../pipeline/shadow/run.ts';
import type { AppliedRollout } from '../pipeline/stream/messages.ts';
import type { SchemaRegistrar, TopicTable } from '../pipeline/stream/ports.ts';
import type { ServiceConfig } from './service/service-config.ts';
import { topicNames } from './service/topic-names.ts';
import { predictionEncoder, predictionReader } from './shadow-codec.ts';
import { type ShadowInputs, shadowInputs } from './shadow-inputs.ts';
import type { RequestFile } from './shadow-request.ts';
import { findRollout, type PlannedRollout, type ShadowRollout } from './shadow-rollout.ts';
import { prepareTopics } from './shadow-topics.ts';

export interface ShadowRequest {
  readonly config: ServiceConfig;
  /** Plans of the config file's rollouts. */
  readonly planned: readonly PlannedRollout[];
  readonly from: string;
  readonly to: string;
  readonly url: string;
  readonly request: RequestFile;
  readonly plan: Plan | null;
  readonly rolloutId: string | null;
  /** Null: what the plan mirrors, and all where it says nothing. */
  readonly mirrorShare: number | null;
  readonly ratePerSecond: number | null;
  readonly concurrency: number;
  readonly retryCountMax: number;
  /** Null: where the rollout's own topics are read from. */
  readonly begin: ShadowRollout['startAt'] | null;
  readonly isOnce: boolean;
  readonly log: ClientLog;
  readonly signal: AbortSignal;
  readonly onStart: (start: ShadowStart) => void;
  readonly onCounts: (counts: ShadowCounts) => void;
}

export interface ShadowStart {
  readonly rolloutId: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly mirrorShare: number;
  readonly partitionCount: number;
  readonly begin: ShadowRollout['startAt'];
}

export interface ShadowReport extends ShadowStart {
  readonly counts: ShadowCounts;
}

/**
 * Asks a canary's endpoint for what current was asked, from the log, until it is told to stop.
 *
 * @throws CoalmineError when topics, rollout, broker, registry or endpoint are not what is needed
 */
export async function shadow(request: ShadowRequest): Promise<ShadowReport> {
  const { config } = request;
  const inputs = shadowInputs(request, config);
  const client = await kafkaClient(config.kafka, { log: request.log });
  const registry = confluentRegistry(config.registry);
  const partitionCount = await prepareTopics(client, request, config.topics);
  const applied = await readApplied(client, registry, config);
  const rollout = findRollout(request, applied, request.planned);
  const start = startOf(rollout, request, partitionCount);
  request.onStart(start);
  const { ports, close } = await openPorts({ client, registry, request, inputs, rollout });
  try {
    return {
      ...start,
      counts: await runShadow(ports, optionsOf(request, inputs, { ...rollout, ...start })),
    };
  } finally {
    await close();
  }
}

function startOf(
  { rolloutId, plan, startAt }: ShadowRollout,
  { mirrorShare, begin }: Pick<ShadowRequest, 'mirrorShare' | 'begin'>,
  partitionCount: number,
): ShadowStart {
  return {
    rolloutId,
    currentVersion: plan.currentVersion,
    canaryVersion: plan.canaryVersion,
    mirrorShare: mirrorShare ?? plan.mirror?.current ?? 1,
    partitionCount,
    begin: begin ?? startAt,
  };
}

/** What is applied; nothing where the service never ran. */
async function readApplied(
  client: KafkaClient,
  registry: SchemaRegistrar,
  config: ServiceConfig,
): Promise<readonly AppliedRollout[]> {
  const { applied } = avroRecordCodecs(registry, topicNames(config));
  const table = openTable(client, config.topics.rollouts.name, config);
  try {
    await table.refresh();
    const values = [...table.entries()].map(([, bytes]) => bytes);
    return await Promise.all(values.map(async (bytes) => await applied.decode(bytes)));
  } finally {
    await table.close();
  }
}

function openTable(client: KafkaClient, topic: string, { groupPrefix }: ServiceConfig): TopicTable {
  return kafkaTable(client, { topic, clock: systemClock(), groupPrefix });
}

interface Opening {
  readonly client: KafkaClient;
  readonly registry: SchemaRegistrar;
  readonly request: ShadowRequest;
  readonly inputs: ShadowInputs;
  readonly rollout: ShadowRollout;
}

async function openPorts({ client, registry, request, inputs, rollout }: Opening) {
  const { config, url } = request;
  const { method, timeoutMs } = request.request;
  const { plan } = rollout;
  const limits = {
    ...config.limits,
    requestIdLengthMax: plan.limits.requestIdLengthMax,
    currentVersion: plan.currentVersion,
  };
  const clock = systemClock();
  const writer = kafkaWriter(client);
  const offsets = new LogOffsets(client);
  const patience = new Patience(client);
  const progress = openTable(client, SHADOW_TOPIC, config);
  const deadLetters = deadLetterCodec(registry, {
    topic: config.topics.deadLetters.name,
    messageBytesMax: config.limits.messageBytesMax,
  });
  const encodePrediction = predictionEncoder(inputs.to, inputs.isDropped, registry);
  // Members of one group share the partitions: more processes, more requests at a time.
  const group = `${config.groupPrefix}.shadow.${request.to}`;
  const ports: ShadowPorts = {
    reader: predictionReader(inputs.from, registry, limits),
    caller: modelCaller({ url, method, timeoutMs }),
    answers: {
      encodePrediction,
      encodeDeadLetter: async (dead) => await deadLetters.encode(dead, clock.nowMs()),
    },
    source: kafkaSource(client, { group, topics: [request.from], clock }),
    begins: async (partitions) => {
      const what = 'asking for the beginnings of partitions';
      const found = await patience.ask(what, () => offsets.begins(partitions));
      return new Map(found.map(({ partition, endOffset }) => [partition, endOffset]));
    },
    progress,
    writer,
    clock,
  };
  const close = async () => {
    patience.end();
    await Promise.all([writer.close(), progress.close(), offsets.close()]);
  };
  return { ports, close };
}

function optionsOf(
  request: ShadowRequest,
  inputs: ShadowInputs,
  { rolloutId, plan, mirrorShare, begin }: ShadowRollout & ShadowStart,
): ShadowOptions {
  const { from, to, config } = request;
  const { concurrency, ratePerSecond, retryCountMax, isOnce, signal, onCounts } = request;
  return {
    route: { from, to, rolloutId },
    deadLetterTopic: config.topics.deadLetters.name,
    keepDeadLetterPayload: inputs.from.privacy.keepDeadLetterPayload,
    selection: {
      rolloutId,
      model: plan.model,
      currentVersion: plan.currentVersion,
      mirrorShare,
    },
    canaryVersion: plan.canaryVersion,
    shape: request.request.shape,
    answer: request.request.answer,
    concurrency,
    ratePerSecond,
    retryCountMax,
    begin,
    isOnce,
    signal,
    onCounts,
  };
}
