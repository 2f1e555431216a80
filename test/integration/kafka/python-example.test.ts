import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Kafka } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { partitionOfKey } from '../../../src/adapters/memory/broker/partition-of-key.ts';
import { parseOutcome } from '../../../src/core/events/parse-outcome.ts';
import { parsePrediction } from '../../../src/core/events/parse-prediction.ts';
import { createProducer } from '../../../src/producer/producer.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import {
  bystander,
  createTopics,
  type Lying,
  readRecords,
  topicName,
} from '../../support/kafka-topics.ts';
import { publishVerdicts } from '../../support/publish-verdicts.ts';
import { hasPython, pythonWith } from '../../support/python.ts';
import { aVerdict } from '../../support/verdicts.ts';

const EXAMPLE = fileURLToPath(new URL('../../../infra/examples/python/', import.meta.url));
const PARTITION_COUNT = 4;
const REQUEST_COUNT = 200;
const START_MS = Date.UTC(2026, 10, 20, 10);
const COUNTRIES = ['DE', 'FR', 'BR', 'München'];
const LIMITS = { requestIdLengthMax: 512 };

describe.runIf(hasBroker && hasPython)('the Python example', () => {
  let broker: TestBroker;
  let kafka: Kafka;
  let python = '';
  let places: string[] = [];

  beforeAll(async () => {
    broker = await testBroker();
    kafka = bystander(broker);
    python = await pythonWith(join(EXAMPLE, 'requirements.txt'));
    places = ['--brokers', broker.brokers.join(), '--registry', broker.registryUrl];
  });

  async function valueOf({ message }: Lying): Promise<unknown> {
    const registry = new SchemaRegistry({ host: broker.registryUrl });
    return registry.decode(message.value ?? Buffer.alloc(0));
  }

  it('logs both models as our own producer does: same keys, partitions, schemas and values', async () => {
    const current = topicName('current');
    const canary = topicName('canary');
    const outcomes = topicName('outcomes');
    await createTopics(kafka, {
      [current]: PARTITION_COUNT,
      [canary]: PARTITION_COUNT,
      [outcomes]: PARTITION_COUNT,
    });
    const topics = ['--current', current, '--canary', canary, '--outcomes', outcomes];
    const amount = ['--requests', String(REQUEST_COUNT), '--start-ms', String(START_MS)];
    const args = [join(EXAMPLE, 'producer.py'), ...places, ...topics, ...amount];
    const { stdout } = await promisify(execFile)(python, args, { timeout: 60_000 });
    expect(stdout).toBe(`${REQUEST_COUNT} requests logged\n`);

    const outcomeCount = REQUEST_COUNT / 10;
    const records = await readRecords(
      kafka,
      [current, canary, outcomes],
      2 * REQUEST_COUNT + outcomeCount,
    );
    for (const record of records) {
      const key = record.message.key?.toString() ?? '';
      expect(record.partition).toBe(partitionOfKey(key, PARTITION_COUNT));
      const value = await valueOf(record);
      const i = Number(key.split('-')[2]);
      const isOutcome = record.topic === outcomes;
      expect(
        isOutcome ? parseOutcome(value, LIMITS) : parsePrediction(value, LIMITS),
      ).toMatchObject({
        ok: true,
        value: isOutcome ? outcomeOf(i) : predictionOf(i, record.topic === canary),
      });
    }
    const keys = records.map(({ topic, message }) => `${topic} ${message.key?.toString()}`);
    expect(new Set(keys).size).toBe(2 * REQUEST_COUNT + outcomeCount);

    const options = { kafka, registryUrl: broker.registryUrl };
    const ours = await createProducer({ ...options, topics: { predictions: current, outcomes } });
    await ours.close();
    const versions = await fetch(`${broker.registryUrl}/subjects/${current}-value/versions`);
    expect(await versions.json()).toEqual([1]);
  });

  it('prints each verdict that we publish once, read as a CloudEvent', async () => {
    const topic = topicName('verdicts');
    await createTopics(kafka, { [topic]: 1 });
    const first = aVerdict();
    const amended = aVerdict({
      revision: 1,
      decision: 'rollback',
      reason: 'errors doubled: 2.1 ×',
    });
    await publishVerdicts(broker, topic, [
      { verdict: first, epoch: 3 },
      { verdict: first, epoch: 3 },
      { verdict: amended, epoch: 5 },
    ]);
    const args = [...places, '--topic', topic, '--group', topic, '--count', '2'];
    const child = spawn(python, [join(EXAMPLE, 'verdicts.py'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000,
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    const lines: unknown[] = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const shared = {
      source: '/coalmine/test',
      subject: first.rolloutId,
      time: '2026-11-20T10:01:00+00:00',
      checks: { 'error-rate': 'inconclusive' },
    };
    expect(lines).toEqual([
      { ...shared, id: first.id, epoch: 3, decision: 'hold', reason: first.reason },
      { ...shared, id: amended.id, epoch: 5, decision: 'rollback', reason: amended.reason },
    ]);
  });
});

function predictionOf(i: number, isCanary: boolean): object {
  const amount = i % 100;
  const [limit, high, low] = isCanary ? ([80, 0.8, 0.2] as const) : ([90, 0.9, 0.1] as const);
  return {
    requestId: `anfrage-ü-${i}`,
    rowIndex: 0,
    model: 'fraud',
    version: isCanary ? 'v7' : 'v6',
    eventTimeMs: START_MS + i * 10,
    unitId: `user-${i % 50}`,
    served: !isCanary,
    score: amount > limit ? high : low,
    label: null,
    latencyMs: isCanary ? 9 : 12.5,
    error: null,
    features: { amount, country: COUNTRIES[i % 4], is_new: i % 3 === 0 },
    context: { channel: 'app' },
    samplingFraction: 1,
  };
}

function outcomeOf(i: number): object {
  return {
    requestId: `anfrage-ü-${i}`,
    eventTimeMs: START_MS + i * 10 + 5_000,
    metric: 'chargeback',
    value: i % 100 > 85 ? 1 : 0,
  };
}
