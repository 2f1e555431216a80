import { beforeAll, describe, expect, it } from 'vitest';
import { parsePlan } from '../../../src/app/plan/parse.ts';
import type { ApplyRequest } from '../../../src/app/service/applied.ts';
import {
  applyRollout,
  deleteRollout,
  readApplied,
} from '../../../src/app/service/applied-topic.ts';
import { connectApplied, type OpenApplied } from '../../../src/app/service/open-applied.ts';
import type { ServiceConfig, TopicSettings } from '../../../src/app/service/service-config.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, createTopics, topicName } from '../../support/kafka-topics.ts';
import { PLAN_TEXT } from '../../unit/cli/plan-text.ts';

const OWN = [
  'partials',
  'positions',
  'profiles',
  'verdicts',
  'routing',
  'rollouts',
  'rolloutEvents',
  'deadLetters',
] as const;

function configOf(broker: TestBroker, prefix: string): ServiceConfig {
  const settings = (name: string): TopicSettings => ({
    name: `${prefix}.${name}`,
    partitionCount: 2,
    replicationFactor: 1,
    retentionMs: -1,
  });
  const [partials, positions, profiles, verdicts, routing, rollouts, rolloutEvents, deadLetters] =
    OWN.map(settings);
  if (!partials || !positions || !profiles || !verdicts) throw new Error('eight topics');
  if (!routing || !rollouts || !rolloutEvents || !deadLetters) throw new Error('eight topics');
  return {
    kafka: {
      brokers: broker.brokers,
      clientId: 'test',
      tls: null,
      sasl: null,
      connectionTimeoutMs: 5_000,
      requestTimeoutMs: 10_000,
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 1_000,
      rebalanceTimeoutMs: 10_000,
    },
    registry: { url: broker.registryUrl, auth: null, timeoutMs: 5_000 },
    groupPrefix: prefix,
    topics: {
      partials,
      positions,
      profiles,
      verdicts,
      routing,
      rollouts,
      rolloutEvents,
      deadLetters,
    },
    inputs: [],
    privacyKey: null,
    dataFolder: '.',
    http: null,
    rollouts: [],
    routerLeadMs: 0,
    limits: {
      queuedBytesMax: 1,
      openKeyCountMax: 1,
      openBytesMax: 1,
      partialDeadlineMs: 1,
      messageBytesMax: 1,
      rolloutCountMax: 30,
      schemaCountMax: 1,
    },
  };
}

function requestOf(text: string): ApplyRequest {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return {
    plan: result.plan,
    planText: text,
    planFile: 'plan.yaml',
    policyDigest: result.digest,
    topics: { current: 'a', canary: 'b', outcomes: null },
    partitionCount: 4,
    startAt: 'latest',
    rolloutCountMax: 30,
  };
}

describe.runIf(hasBroker)('rollouts applied on a real broker', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });

  async function withOpen<T>(
    config: ServiceConfig,
    use: (opened: OpenApplied) => Promise<T>,
  ): Promise<T> {
    const opened = await connectApplied(config, () => {});
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  }

  it('are seen by the next one who asks, and not when they were deleted', async () => {
    const config = configOf(broker, topicName('applied'));
    const names = [config.topics.rollouts, config.topics.routing, config.topics.positions]
      .concat(config.topics.profiles)
      .map(({ name }) => [name, 2] as const);
    await createTopics(bystander(broker), Object.fromEntries(names));
    const started = await withOpen(config, async ({ topics }) => {
      return await applyRollout(topics, requestOf(PLAN_TEXT));
    });
    expect(started).toMatchObject({ kind: 'started', applied: { rolloutId: 'fraud-v7.1' } });
    await withOpen(config, async ({ topics, partitionCounts }) => {
      expect((await readApplied(topics)).rollouts).toMatchObject([
        { applied: started.applied, plan: { model: 'fraud' }, phase: null },
      ]);
      const changed = requestOf(PLAN_TEXT.replace('minPairs: 2000', 'minPairs: 500'));
      expect(await applyRollout(topics, changed)).toMatchObject({ evidence: 'anew' });
      await deleteRollout(topics, 'fraud-v7.1');
      expect((await readApplied(topics)).rollouts).toEqual([]);
      expect(await partitionCounts([config.topics.rollouts.name, 'nothing'])).toEqual(
        new Map([[config.topics.rollouts.name, 2]]),
      );
    });
  });

  it('need the topics of the service', async () => {
    const config = configOf(broker, topicName('none'));
    await expect(connectApplied(config, () => {})).rejects.toMatchObject({ code: 'topic_invalid' });
  });
});
