import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { deadLetterCodec } from '../../adapters/avro/dead-letter.ts';
import { avroRecordCodecs, type RecordCodecs } from '../../adapters/avro/record-codecs.ts';
import { makeFolder } from '../../adapters/files/spool/make-folder.ts';
import { kafkaClient } from '../../adapters/kafka/connect.ts';
import type { Secret } from '../../adapters/kafka/settings.ts';
import { kafkaTable } from '../../adapters/kafka/table.ts';
import { clusterIdOf, kafkaTopicAdmin } from '../../adapters/kafka/topics.ts';
import { confluentRegistry } from '../../adapters/registry/confluent-registry.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { openLogger } from '../../adapters/telemetry/logger.ts';
import type { PrometheusTelemetry } from '../../adapters/telemetry/prometheus.ts';
import { prometheusTelemetry } from '../../adapters/telemetry/prometheus.ts';
import type { TopicTable } from '../../pipeline/stream/ports.ts';
import { listen } from '../../server/listen.ts';
import { serviceApp } from '../../server/service-app.ts';
import { readPlanned } from './applied-topic.ts';
import { applyConfigured, type ConfiguredPlan, readConfigured } from './apply-configured.ts';
import { type CountedRegistry, countedRegistry } from './counted-registry.ts';
import { crashPoints } from './crash-points.ts';
import { bindFolder, folderIdOf } from './folder-id.ts';
import { MemberLoop } from './member-loop.ts';
import { observeJoiner, rolloutRows } from './observe.ts';
import type { AppliedParts } from './open-applied.ts';
import { openApplied } from './open-applied.ts';
import { patiently } from './patiently.ts';
import type { RunningRollout } from './running-rollouts.ts';
import type { ServiceConfig } from './service-config.ts';
import { topicNames } from './topic-names.ts';
import { topicNeeds } from './topic-needs.ts';
import { ensureTopics } from './topics.ts';
import type { ServiceContext } from './wire-service.ts';
import { openControl, openJoiner, openJudge } from './wire-service.ts';

/** The parts of the line that a process takes on. */
export type Role = 'join' | 'judge' | 'control';

export interface RunOptions {
  readonly config: ServiceConfig;
  readonly roles: readonly Role[];
  readonly version: string;
  /** One of pino's; undefined: `info`. */
  readonly logLevel: string | undefined;
  readonly signal: AbortSignal;
  /** Told once, when the members of the first rollouts are at work. */
  readonly onStarted: (start: ServiceStart) => void;
}

export interface ServiceStart {
  readonly url: string | null;
  readonly rolloutIds: readonly string[];
}

/** How often the applied rollouts are looked at. */
const LOOK_INTERVAL_MS = 1_000;
const STUCK_AFTER_MS = 120_000;

/**
 * Runs the line as a service until the signal ends it: joins, judges and steers every applied
 * rollout, whichever of that this process takes on. Rollouts come and go while it runs.
 *
 * @throws CoalmineError for what cannot be mended by trying again
 */
export async function runService(options: RunOptions): Promise<void> {
  const { config, signal } = options;
  const log = openLogger({ level: options.logLevel, secrets: secretsOf(config) });
  await makeFolder(config.dataFolder);
  const client = await kafkaClient(config.kafka, {
    log: ({ level, message, fields }) => log[level](fields, message),
  });
  await bindFolder(config.dataFolder, await clusterIdOf(client));
  const configured = await readConfigured(config);
  const planned = configured.map((one) => ({ ...one, name: one.plan.name }));
  const created = await ensureTopics(kafkaTopicAdmin(client), topicNeeds(config, planned));
  if (created.length > 0) log.info({ topics: created }, 'made topics');
  const telemetry = prometheusTelemetry({ version: options.version });
  const registry = countedRegistry(confluentRegistry(config.registry), telemetry);
  const clock = systemClock();
  const deadLetters = deadLetterCodec(registry, {
    topic: config.topics.deadLetters.name,
    messageBytesMax: config.limits.messageBytesMax,
  });
  const context: ServiceContext = {
    config,
    client,
    registry,
    encodeDead: async (dead) => await deadLetters.encode(dead, clock.nowMs()),
    telemetry,
    log,
    folderId: await folderIdOf(config.dataFolder),
    memberId: randomUUID(),
    crashPoints: crashPoints(process.env['COALMINE_CRASH_AT'], config),
  };
  if (configured.length > 0) await apply({ config, client, registry }, configured, { log, signal });
  const { rollouts: topic } = topicNames(config);
  const rollouts = kafkaTable(client, { topic, clock, groupPrefix: config.groupPrefix });
  try {
    const codecs = avroRecordCodecs(registry, topicNames(config));
    await new Service(options, { context, rollouts, codecs, registry, telemetry, log }).run();
  } finally {
    await rollouts.close();
  }
  log.info({ aborted: signal.aborted }, 'stopped');
}

