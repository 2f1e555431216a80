import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { parsePlan } from '../../../src/app/plan/parse.ts';
import type { Plan } from '../../../src/core/events/plan.ts';
import { OWN_TOPICS, type OwnTopic } from '../../../src/pipeline/stream/messages.ts';
import type { TestBroker } from '../broker/test-broker.ts';
import { bystander, createTopics, topicName } from '../kafka-topics.ts';

export interface InputTopics {
  readonly current: string;
  readonly canary: string;
  readonly outcomes: string;
}

/** What a test says of its service; the rest is ordinary. */
export interface PlaceOptions {
  readonly partitionCount?: number;
  /** Keys of `spec.window`, over those of {@link WINDOW}. */
  readonly window?: Readonly<Record<string, string>>;
  /** Further lines of the plan's `spec`. */
  readonly spec?: readonly string[];
  /** Another service's inputs, to read the same log. */
  readonly inputs?: InputTopics;
  readonly sessionTimeoutMs?: number;
  /** Further lines of the config. */
  readonly config?: readonly string[];
}

/** A service on the test broker: topics and groups that no other test has, a config and a plan. */
export interface ServicePlace {
  readonly broker: TestBroker;
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly partitionCount: number;
  readonly inputs: InputTopics;
  readonly own: Readonly<Record<OwnTopic, string>>;
  readonly plan: Plan;
  readonly rolloutId: string;
  readonly folder: string;
  /** The config of a process with a data folder of this name. */
  readonly configOf: (dataFolder: string) => Promise<string>;
}

/** Nothing is from the future: the traffic's event times are. So no clock makes any of it late. */
const WINDOW: Readonly<Record<string, string>> = {
  length: '1s',
  grace: '1s',
  skewMax: '1s',
  outOfOrderness: '500ms',
  futureMax: '1d',
  idleTimeout: '20s',
  late: 'drop',
};

export async function servicePlace(
  broker: TestBroker,
  options: PlaceOptions = {},
): Promise<ServicePlace> {
  const { partitionCount = 4 } = options;
  const kafka = bystander(broker);
  const prefix = topicName('service');
  const inputs = options.inputs ?? {
    current: `${prefix}.current`,
    canary: `${prefix}.canary`,
    outcomes: `${prefix}.outcomes`,
  };
  if (options.inputs === undefined) {
    const topics = Object.values(inputs).map((topic) => [topic, partitionCount] as const);
    await createTopics(kafka, Object.fromEntries(topics));
  }
  const folder = await mkdtemp(join(tmpdir(), 'coalmine-service-'));
  const planFile = join(folder, 'plan.yaml');
  const text = planText(options);
  await writeFile(planFile, text);
  const parsed = parsePlan(text, planFile);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  const own = ownTopics(prefix);
  const configOf = async (dataFolder: string): Promise<string> => {
    await mkdir(join(folder, dataFolder), { recursive: true });
    const file = join(folder, `${dataFolder}.yaml`);
    const given = { broker, prefix, inputs, own, dataFolder, options };
    await writeFile(file, configText(given));
    return file;
  };
  const { plan } = parsed;
  const rolloutId = `${plan.name}.1`;
  return { broker, kafka, prefix, partitionCount, inputs, own, plan, rolloutId, folder, configOf };
}

/** The folder in which the rollout's database is. */
export function storeFolder({ folder, rolloutId }: ServicePlace, dataFolder: string): string {
  return join(folder, dataFolder, 'rollouts', rolloutId);
}

function ownTopics(prefix: string): Readonly<Record<OwnTopic, string>> {
  const name = (topic: OwnTopic): string => OWN_TOPICS[topic].replace('coalmine', prefix);
  return {
    partials: name('partials'),
    positions: name('positions'),
    profiles: name('profiles'),
    verdicts: name('verdicts'),
    routing: name('routing'),
    rollouts: name('rollouts'),
    rolloutEvents: name('rolloutEvents'),
    deadLetters: name('deadLetters'),
  };
}

function planText({ window, spec = [] }: PlaceOptions): string {
  const settings = Object.entries({ ...WINDOW, ...window }).map(
    ([key, value]) => `${key}: ${value}`,
  );
  return [
    'apiVersion: coalmine.dev/v1',
    'kind: Rollout',
    'metadata: { name: fraud-v7 }',
    'spec:',
    '  model: fraud',
    '  current: v6',
    '  canary: v7',
    '  decision: { of: score, threshold: 0.5 }',
    `  window: { ${settings.join(', ')} }`,
    '  reference: { minSamples: 300, minSpan: 2s }',
    '  steps:',
    '    - shadow: { duration: 1d, minPairs: 2000 }',
    '    - { setWeight: 100, bake: 1h }',
    ...spec.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function configText(given: {
  readonly broker: TestBroker;
  readonly prefix: string;
  readonly inputs: InputTopics;
  readonly own: Readonly<Record<OwnTopic, string>>;
  readonly dataFolder: string;
  readonly options: PlaceOptions;
}): string {
  const { broker, prefix, inputs, own, dataFolder, options } = given;
  const { sessionTimeoutMs = 3_000, config = [] } = options;
  const hasOutcomes = (options.spec ?? []).some((line) => line.includes('type: outcome'));
  const topics = Object.entries(own).map(([topic, name]) => `  ${topic}: { name: ${name} }`);
  return [
    'kafka:',
    `  brokers: ['${broker.brokers.join("', '")}']`,
    `  sessionTimeout: ${sessionTimeoutMs}ms`,
    `  heartbeatInterval: ${Math.floor(sessionTimeoutMs / 6)}ms`,
    '  rebalanceTimeout: 10s',
    '  requestTimeout: 5s',
    '  connectionTimeout: 2s',
    `registry: { url: '${broker.registryUrl}' }`,
    `groupPrefix: ${prefix}`,
    'topics:',
    ...topics,
    'inputs:',
    ...Object.values(inputs).map((topic) => `  - topic: ${topic}`),
    `dataFolder: ${dataFolder}`,
    'http: false',
    'routerLead: 1s',
    'rollouts:',
    '  - plan: plan.yaml',
    `    current: ${inputs.current}`,
    `    canary: ${inputs.canary}`,
    ...(hasOutcomes ? [`    outcomes: ${inputs.outcomes}`] : []),
    '    startAt: earliest',
    ...config,
    '',
  ].join('\n');
}
