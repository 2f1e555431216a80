import { CoalmineError } from '../../core/foundation/error.ts';
import type { NewTopic, TopicAdmin, TopicDescription } from '../../pipeline/stream/admin-port.ts';
import { durationText, retentionText } from './duration-text.ts';
import type { OwnTopicNeed, RolloutNeed, TopicNeeds } from './topic-needs.ts';

/** Something about a topic that stands in the way, or may. */
export interface TopicProblem {
  readonly topic: string;
  /** `missing`: a topic of ours that is made when the service starts. */
  readonly kind: 'error' | 'warning' | 'missing';
  readonly message: string;
  /** The command, or the change of the config, that mends it. */
  readonly mend: string;
}

/** Of inputs that nobody made yet: more can share the work later, and fewer cost less. */
const PARTITIONS = 8;

type Found = ReadonlyMap<string, TopicDescription>;

/**
 * What keeps the service from working with the topics as they are: an empty list when nothing does.
 *
 * @param found by name; what does not exist is left out
 */
export function checkTopics(needs: TopicNeeds, found: Found): readonly TopicProblem[] {
  const commands = commandsFor(needs.bootstrap);
  return [
    ...needs.own.flatMap((need) => checkOwn(need, found.get(need.name), commands)),
    ...needs.rollouts.flatMap((need) => checkRollout(need, found, commands)),
    ...checkInputs(needs, found, commands),
  ];
}

function checkOwn(
  need: OwnTopicNeed,
  topic: TopicDescription | undefined,
  commands: Commands,
): readonly TopicProblem[] {
  const { name } = need;
  if (topic === undefined) {
    const message = 'does not exist yet: it is made when the service starts';
    return [{ topic: name, kind: 'missing', message, mend: commands.create(newTopicOf(need)) }];
  }
  return [
    ...checkCleanup(need, topic, commands),
    ...checkOwnSize(need, topic, commands),
    ...checkOwnMessages(need, topic, commands),
  ];
}

function checkCleanup(
  { name, cleanup, key, retentionMs }: OwnTopicNeed,
  topic: TopicDescription,
  commands: Commands,
): readonly TopicProblem[] {
  const problems: TopicProblem[] = [];
  if (topic.cleanupPolicy !== cleanup) {
    const why =
      cleanup === 'compact'
        ? 'the latest record of each key is the state, and would be deleted'
        : 'every record counts, and all but the last of a key would be deleted';
    problems.push({
      topic: name,
      kind: 'error',
      message: `has cleanup.policy=${topic.cleanupPolicy}, and must have ${cleanup}: ${why}`,
      mend: commands.alter(name, `cleanup.policy=${cleanup}`),
    });
  }
  if (cleanup === 'delete' && isShorter(topic.retentionMs, retentionMs)) {
    problems.push({
      topic: name,
      kind: 'warning',
      message: `keeps records ${retentionText(topic.retentionMs)}; topics.${key}.retention wants them ${retentionText(retentionMs)}`,
      mend: commands.alter(name, `retention.ms=${retentionMs}`),
    });
  }
  return problems;
}

function checkOwnSize(
  { name, key, partitionCount, replicationFactor }: OwnTopicNeed,
  topic: TopicDescription,
  commands: Commands,
): readonly TopicProblem[] {
  const problems: TopicProblem[] = [];
  if (topic.partitionCount !== partitionCount) {
    problems.push({
      topic: name,
      kind: 'warning',
      message: `has ${topic.partitionCount} partitions; topics.${key}.partitions is ${partitionCount}, which is of use only when the topic is made`,
      mend: `write topics.${key}.partitions: ${topic.partitionCount}`,
    });
  }
  if (topic.replicationFactor < replicationFactor) {
    problems.push({
      topic: name,
      kind: 'warning',
      message: `has ${topic.replicationFactor} replicas of a partition; topics.${key}.replicationFactor is ${replicationFactor}`,
      mend: `move it to more brokers: ${commands.reassign}`,
    });
  }
  return problems;
}