/** What is needed to apply is given back at once: afterwards only the rollouts themselves are followed. */
async function apply(
  parts: AppliedParts,
  configured: readonly ConfiguredPlan[],
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { rolloutCountMax } = parts.config.limits;
  const warn = (message: string, error: unknown): void => log.warn({ err: error }, message);
  const applied = await openApplied(parts);
  try {
    const applications = await patiently(
      async () => await applyConfigured(applied, configured, rolloutCountMax),
      { clock: systemClock(), signal, warn },
    );
    for (const { kind, applied: one } of applications)
      log.info({ rollout: one.rolloutId, change: kind }, 'applied');
  } finally {
    await applied.close();
  }
}

/** Members that work for one set of rollouts. */
interface Crew {
  readonly key: string;
  readonly rollouts: readonly RunningRollout[];
  readonly stop: () => Promise<void>;
  /** Rejects when one of them cannot go on. */
  readonly failed: Promise<never>;
}

class Service {
  private readonly options: RunOptions;
  private readonly parts: {
    readonly context: ServiceContext;
    readonly rollouts: TopicTable;
    readonly codecs: RecordCodecs;
    readonly registry: CountedRegistry;
    readonly telemetry: PrometheusTelemetry;
    readonly log: Logger;
  };
  private seen: { readonly version: number; readonly rollouts: readonly RunningRollout[] } | null =
    null;
  private readonly clock = systemClock();
  private readonly startedAtMs = this.clock.nowMs();
  private loops: {
    readonly join: MemberLoop<Awaited<ReturnType<typeof openJoiner>>['member']> | null;
    readonly judge: MemberLoop<Awaited<ReturnType<typeof openJudge>>['member']> | null;
    readonly control: MemberLoop<Awaited<ReturnType<typeof openControl>>['member']> | null;
  } = { join: null, judge: null, control: null };

  constructor(options: RunOptions, parts: Service['parts']) {
    this.options = options;
    this.parts = parts;
  }

  async run(): Promise<void> {
    const { config, signal, onStarted } = this.options;
    const http = config.http === null ? null : await listen(this.app(), config.http);
    let crew: Crew | null = null;
    try {
      while (!signal.aborted) {
        const rollouts = await this.rollouts();
        const key = keyOf(rollouts);
        if (crew?.key !== key) {
          await this.withdraw(crew?.rollouts ?? [], rollouts);
          await crew?.stop();
          const isFirst: boolean = crew === null;
          crew = this.muster(key, rollouts);
          const rolloutIds = rollouts.map(({ applied }) => applied.rolloutId);
          this.parts.log.info({ rollouts: rolloutIds }, 'rollouts at work');
          if (isFirst) onStarted({ url: http?.url ?? null, rolloutIds });
        }
        await Promise.race([this.pause(), crew.failed]);
      }
    } finally {
      await crew?.stop();
      await http?.close();
    }
  }

  private async rollouts(): Promise<readonly RunningRollout[]> {
    const { rollouts: table } = this.parts;
    await table.refresh();
    if (table.version === this.seen?.version) return this.seen.rollouts;
    const { rollouts, unreadable } = await readPlanned(this.parts);
    this.seen = { version: table.version, rollouts };
    for (const { rolloutId, problem } of unreadable)
      this.parts.log.warn({ rolloutId }, `a rollout is left out: ${problem}`);
    return rollouts;
  }

