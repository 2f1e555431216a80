import { createHash } from 'node:crypto';
import { encodeWindowPartial } from '../../../src/adapters/avro/codec.ts';
import { createBatchDecoder } from '../../../src/adapters/avro/decode/batch-decoder.ts';
import { avroMessageCodec } from '../../../src/adapters/avro/message-codec.ts';
import { type MemoryBroker, memoryBroker } from '../../../src/adapters/memory/broker/broker.ts';
import { partitionOfKey } from '../../../src/adapters/memory/broker/partition-of-key.ts';
import { memoryNotifier } from '../../../src/adapters/memory/notifier.ts';
import { memoryOutcomeSegments } from '../../../src/adapters/memory/outcome-segments.ts';
import { memoryPairSink } from '../../../src/adapters/memory/pair-sink.ts';
import { memoryRouter } from '../../../src/adapters/memory/router.ts';
import {
  type MemoryWindowStore,
  memoryWindowStore,
} from '../../../src/adapters/memory/window-store.ts';
import { memorySchemas } from '../../../src/adapters/registry/memory-schemas.ts';
import { memoryTelemetry } from '../../../src/adapters/telemetry/memory.ts';
import type { Plan } from '../../../src/core/events/plan.ts';
import type { Outcome, Prediction } from '../../../src/core/events/prediction.ts';
import { predictionRecord } from '../../../src/core/events/prediction-record.ts';
import type { ReferenceProfile } from '../../../src/core/events/profile.ts';
import type { RolloutEvent, RoutingTable } from '../../../src/core/events/routing.ts';
import type { Verdict } from '../../../src/core/events/verdict.ts';
import { toSparse } from '../../../src/core/windows/sparse.ts';
import { exactJson } from '../../../src/pipeline/exact-json.ts';
import { outcomeMetricsOf } from '../../../src/pipeline/line.ts';
import { ControlMember } from '../../../src/pipeline/stream/control-member.ts';
import type { JoinDeps } from '../../../src/pipeline/stream/join-deps.ts';
import { JoinMember } from '../../../src/pipeline/stream/join-member.ts';
import { type JudgeDeps, JudgeMember } from '../../../src/pipeline/stream/judge-member.ts';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import type { JoinTarget, PartitionSource, RawRecord } from '../../../src/pipeline/stream/ports.ts';
import type { MergerOptions } from '../../../src/pipeline/stream/rollout-merger.ts';
import { GrowingSchema } from '../../../src/pipeline/stream/stream-schema.ts';
import { memoryRegistry } from '../memory-registry.ts';
import { Faults } from './faults.ts';

export const INPUTS = {
  current: 'predictions.current',
  canary: 'predictions.canary',
  outcomes: 'outcomes',
} as const;

export interface WorldOptions {
  readonly plan: Plan;
  readonly partitionCount: number;
  readonly startMs: number;
  /** Rollouts over the same topics; one by default. */
  readonly rolloutIds?: readonly string[];
  readonly batchRecordsMax?: number;
  readonly partialDeadlineMs?: number;
  readonly queuedRecordsMax?: number;
  readonly openKeyCountMax?: number;
  readonly openBytesMax?: number;
  /** -Infinity: a change takes effect as event time allows, whatever the clock says. */
  readonly routerLeadMs?: number;
  /** What stands between joiners and the broker; nothing by default. */
  readonly wrapSource?: (source: PartitionSource) => PartitionSource;
  /** Whether offsets without a record follow a record, as compaction leaves them; never by default. */
  readonly gapAfter?: (offset: number) => boolean;
  /** Both arms are on one topic. */
  readonly isShared?: boolean;
  /** The plan of each rollout, where they differ. */
  readonly planOf?: (rolloutId: string) => Plan;
}

/** What a verdict was published as: equal ids must have equal bytes. */
export interface PublishedVerdict {
  readonly verdict: Verdict;
  readonly body: string;
  readonly epoch: number;
  readonly effectiveFromMs: number | null;
}

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/**
 * The whole service over a broker in memory, on a clock that only moves when told to. Members are
 * started, stepped, crashed and replaced by the test; what is durable outlives them.
 */
export class World {
  nowMs: number;
  readonly broker: MemoryBroker;
  readonly options: WorldOptions;
  readonly telemetry = memoryTelemetry();
  readonly faults = new Faults();
  readonly stores = new Map<string, MemoryWindowStore>();
  readonly router = memoryRouter();
  readonly notifier = memoryNotifier();
  private readonly folders = new Map<string, ReturnType<typeof filesOf>>();
  private readonly codec = avroMessageCodec(memoryRegistry(), OWN_TOPICS);

  constructor(options: WorldOptions) {
    this.options = options;
    this.nowMs = options.startMs;
    this.broker = memoryBroker({
      nowMs: () => this.nowMs,
      batchRecordsMax: options.batchRecordsMax ?? 500,
    });
    for (const topic of Object.values(INPUTS))
      this.broker.createTopic(topic, options.partitionCount);
    for (const topic of Object.values(OWN_TOPICS)) this.broker.createTopic(topic, 1);
  }

