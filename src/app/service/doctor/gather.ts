import type { ProbeAnswer } from '../../../adapters/kafka/probe.ts';
import type { RegistryProbe } from '../../../adapters/registry/registry-probe.ts';
import { CoalmineError } from '../../../core/foundation/error.ts';
import type { TopicAdmin, TopicDescription } from '../../../pipeline/stream/admin-port.ts';
import type { BatchDecoder, Clock, PartitionSource } from '../../../pipeline/stream/ports.ts';
import { latestRecords } from '../read-to-end.ts';
import type { ServiceConfig } from '../service-config.ts';
import { type PlannedTopics, topicNeeds } from '../topic-needs.ts';
import type {
  Asked,
  BrokerFact,
  DoctorFacts,
  FolderFact,
  RegistryFact,
  RolloutFact,
  SampleFact,
} from './facts.ts';
import { sampleFact } from './sample.ts';

/** All that the doctor looks at. */
export interface DoctorWorld {
  readonly nodeVersion: string;
  readonly nodeVersionMin: string;
  readonly clock: Clock;
  readonly folder: (path: string) => Promise<FolderFact>;
  readonly probe: (address: string) => Promise<ProbeAnswer>;
  readonly admin: TopicAdmin;
  /** Rollouts of the config. */
  readonly configured: () => Promise<readonly RolloutFact[]>;
  /** Those that are applied besides. */
  readonly applied: (configured: readonly RolloutFact[]) => Promise<readonly RolloutFact[]>;
  /** Reads topics as the only member of a group of its own. */
  readonly openSource: (topics: readonly string[]) => PartitionSource;
  readonly decoder: BatchDecoder;
  readonly registry: RegistryProbe;
}

const LATEST_COUNT = 50;
const ASSIGNED_MS_MAX = 20_000;
const QUIET_MS_MAX = 3_000;

/** Looks at everything; what cannot be looked at is a fact too. */
export async function gatherFacts(config: ServiceConfig, world: DoctorWorld): Promise<DoctorFacts> {
  const configured = await Promise.all(
    config.kafka.brokers.map((address) => probed(world, address, 'config')),
  );
  const isAnyThere = configured.some(({ answer }) => answer.kind === 'answers');
  const cluster = isAnyThere
    ? await asked(() => world.admin.brokerInfo())
    : { ok: false as const, why: 'no broker answers' };
  const advertised = cluster.ok ? cluster.value.map(({ host, port }) => `${host}:${port}`) : [];
  const others = advertised.filter((address) => !config.kafka.brokers.includes(address));
  const listed = await world.configured();
  const rollouts = cluster.ok ? [...listed, ...(await world.applied(listed))] : listed;
  const planned = rollouts.flatMap((fact) => (fact.ok ? [fact.rollout] : []));
  const topics = cluster.ok ? await describeAll(config, world, planned) : null;
  const registry = await asked(() => registryFact(config, world, planned));
  const nowMs = world.clock.nowMs();
  const samples = topics?.ok === true ? await sampleAll(topics.value, world, planned) : null;
  return {
    config,
    nodeVersion: world.nodeVersion,
    nodeVersionMin: world.nodeVersionMin,
    nowMs,
    brokers: [
      ...configured,
      ...(await Promise.all(others.map((address) => probed(world, address, 'cluster')))),
    ],
    cluster,
    rollouts,
    topics,
    samples,
    registry,
    folder: await world.folder(config.dataFolder),
  };
}

async function asked<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    if (!(error instanceof CoalmineError)) throw error;
    const { message: why, hints } = error;
    return { ok: false, why, ...(hints.length === 0 ? {} : { hints }) };
  }
}

async function probed(
  world: DoctorWorld,
  address: string,
  namedBy: BrokerFact['namedBy'],
): Promise<BrokerFact> {
  return { address, namedBy, answer: await world.probe(address) };
}

async function describeAll(
  config: ServiceConfig,
  world: DoctorWorld,
  rollouts: readonly PlannedTopics[],
): Promise<Asked<ReadonlyMap<string, TopicDescription>>> {
  const needs = topicNeeds(config, rollouts);
  const names = [...needs.own.map(({ name }) => name), ...topicsRead(needs.rollouts)];
  return await asked(() => world.admin.describe(names));
}

function topicsRead(
  rollouts: readonly { readonly topics: readonly string[] }[],
): readonly string[] {
  return [...new Set(rollouts.flatMap(({ topics }) => topics))];
}

/** The rule of a subject is tried where there is one; a new subject has that of the registry. */
async function registryFact(
  config: ServiceConfig,
  { registry }: DoctorWorld,
  rollouts: readonly PlannedTopics[],
): Promise<RegistryFact> {
  const greeting = await registry.greet();
  const inAvro = topicsRead(topicNeeds(config, rollouts).rollouts).filter((topic) =>
    config.inputs.some((input) => input.topic === topic && input.format === 'avro'),
  );
  const known = inAvro
    .map((topic) => `${topic}-value`)
    .filter((subject) => greeting.subjects.includes(subject));
  const subjects: RegistryFact['subjects'][number][] = [];
  for (const subject of known)
    subjects.push({ subject, breaking: await registry.tryBreaking(subject) });
  return { greeting, subjects, anew: await registry.tryBreakingAnew() };
}

async function sampleAll(
  found: ReadonlyMap<string, TopicDescription>,
  world: DoctorWorld,
  rollouts: readonly PlannedTopics[],
): Promise<Asked<readonly SampleFact[]>> {
  const read = rollouts.flatMap(({ topics }) => Object.values(topics));
  const topics = [...new Set(read)].flatMap((name) => found.get(name ?? '') ?? []);
  if (topics.length === 0) return { ok: true, value: [] };
  return await asked(async () => {
    const batches = await latest(
      topics.map(({ name }) => name),
      world,
    );
    const facts: SampleFact[] = [];
    for (const topic of topics) {
      const own = batches.filter((batch) => batch.topic === topic.name);
      facts.push(await sampleFact(topic, own, { decoder: world.decoder, rollouts }));
    }
    return facts;
  });
}

async function latest(topics: readonly string[], { openSource, clock }: DoctorWorld) {
  const source = openSource(topics);
  try {
    return await latestRecords(source, {
      clock,
      latestCount: LATEST_COUNT,
      assignedMsMax: ASSIGNED_MS_MAX,
      quietMsMax: QUIET_MS_MAX,
    });
  } finally {
    await source.close();
  }
}