  /** Rollouts that were deleted: their users go back to the current version. */
  private async withdraw(
    before: readonly RunningRollout[],
    after: readonly RunningRollout[],
  ): Promise<void> {
    const member = this.loops.control?.member;
    for (const { applied } of before) {
      const isGone = after.every((one) => one.applied.rolloutId !== applied.rolloutId);
      if (isGone) await member?.withdraw(applied.rolloutId);
    }
  }

  private async pause(): Promise<void> {
    const { signal } = this.options;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      setTimeout(done, LOOK_INTERVAL_MS);
    });
  }

  private muster(key: string, rollouts: readonly RunningRollout[]): Crew {
    const { context, telemetry, log } = this.parts;
    const { roles } = this.options;
    const ending = new AbortController();
    const common = {
      clock: this.clock,
      signal: ending.signal,
      warn: (message: string, error: unknown) => log.warn({ err: error }, message),
    };
    const has = (role: Role): boolean => roles.includes(role) && rollouts.length > 0;
    this.loops = {
      join: has('join')
        ? new MemberLoop({
            ...common,
            name: 'join',
            open: async () => await openJoiner(context, rollouts),
            observe: (member) => observeJoiner(member, telemetry, this.clock.nowMs()),
          })
        : null,
      judge: has('judge')
        ? new MemberLoop({
            ...common,
            name: 'judge',
            open: async () => await openJudge(context, rollouts),
            observe: () => {},
          })
        : null,
      control: has('control')
        ? new MemberLoop({
            ...common,
            name: 'control',
            open: async () => await openControl(context, rollouts),
            observe: () => {},
          })
        : null,
    };
    const { join, judge, control } = this.loops;
    const running = [join, judge, control].flatMap((loop) => (loop === null ? [] : [loop.run()]));
    const failed = new Promise<never>((_resolve, reject) => {
      for (const one of running) one.catch(reject);
    });
    failed.catch(() => {});
    telemetry.set('rollouts_running', {}, rollouts.length);
    return {
      key,
      rollouts,
      failed,
      stop: async () => {
        ending.abort();
        await Promise.allSettled(running);
      },
    };
  }

  private app() {
    const { telemetry } = this.parts;
    return serviceApp({
      facts: () => {
        const loops = [this.loops.join, this.loops.judge, this.loops.control].filter(
          (loop) => loop !== null,
        );
        return {
          nowMs: this.clock.nowMs(),
          startedAtMs: this.startedAtMs,
          stuckAfterMs: STUCK_AFTER_MS,
          loops: loops.map(({ facts }) => facts),
          groups: loops.map(({ facts, member }) => ({
            name: facts.name,
            isAssigned: member?.isAssigned ?? false,
          })),
          tables: [{ name: 'rollouts', isRead: this.seen !== null }],
          isRegistryAnswering: this.parts.registry.isAnswering,
          isStopping: this.options.signal.aborted,
        };
      },
      rollouts: () =>
        rolloutRows(this.loops.judge?.member ?? null, this.loops.control?.member ?? null),
      metrics: telemetry,
    });
  }
}

function keyOf(rollouts: readonly RunningRollout[]): string {
  return JSON.stringify(rollouts.map(({ applied }) => applied));
}

/** Texts that no line of the log may hold. */
function secretsOf({ kafka, registry, privacyKey }: ServiceConfig): readonly string[] {
  const { tls, sasl } = kafka;
  const secrets: readonly (Secret | null | undefined)[] = [
    tls?.key,
    sasl === null ? null : sasl.mechanism === 'oauthbearer' ? sasl.clientSecret : sasl.password,
    registry.auth?.kind === 'basic' ? registry.auth.password : registry.auth?.token,
    privacyKey,
  ];
  return secrets.flatMap((secret) => secret?.reveal() ?? []);
}