  get rolloutIds(): readonly string[] {
    return this.options.rolloutIds ?? ['fraud-v7.1'];
  }

  /** The topic of its arm. */
  topicOf(prediction: Prediction): string {
    const { isShared = false, plan } = this.options;
    return prediction.version === plan.canaryVersion && !isShared ? INPUTS.canary : INPUTS.current;
  }

  /** Cells that were given with the plan. */
  async giveProfile(rolloutId: string, profile: ReferenceProfile): Promise<void> {
    const hash = 'given';
    const state = { rolloutId, mergedThroughMs: null, profile: { hash, fromMs: null, profile } };
    const value = await this.codec.encodeReference(state);
    await this.broker.writer().send(OWN_TOPICS.profiles, [{ key: rolloutId, value }]);
  }

  /** What a rollout's merger stored last, in the folder of whoever that was. */
  stored(rolloutId: string, folder = ''): MemoryWindowStore | undefined {
    return this.stores.get(`${folder}${rolloutId}`);
  }

  /** Appends a prediction to its arm's topic, at its arrival or now. */
  predict(prediction: Prediction, topic: string): void {
    this.append(topic, prediction.requestId, JSON.stringify(predictionRecord(prediction)));
  }

  happen(outcome: Outcome): void {
    const { requestId, rowIndex, model, eventTimeMs, metric, value } = outcome;
    this.append(
      INPUTS.outcomes,
      requestId,
      JSON.stringify({
        request_id: requestId,
        row_index: rowIndex,
        model,
        event_time: eventTimeMs,
        metric,
        value,
      }),
    );
  }

  append(topic: string, key: string, text: string): void {
    const partition = partitionOfKey(key, this.options.partitionCount);
    const offset = this.broker.append(topic, partition, [{ key, value: ENCODER.encode(text) }]);
    if (this.options.gapAfter?.(offset) === true) this.broker.leaveGap(topic, partition, 2);
  }

  /** A joiner; `folder` is what survives its crash. */
  joiner(memberId: string, folder = memberId): JoinMember {
    const { options, faults } = this;
    const deps: JoinDeps = {
      source: this.sourceOf(memberId),
      writer: faults.writer(this.broker.writer()),
      decoder: createBatchDecoder({
        topics: this.inputTopics().map((topic) => ({
          topic,
          format: 'json' as const,
          fieldMap: null,
          privacy: { drop: [], hash: [], keep: null, keepDeadLetterPayload: true },
        })),
        schemas: memorySchemas({}),
        schemaCountMax: 10,
        hashText: (text) => text,
      }),
      codec: this.codec,
      positions: this.broker.table(OWN_TOPICS.positions),
      profiles: this.broker.table(OWN_TOPICS.profiles),
      files: async (rolloutId) => {
        const name = `${folder}/${rolloutId}`;
        const files = this.folders.get(name) ?? filesOf(faults);
        this.folders.set(name, files);
        return await Promise.resolve(files);
      },
      encodeDead: async (dead) =>
        await Promise.resolve({
          key: `${dead.topic}/${dead.partition}/${dead.offset}`,
          value: ENCODER.encode(dead.reason),
        }),
      clock: this.clock(),
      telemetry: this.telemetry,
    };
    return new JoinMember(
      deps,
      {
        topics: OWN_TOPICS,
        folderId: folder,
        queuedRecordsMax: options.queuedRecordsMax ?? 100_000,
        openKeyCountMax: options.openKeyCountMax ?? 1_000_000,
        openBytesMax: options.openBytesMax ?? 1e9,
        messageBytesMax: 900_000,
        endsIntervalMs: 200,
        quietIntervalMs: 1_000,
      },
      this.rolloutIds.map((rolloutId) => this.target(rolloutId)),
    );
  }

