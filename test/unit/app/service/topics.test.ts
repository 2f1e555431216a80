import { describe, expect, it } from 'vitest';
import { memoryTopicAdmin } from '../../../../src/adapters/memory/topic-admin.ts';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import { type PlannedTopics, topicNeeds } from '../../../../src/app/service/topic-needs.ts';
import { checkTopics, ensureTopics } from '../../../../src/app/service/topics.ts';
import type { Plan } from '../../../../src/core/events/plan.ts';
import type { TopicDescription } from '../../../../src/pipeline/stream/admin-port.ts';
import { configOf, LEAST } from './configs.ts';

const PLAN = `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: fraud }
spec: { model: m, current: v1, canary: v2, stepWeights: [100], window: { length: 60s, grace: 30s, skewMax: 30s } }
`;
const OUTCOMES = PLAN.replace(
  '} }\n',
  '}, metrics: [{ name: late, type: outcome, outcome: late, attribution: label, loss: log, outcomeHorizon: 6h, tolerance: { ratio: 1.05 } }] }\n',
);

function planOf(text: string): Plan {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.plan;
}

function rollout(over: Partial<PlannedTopics> = {}): PlannedTopics {
  const topics = { current: 'cur', canary: 'can', outcomes: 'out' };
  return { name: 'plan.yaml', plan: planOf(PLAN), topics, ...over };
}

function input(name: string, over: Partial<TopicDescription> = {}): TopicDescription {
  return {
    name,
    partitionCount: 4,
    replicationFactor: 1,
    cleanupPolicy: 'delete',
    retentionMs: -1,
    timestampType: 'LogAppendTime',
    messageBytesMax: 1_000_000,
    ...over,
  };
}

const CONFIG = configOf(LEAST);
const OWN = topicNeeds(CONFIG, []);

/** Topics as the service makes them, and these. */
async function problemsWith(
  topics: readonly TopicDescription[],
  rollouts: readonly PlannedTopics[] = [rollout()],
) {
  const admin = memoryTopicAdmin(topics);
  await ensureTopics(admin, OWN).catch(() => []);
  const needs = topicNeeds(CONFIG, rollouts);
  const names = [...needs.own.map(({ name }) => name), 'cur', 'can', 'out'];
  return checkTopics(needs, await admin.describe(names));
}

describe('topics that are as they have to be', () => {
  it('give no problem, with retention for ever', async () => {
    expect(await problemsWith([input('cur'), input('can')])).toEqual([]);
  });

  it('may be one topic for both arms', async () => {
    const topics = { current: 'cur', canary: 'cur', outcomes: null };
    expect(await problemsWith([input('cur')], [rollout({ topics })])).toEqual([]);
  });

  it('need one of outcomes only for a plan that has a metric of them', async () => {
    const found = await problemsWith(
      [input('cur'), input('can')],
      [rollout({ plan: planOf(OUTCOMES) })],
    );
    expect(found).toMatchObject([{ topic: 'out', kind: 'error' }]);
  });
});

describe('topics that other people write', () => {
  it('must exist, and the command that makes them has the partitions of the others', async () => {
    const [problem] = await problemsWith([input('cur', { partitionCount: 12 })]);
    expect(problem).toEqual({
      topic: 'can',
      kind: 'error',
      message: 'does not exist: plan.yaml reads it, and whoever writes it has to make it',
      mend: 'kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic can --partitions 12 --replication-factor 1 --config message.timestamp.type=LogAppendTime',
    });
  });

  it('must have as many partitions as the others of their rollout', async () => {
    const [problem] = await problemsWith([input('cur'), input('can', { partitionCount: 3 })]);
    expect(problem).toMatchObject({
      topic: 'can',
      kind: 'error',
      message:
        'has 3 partitions, and cur of the same rollout (plan.yaml) has 4: both halves of a request must lie on the same partition number',
    });
    expect(problem?.mend).toContain('--alter --topic can --partitions 4');
  });

  it.each([
    [120_000, true],
    [120_001, false],
    [-1, false],
  ])('that keep records for %d ms are refused: %s', async (retentionMs, isRefused) => {
    const found = await problemsWith([input('cur', { retentionMs }), input('can')]);
    const problem = {
      topic: 'cur',
      kind: 'error',
      message:
        'keeps records for 2m; plan.yaml may have to read 2m again (window.length, window.grace and window.skewMax together)',
      mend: 'kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter --entity-type topics --entity-name cur --add-config retention.ms=240000',
    };
    expect(found).toEqual(isRefused ? [problem] : []);
  });

  it('must keep records for the outcome horizon', async () => {
    const hours = { retentionMs: 5 * 3_600_000 };
    const found = await problemsWith(
      [input('cur', hours), input('can', hours), input('out', hours)],
      [rollout({ plan: planOf(OUTCOMES) })],
    );
    expect(found.map(({ topic, message }) => [topic, message])).toEqual(
      ['cur', 'can', 'out'].map((topic) => [
        topic,
        'keeps records for 5h; plan.yaml may have to read 6h again (the outcome horizon)',
      ]),
    );
  });

  it('may be compacted, larger, or with the times of producers, but not without a word', async () => {
    const found = await problemsWith([
      input('cur', { cleanupPolicy: 'compact', timestampType: 'CreateTime' }),
      input('can', { messageBytesMax: 5_000_000 }),
    ]);
    expect(found.map(({ topic, kind }) => [topic, kind])).toEqual([
      ['cur', 'warning'],
      ['cur', 'warning'],
      ['can', 'warning'],
    ]);
    expect(found[1]?.mend).toContain('message.timestamp.type=LogAppendTime');
    expect(found[2]?.mend).toBe('write limits.messageBytesMax: 5000000');
  });
});