function checkOwnMessages(
  { name, messageBytesMax }: OwnTopicNeed,
  topic: TopicDescription,
  commands: Commands,
): readonly TopicProblem[] {
  if (topic.messageBytesMax >= messageBytesMax) return [];
  return [
    {
      topic: name,
      kind: 'error',
      message: `takes messages of at most ${topic.messageBytesMax} bytes; limits.messageBytesMax is ${messageBytesMax}`,
      mend: `${commands.alter(name, `max.message.bytes=${messageBytesMax}`)}, or write limits.messageBytesMax: ${topic.messageBytesMax}`,
    },
  ];
}

/** Topics of one rollout: they exist, with as many partitions, and keep what may be read again. */
function checkRollout(
  need: RolloutNeed,
  found: Found,
  commands: Commands,
): readonly TopicProblem[] {
  const problems: TopicProblem[] = [];
  const known = need.topics.flatMap((name) => found.get(name) ?? []);
  const count =
    known.length === 0 ? PARTITIONS : Math.max(...known.map((topic) => topic.partitionCount));
  for (const name of need.topics) {
    const topic = found.get(name);
    if (topic === undefined) problems.push(missingInput(need, name, { count, commands }));
    else problems.push(...checkRetention(need, topic, commands));
  }
  const fewer = known.filter(({ partitionCount }) => partitionCount < count);
  const most = known.find(({ partitionCount }) => partitionCount === count)?.name ?? '';
  for (const topic of fewer) {
    problems.push({
      topic: topic.name,
      kind: 'error',
      message: `has ${topic.partitionCount} partitions, and ${most} of the same rollout (${need.name}) has ${count}: both halves of a request must lie on the same partition number`,
      mend: `${commands.grow(topic.name, count)}; keys move with that, so start a new rollout afterwards`,
    });
  }
  return problems;
}

function missingInput(
  need: RolloutNeed,
  name: string,
  { count, commands }: { readonly count: number; readonly commands: Commands },
): TopicProblem {
  return {
    topic: name,
    kind: 'error',
    message: `does not exist: ${need.name} reads it, and whoever writes it has to make it`,
    mend: commands.create({
      name,
      partitionCount: count,
      replicationFactor: 1,
      configs: { 'message.timestamp.type': 'LogAppendTime' },
    }),
  };
}

function checkRetention(
  { name, readAgainMs, readAgainBecause }: RolloutNeed,
  topic: TopicDescription,
  commands: Commands,
): readonly TopicProblem[] {
  const isDeleting = topic.cleanupPolicy.includes('delete');
  if (!isDeleting || topic.retentionMs === -1 || topic.retentionMs > readAgainMs) return [];
  return [
    {
      topic: topic.name,
      kind: 'error',
      message: `keeps records ${retentionText(topic.retentionMs)}; ${name} may have to read ${durationText(readAgainMs)} again (${readAgainBecause})`,
      mend: commands.alter(topic.name, `retention.ms=${2 * readAgainMs}`),
    },
  ];
}

/** What holds for an input whichever rollouts read it. */
function checkInputs(
  { own, rollouts }: TopicNeeds,
  found: Found,
  commands: Commands,
): readonly TopicProblem[] {
  const messageBytesMax = own[0]?.messageBytesMax ?? Infinity;
  const names = new Set(rollouts.flatMap(({ topics }) => topics));
  return [...names].flatMap((name) => {
    const topic = found.get(name);
    return topic === undefined ? [] : checkInput(topic, messageBytesMax, commands);
  });
}

function checkInput(
  { name, ...topic }: TopicDescription,
  messageBytesMax: number,
  commands: Commands,
): readonly TopicProblem[] {
  const problems: TopicProblem[] = [];
  const warn = (message: string, mend: string) => {
    problems.push({ topic: name, kind: 'warning', message, mend });
  };
  if (topic.cleanupPolicy.includes('compact')) {
    warn(
      'is compacted: of the records of one request only the last is kept, and a request with several rows or outcomes loses the others',
      commands.alter(name, 'cleanup.policy=delete'),
    );
  }
  if (topic.timestampType === 'CreateTime') {
    warn(
      'has the times of its producers (CreateTime): a wrong clock there makes records late, future, or deleted too soon',
      commands.alter(name, 'message.timestamp.type=LogAppendTime'),
    );
  }
  if (topic.messageBytesMax > messageBytesMax) {
    warn(
      `takes messages of up to ${topic.messageBytesMax} bytes; those above limits.messageBytesMax (${messageBytesMax}) become dead letters`,
      `write limits.messageBytesMax: ${topic.messageBytesMax}`,
    );
  }
  return problems;
}