  /** A judge; `folder` is where its databases are. */
  judge(memberId: string, folder = ''): JudgeMember {
    const { faults } = this;
    const deps: JudgeDeps = {
      source: this.broker.source('judge', [OWN_TOPICS.partials], memberId),
      writer: faults.writer(this.broker.writer()),
      codec: this.codec,
      profiles: this.broker.table(OWN_TOPICS.profiles),
      openStore: async (rolloutId) => {
        const name = `${folder}${rolloutId}`;
        const store = this.stores.get(name) ?? memoryWindowStore();
        this.stores.set(name, store);
        return await Promise.resolve(faults.store(store));
      },
      publishedBefore: async (rolloutId) =>
        await Promise.resolve(
          new Map(
            this.published()
              .filter(({ verdict }) => verdict.rolloutId === rolloutId)
              .map(({ verdict, effectiveFromMs }) => [
                verdict.windowStartMs,
                effectiveFromMs ?? verdict.windowEndMs,
              ]),
          ),
        ),
      encodePartial: (partial, head) =>
        encodeWindowPartial({
          ...head,
          ...toSparse(partial),
          partition: 0,
          revision: head.revision,
          layoutHash: head.profileHash ?? 'learning',
          positions: [],
          watermarkMs: head.windowEndMs,
          sample: [],
        }),
      encodeVerdict: async (verdict, context) => {
        const published: PublishedVerdict = { verdict, body: exactJson(verdict), ...context };
        return await Promise.resolve({
          key: verdict.rolloutId,
          value: ENCODER.encode(JSON.stringify(published)),
        });
      },
      partitionOf: partitionOfKey,
      clock: this.clock(),
      telemetry: this.telemetry,
    };
    return new JudgeMember(
      deps,
      {
        topics: { ...OWN_TOPICS, claims: OWN_TOPICS.positions },
        partitionCount: 1,
        memberId,
        publishIntervalMs: 60_000,
      },
      this.rolloutIds.map((rolloutId) => this.merging(rolloutId)),
    );
  }

  control(memberId: string): ControlMember {
    const { faults } = this;
    return new ControlMember(
      {
        source: this.broker.source('control', [OWN_TOPICS.verdicts], memberId),
        writer: faults.writer(this.broker.writer()),
        readVerdict: async ({ value }) =>
          await Promise.resolve(
            value === null ? null : (JSON.parse(DECODER.decode(value)) as PublishedVerdict),
          ),
        encodeRouting: async (table) => await Promise.resolve(jsonRecord(table)),
        encodeEvent: async (event) => await Promise.resolve(jsonRecord(event)),
        progress: this.broker.table(OWN_TOPICS.positions),
        clock: this.clock(),
        telemetry: this.telemetry,
      },
      { ...OWN_TOPICS, progress: OWN_TOPICS.positions },
      this.rolloutIds.map((rolloutId) => ({
        rolloutId,
        plan: this.planOf(rolloutId),
        router: faults.router(this.router),
        notifier: faults.notifier(this.notifier),
      })),
    );
  }

  /** Everything on the verdict topic, in order. */
  published(): readonly PublishedVerdict[] {
    return this.values(OWN_TOPICS.verdicts);
  }

  events(): readonly RolloutEvent[] {
    return this.values(OWN_TOPICS.rolloutEvents);
  }

  deadLetters(): readonly RawRecord[] {
    return this.broker.records(OWN_TOPICS.deadLetters, 0);
  }

  // eslint-disable-next-line typescript/no-unnecessary-type-parameters -- the reader knows the topic's type
  private values<T>(topic: string): readonly T[] {
    return this.broker
      .records(topic, 0)
      .map(({ value }) => JSON.parse(DECODER.decode(value ?? new Uint8Array())) as T);
  }

  private sourceOf(memberId: string): PartitionSource {
    const source = this.broker.source('join', this.inputTopics(), memberId);
    return this.options.wrapSource?.(source) ?? source;
  }

  private inputTopics(): readonly string[] {
    const { isShared = false, plan } = this.options;
    const predictions = isShared ? [INPUTS.current] : [INPUTS.current, INPUTS.canary];
    return outcomeMetricsOf(plan).length > 0 ? [...predictions, INPUTS.outcomes] : predictions;
  }

  private clock() {
    return {
      nowMs: () => this.nowMs,
      wait: async () => await Promise.resolve(),
    };
  }

  private planOf(rolloutId: string): Plan {
    return this.options.planOf?.(rolloutId) ?? this.options.plan;
  }

  private target(rolloutId: string): JoinTarget {
    const plan = this.planOf(rolloutId);
    const hasOutcomes = outcomeMetricsOf(plan).length > 0;
    const canary = this.options.isShared === true ? INPUTS.current : INPUTS.canary;
    return {
      rolloutId,
      plan,
      partitionCount: this.options.partitionCount,
      topics: { current: INPUTS.current, canary, outcomes: hasOutcomes ? INPUTS.outcomes : null },
      startAt: 'earliest',
      schema: new GrowingSchema(),
    };
  }

  private merging(rolloutId: string): MergerOptions {
    return {
      target: this.target(rolloutId),
      policyDigest: 'policy',
      outcomeMetrics: outcomeMetricsOf(this.planOf(rolloutId)),
      digest: (text) => createHash('sha256').update(text).digest('hex'),
      partialDeadlineMs: this.options.partialDeadlineMs ?? 1e12,
      routerLeadMs: this.options.routerLeadMs ?? 0,
    };
  }
}

function filesOf(faults: Faults) {
  return {
    segments: faults.segments(memoryOutcomeSegments()),
    pairs: memoryPairSink({ windowLengthMs: 60_000 }),
  };
}

function jsonRecord(value: RoutingTable | RolloutEvent) {
  return { key: value.rolloutId, value: ENCODER.encode(JSON.stringify(value)) };
}