describe('topics of the service', () => {
  it('are made when they are missing, each with its cleanup, and only once', async () => {
    const admin = memoryTopicAdmin();
    const names = OWN.own.map(({ name }) => name);
    expect(await ensureTopics(admin, OWN)).toEqual(names);
    expect(await ensureTopics(admin, OWN)).toEqual([]);
    const made = await admin.describe(names);
    expect(made.get('coalmine.positions')).toMatchObject({
      partitionCount: 4,
      cleanupPolicy: 'compact',
    });
    expect(made.get('coalmine.verdicts')).toMatchObject({
      cleanupPolicy: 'delete',
      retentionMs: 30 * 86_400_000,
      messageBytesMax: 1_048_588,
    });
  });

  it('are told as missing before that, with the command that makes them', () => {
    const found = checkTopics(OWN, new Map());
    expect(found.map(({ kind }) => kind)).toEqual(OWN.own.map(() => 'missing'));
    expect(found[1]?.mend).toContain('--topic coalmine.positions --partitions 4');
    expect(found[1]?.mend).toContain('--config cleanup.policy=compact');
  });

  it.each([
    [{ name: 'coalmine.positions', cleanupPolicy: 'delete' }, 'error', 'cleanup.policy=compact'],
    [
      { name: 'coalmine.positions', cleanupPolicy: 'compact,delete' },
      'error',
      'cleanup.policy=compact',
    ],
    [{ name: 'coalmine.verdicts', cleanupPolicy: 'compact' }, 'error', 'cleanup.policy=delete'],
    [{ name: 'coalmine.verdicts', retentionMs: 1 }, 'warning', 'retention.ms=2592000000'],
    [{ name: 'coalmine.verdicts', partitionCount: 9 }, 'warning', 'topics.verdicts.partitions: 9'],
    [{ name: 'coalmine.verdicts', messageBytesMax: 1000 }, 'error', 'max.message.bytes=1000000'],
  ] as const)('that are otherwise are problems: %j', async (other, kind, mend) => {
    const base = { partitionCount: 4, cleanupPolicy: 'compact' };
    const rest = other.name === 'coalmine.verdicts' ? { ...base, cleanupPolicy: 'delete' } : base;
    const found = await problemsWith([
      input('cur'),
      input('can'),
      input(other.name, { ...rest, ...other }),
    ]);
    const own = found.filter(({ topic }) => topic === other.name);
    expect(own).toMatchObject([{ kind }]);
    expect(own[0]?.mend).toContain(mend);
  });

  it('are not made beside inputs that cannot be joined: one error names them all', async () => {
    const admin = memoryTopicAdmin([input('cur')]);
    await expect(ensureTopics(admin, topicNeeds(CONFIG, [rollout()]))).rejects.toMatchObject({
      code: 'topic_invalid',
      message: expect.stringContaining('the topic can does not exist'),
      hints: [expect.stringContaining('--create --topic can --partitions 4')],
    });
    expect(await admin.describe(['coalmine.verdicts'])).toEqual(new Map());
  });

  it('cannot have more replicas than there are brokers', async () => {
    const three = topicNeeds(configOf(`${LEAST}topics: { replicationFactor: 3 }\n`), []);
    await expect(ensureTopics(memoryTopicAdmin(), three)).rejects.toMatchObject({
      code: 'topic_invalid',
      hints: ['write topics.replicationFactor: 1'],
    });
  });

  it('with fewer replicas than the config asks for are a warning', () => {
    const three = topicNeeds(configOf(`${LEAST}topics: { replicationFactor: 3 }\n`), []);
    const one = input('coalmine.routing', { partitionCount: 1, cleanupPolicy: 'compact' });
    const found = checkTopics(three, new Map([[one.name, one]]));
    expect(found.filter(({ topic }) => topic === one.name)).toMatchObject([{ kind: 'warning' }]);
  });
});