/**
 * Makes the topics of the service that are missing, and makes sure that all topics are as they have to be.
 *
 * @returns the names of those that it made
 * @throws CoalmineError `topic_invalid` with a line per problem and how to mend it
 */
export async function ensureTopics(
  admin: TopicAdmin,
  needs: TopicNeeds,
): Promise<readonly string[]> {
  const names = [
    ...needs.own.map(({ name }) => name),
    ...needs.rollouts.flatMap((one) => one.topics),
  ];
  const found = await admin.describe(names);
  const missing = needs.own.filter(({ name }) => !found.has(name));
  const errors = checkTopics(needs, found).filter(({ kind }) => kind === 'error');
  if (errors.length > 0) throw invalid(errors);
  if (missing.length === 0) return [];
  const brokers = await admin.brokerInfo();
  const tooMany = missing.filter(({ replicationFactor }) => replicationFactor > brokers.length);
  if (tooMany.length > 0) throw tooFewBrokers(tooMany, brokers.length);
  return await admin.create(missing.map(newTopicOf));
}

function invalid(errors: readonly TopicProblem[]): CoalmineError {
  const [first] = errors;
  const message =
    errors.length === 1 && first !== undefined
      ? `the topic ${first.topic} ${first.message}`
      : `the topics have ${errors.length} problems`;
  const hints =
    errors.length === 1
      ? errors.map(({ mend }) => mend)
      : errors.flatMap(({ topic, message: what, mend }) => [`${topic} ${what}`, `  ${mend}`]);
  return new CoalmineError('topic_invalid', message, { hints });
}

function tooFewBrokers(topics: readonly OwnTopicNeed[], count: number): CoalmineError {
  const names = topics.map(({ name, replicationFactor }) => `${name} (${replicationFactor})`);
  return new CoalmineError(
    'topic_invalid',
    `there are not as many brokers (${count}) as topics are to have replicas: ${names.join(', ')}`,
    { hints: [`write topics.replicationFactor: ${count}`] },
  );
}

/** What a broker takes that nobody configured. */
const BATCH_BYTES_MAX = 1_048_588;
/** A batch that holds one message is a little larger than that. */
const BATCH_OVERHEAD_BYTES = 1_024;

function newTopicOf({
  name,
  partitionCount,
  replicationFactor,
  cleanup,
  retentionMs,
  messageBytesMax,
}: OwnTopicNeed): NewTopic {
  const retention = cleanup === 'delete' ? { 'retention.ms': String(retentionMs) } : {};
  const bytes = Math.max(BATCH_BYTES_MAX, messageBytesMax + BATCH_OVERHEAD_BYTES);
  const configs = { 'cleanup.policy': cleanup, 'max.message.bytes': String(bytes), ...retention };
  return { name, partitionCount, replicationFactor, configs };
}

/** Commands of Kafka's own tools. */
interface Commands {
  readonly create: (topic: NewTopic) => string;
  readonly alter: (topic: string, config: string) => string;
  readonly grow: (topic: string, partitionCount: number) => string;
  readonly reassign: string;
}

function commandsFor(bootstrap: string): Commands {
  const topics = `kafka-topics.sh --bootstrap-server ${bootstrap}`;
  return {
    create: ({ name, partitionCount, replicationFactor, configs }) =>
      [
        `${topics} --create --topic ${name} --partitions ${partitionCount} --replication-factor ${replicationFactor}`,
        ...Object.entries(configs).map(([key, value]) => `--config ${key}=${value}`),
      ].join(' '),
    alter: (topic, config) =>
      `kafka-configs.sh --bootstrap-server ${bootstrap} --alter --entity-type topics --entity-name ${topic} --add-config ${config}`,
    grow: (topic, count) => `${topics} --alter --topic ${topic} --partitions ${count}`,
    reassign: `kafka-reassign-partitions.sh --bootstrap-server ${bootstrap}`,
  };
}

/** -1 is longer than everything. */
function isShorter(ms: number, thanMs: number): boolean {
  if (ms === -1) return false;
  return thanMs === -1 || ms < thanMs;
}
