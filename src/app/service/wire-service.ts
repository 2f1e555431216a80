import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { readVerdictEvent, verdictHeaders } from '../../adapters/avro/cloud-event.ts';
import { createBatchDecoder } from '../../adapters/avro/decode/batch-decoder.ts';
import { avroMessageCodec } from '../../adapters/avro/message-codec.ts';
import { avroRecordCodecs } from '../../adapters/avro/record-codecs.ts';
import type { WireCodec } from '../../adapters/avro/wire-codec.ts';
import { openDuckDbStore } from '../../adapters/duckdb/store.ts';
import { openOutcomeSegments } from '../../adapters/files/outcome-segments.ts';
import { openPairSink } from '../../adapters/files/pair-sink.ts';
import { makeFolder } from '../../adapters/files/spool/make-folder.ts';
import type { KafkaClient } from '../../adapters/kafka/connect.ts';
import { kafkaSource } from '../../adapters/kafka/source.ts';
import { kafkaTable } from '../../adapters/kafka/table.ts';
import { threadedSource } from '../../adapters/kafka/thread/threaded-source.ts';
import { kafkaWriter } from '../../adapters/kafka/writer.ts';
import { partitionOfKey } from '../../adapters/memory/broker/partition-of-key.ts';
import type { NotificationLog } from '../../adapters/notify/log-notifier.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Plan } from '../../core/events/plan.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import type { PairSink, WindowStore } from '../../pipeline/ports.ts';
import type { ControlTarget } from '../../pipeline/stream/control-member.ts';
import { ControlMember } from '../../pipeline/stream/control-member.ts';
import type { RolloutFiles } from '../../pipeline/stream/join-deps.ts';
import { JoinMember } from '../../pipeline/stream/join-member.ts';
import { JudgeMember } from '../../pipeline/stream/judge-member.ts';
import type { OwnTopic } from '../../pipeline/stream/messages.ts';
import type { DeadRecord, OutgoingRecord, SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import type { Telemetry } from '../../pipeline/stream/telemetry.ts';
import { changedPlanMeta } from '../stored-plan.ts';
import { encodeStoredPartial, notifierOf, routerOf, sha256 } from '../wire.ts';
import type { CrashPoints } from './crash-points.ts';
import { readPublished } from './read-published.ts';
import type { RunningRollout } from './running-rollouts.ts';
import { joinTargetOf, mergerOptionsOf, topicsOf } from './running-rollouts.ts';
import type { ServiceConfig } from './service-config.ts';
import { topicNames } from './topic-names.ts';

/** What every member of one process shares. */
export interface ServiceContext {
  readonly config: ServiceConfig;
  readonly client: KafkaClient;
  readonly registry: SchemaRegistrar;
  readonly encodeDead: (dead: DeadRecord) => Promise<OutgoingRecord>;
  readonly telemetry: Telemetry;
  readonly log: NotificationLog;
  readonly folderId: string;
  readonly memberId: string;
  readonly crashPoints: CrashPoints;
}

/** A member that was opened, and all that is to be given back with it. */
export interface OpenMember<M> {
  readonly member: M;
  close(): Promise<void>;
}

/** Bytes that a waiting record takes by and large, to turn a limit in bytes into one in records. */
const QUEUED_RECORD_BYTES = 256;
/** Room that a message needs for what is not its rows. */
const MESSAGE_OVERHEAD_BYTES = 16_384;
/** Each rollout has a database of its own, which commits some rows per window: many must fit beside each other. */
const STORE_LIMITS = { memoryLimit: '128MB', threadCount: 1 };
const ENDS_INTERVAL_MS = 200;
const QUIET_INTERVAL_MS = 2_000;

type Closing = { close(): Promise<void> };

/** Closes in the reverse order of opening; the first failure is told when all are closed. */
function closer(): { keep<T extends Closing>(part: T): T; close(): Promise<void> } {
  const parts: Closing[] = [];
  return {
    keep(part) {
      parts.unshift(part);
      return part;
    },
    async close() {
      const results = await Promise.allSettled(
        parts.splice(0).map(async (one) => await one.close()),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

function nameOf(config: ServiceConfig, topic: OwnTopic): string {
  return config.topics[topic].name;
}

/** A joiner over the topics of these rollouts. */
export async function openJoiner(
  context: ServiceContext,
  rollouts: readonly RunningRollout[],
): Promise<OpenMember<JoinMember>> {
  const { config, client, telemetry } = context;
  const clock = systemClock();
  const opened = closer();
  const { groupPrefix } = config;
  const table = (topic: OwnTopic) =>
    opened.keep(kafkaTable(client, { topic: nameOf(config, topic), clock, groupPrefix }));
  const topics = [...new Set(rollouts.flatMap((rollout) => topicsOf(rollout)))];
  const source = opened.keep(
    threadedSource(client, {
      group: `${groupPrefix}.join`,
      topics,
      queuedBytesMax: config.limits.queuedBytesMax,
    }),
  );
  const plans = new Map(rollouts.map(({ applied, plan }) => [applied.rolloutId, plan]));
  const member = new JoinMember(
    {
      source,
      writer: context.crashPoints.writer('join', opened.keep(kafkaWriter(client))),
      decoder: createBatchDecoder({
        topics: config.inputs,
        schemas: context.registry,
        schemaCountMax: config.limits.schemaCountMax,
        hashText: hashTextOf(config),
      }),
      codec: avroMessageCodec(context.registry, topicNames(config)),
      positions: table('positions'),
      profiles: table('profiles'),
      files: rolloutFiles(config.dataFolder, plans),
      encodeDead: context.encodeDead,
      clock,
      telemetry,
    },
    {
      topics: {
        partials: nameOf(config, 'partials'),
        positions: nameOf(config, 'positions'),
        deadLetters: nameOf(config, 'deadLetters'),
      },
      folderId: context.folderId,
      queuedRecordsMax: Math.ceil(config.limits.queuedBytesMax / QUEUED_RECORD_BYTES),
      openKeyCountMax: config.limits.openKeyCountMax,
      openBytesMax: config.limits.openBytesMax,
      messageBytesMax: config.limits.messageBytesMax - MESSAGE_OVERHEAD_BYTES,
      endsIntervalMs: ENDS_INTERVAL_MS,
      quietIntervalMs: QUIET_INTERVAL_MS,
    },
    rollouts.map(joinTargetOf),
  );
  return closing(member, async () => await member.settle(), opened);
}

/** A judge of these rollouts: those whose partials this process is given. */
export async function openJudge(
  context: ServiceContext,
  rollouts: readonly RunningRollout[],
): Promise<OpenMember<JudgeMember>> {
  const { config, client, telemetry, memberId } = context;
  const clock = systemClock();
  const opened = closer();
  const { groupPrefix } = config;
  const codecs = avroRecordCodecs(context.registry, topicNames(config));
  const partials = nameOf(config, 'partials');
  const plans = new Map(rollouts.map(({ applied, plan }) => [applied.rolloutId, plan]));
  const source = opened.keep(
    kafkaSource(client, { group: `${groupPrefix}.judge`, topics: [partials], clock }),
  );
  const profiles = nameOf(config, 'profiles');
  const member = new JudgeMember(
    {
      source,
      writer: context.crashPoints.writer('judge', opened.keep(kafkaWriter(client))),
      codec: avroMessageCodec(context.registry, topicNames(config)),
      profiles: opened.keep(kafkaTable(client, { topic: profiles, clock, groupPrefix })),
      openStore: async (rolloutId) =>
        context.crashPoints.store(
          await openStore(config.dataFolder, rolloutId, plans.get(rolloutId) ?? null),
        ),
      publishedBefore: async (rolloutId) =>
        await readPublished(
          { client, codec: codecs.verdict, topic: nameOf(config, 'verdicts'), groupPrefix },
          rolloutId,
        ),
      encodePartial: encodeStoredPartial,
      encodeVerdict: async (verdict, { epoch, effectiveFromMs }) =>
        await verdictRecord(codecs.verdict, verdict, {
          epoch,
          effectiveFromMs,
          source: `/coalmine/${groupPrefix}`,
        }),
      partitionOf: partitionOfKey,
      clock,
      telemetry,
    },
    {
      topics: {
        partials,
        profiles,
        verdicts: nameOf(config, 'verdicts'),
        claims: nameOf(config, 'positions'),
      },
      partitionCount: config.topics.partials.partitionCount,
      memberId,
      publishIntervalMs: 10_000,
    },
    rollouts.map((rollout) => mergerOptionsOf(rollout, { config, digest: sha256 })),
  );
  return closing(member, async () => await member.close(), opened);
}

/** A member that finishes what it does before its parts are given back. */
function closing<M>(member: M, finish: () => Promise<void>, opened: Closing): OpenMember<M> {
  return {
    member,
    close: async () => {
      try {
        await finish();
      } finally {
        await opened.close();
      }
    },
  };
}

async function openStore(
  dataFolder: string,
  rolloutId: string,
  plan: Plan | null,
): Promise<WindowStore> {
  const folder = join(dataFolder, 'rollouts', rolloutId);
  await makeFolder(folder);
  const store = await openDuckDbStore({ folder, ...STORE_LIMITS });
  try {
    // Each plan is kept: verdicts under an earlier one are derived by that one.
    if (plan !== null) await store.writeMeta(changedPlanMeta(plan, await store.readMeta()));
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A controller of these rollouts. */
export async function openControl(
  context: ServiceContext,
  rollouts: readonly RunningRollout[],
): Promise<OpenMember<ControlMember>> {
  const { config, client, telemetry, log } = context;
  const clock = systemClock();
  const opened = closer();
  const { groupPrefix } = config;
  const codecs = avroRecordCodecs(context.registry, topicNames(config));
  const verdicts = nameOf(config, 'verdicts');
  const progress = nameOf(config, 'positions');
  const targets = rollouts.map(({ applied, plan }): ControlTarget => {
    const folder = join(config.dataFolder, 'rollouts', applied.rolloutId);
    return {
      rolloutId: applied.rolloutId,
      plan,
      router: routerOf(plan.routing, folder),
      notifier: notifierOf(plan.notifications, log),
    };
  });
  for (const { rolloutId } of targets)
    await makeFolder(join(config.dataFolder, 'rollouts', rolloutId));
  const member = new ControlMember(
    {
      source: opened.keep(
        kafkaSource(client, { group: `${groupPrefix}.control`, topics: [verdicts], clock }),
      ),
      writer: context.crashPoints.writer('control', opened.keep(kafkaWriter(client))),
      readVerdict: async ({ headers, value }) => {
        const read = await readVerdictEvent(headers, value, codecs.verdict);
        if (read.kind === 'verdict') return read.event;
        if (read.kind === 'unreadable')
          log.error({ topic: verdicts }, `a verdict cannot be read: ${read.detail}`);
        return null;
      },
      encodeRouting: async (table) => ({
        key: table.rolloutId,
        value: await codecs.routing.encode(table),
      }),
      encodeEvent: async (event) => ({
        key: event.rolloutId,
        value: await codecs.rolloutEvent.encode(event),
      }),
      progress: opened.keep(kafkaTable(client, { topic: progress, clock, groupPrefix })),
      clock,
      telemetry,
    },
    {
      verdicts,
      routing: nameOf(config, 'routing'),
      rolloutEvents: nameOf(config, 'rolloutEvents'),
      progress,
    },
    targets,
  );
  return { member, close: async () => await opened.close() };
}

async function verdictRecord(
  codec: WireCodec<Verdict>,
  verdict: Verdict,
  context: Parameters<typeof verdictHeaders>[1],
): Promise<OutgoingRecord> {
  return {
    key: verdict.rolloutId,
    value: await codec.encode(verdict),
    headers: verdictHeaders(verdict, context),
  };
}

function hashTextOf({ privacyKey }: ServiceConfig): ((text: string) => string) | null {
  if (privacyKey === null) return null;
  return (text) => createHmac('sha256', privacyKey.reveal()).update(text).digest('base64url');
}

/** Each rollout's files, opened when it has something to write. */
function rolloutFiles(
  dataFolder: string,
  plans: ReadonlyMap<string, Plan>,
): (rolloutId: string) => Promise<RolloutFiles> {
  const opened = new Map<string, Promise<RolloutFiles>>();
  const open = async (rolloutId: string): Promise<RolloutFiles> => {
    const folder = join(dataFolder, 'join', rolloutId);
    await makeFolder(folder);
    const plan = plans.get(rolloutId);
    const lengthMs = plan?.window.lengthMs ?? 60_000;
    const pairs = await openPairSink({ folder, rolloutId, windowLengthMs: lengthMs });
    return {
      segments: await openOutcomeSegments(join(folder, 'segments')),
      pairs: plan === undefined ? pairs : expiring(pairs, plan.keepPairs.retentionMs),
    };
  };
  return async (rolloutId) => {
    const known = opened.get(rolloutId) ?? open(rolloutId);
    opened.set(rolloutId, known);
    return await known;
  };
}

/** Pairs past their retention go when newer ones come. */
function expiring(pairs: PairSink, retentionMs: number): PairSink {
  return {
    ...pairs,
    async write(file, kept) {
      await pairs.write(file, kept);
      const newestMs = Math.max(...kept.map(({ windowStartMs }) => windowStartMs));
      if (Number.isFinite(newestMs)) await pairs.expire(newestMs - retentionMs);
    },
  };
}
