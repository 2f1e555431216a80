import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/app/service/doctor/check.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, topicName } from '../../support/kafka-topics.ts';
import { PLAN_TEXT } from '../../unit/cli/plan-text.ts';
import { runCli } from '../../unit/cli/run-cli.ts';

/** Of two topics with five partitions: those of the plan's two versions. */
const PARTITIONS = 5;

describe.runIf(hasBroker)('coalmine doctor on a real broker and registry', () => {
  let broker: TestBroker;
  let folder = '';
  const current = topicName('doctor.current');
  const canary = topicName('doctor.canary');
  const prefix = topicName('doctor');

  beforeAll(async () => {
    broker = await testBroker();
    folder = await mkdtemp(join(tmpdir(), 'coalmine-doctor-'));
    await writeFile(join(folder, 'plan.yaml'), PLAN_TEXT);
    await writeFile(join(folder, 'coalmine.yaml'), configText(broker));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  function configText({ brokers, registryUrl }: TestBroker): string {
    const own = ['partials', 'positions', 'profiles', 'verdicts', 'routing', 'rollouts'];
    return [
      `kafka: { brokers: [${brokers.join(', ')}] }`,
      `registry: { url: ${registryUrl} }`,
      `groupPrefix: ${prefix}`,
      'topics:',
      ...own.map((key) => `  ${key}: { name: ${prefix}.${key} }`),
      `  rolloutEvents: { name: ${prefix}.rollout-events }`,
      `  deadLetters: { name: ${prefix}.dead-letters }`,
      'inputs:',
      `  - { topic: ${current}, format: json }`,
      `  - { topic: ${canary}, format: json }`,
      'http: false',
      `rollouts: [{ plan: plan.yaml, current: ${current}, canary: ${canary} }]`,
    ].join('\n');
  }

  async function doctor() {
    const run = await runCli(['doctor', '-c', join(folder, 'coalmine.yaml'), '-o', 'json']);
    if (run.stdout === '') throw new Error(run.stderr);
    const { worst, checks } = JSON.parse(run.stdout) as { worst: string; checks: Check[] };
    const wrong = checks.filter(({ status }) => status !== 'ok');
    return { code: run.code, worst, checks, wrong };
  }

  async function make(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const admin = bystander(broker).admin();
    await admin.connect();
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }],
    });
    await admin.disconnect();
  }

  it('says which topics are missing, and with what command they are made', async () => {
    const { code, worst, wrong } = await doctor();
    expect([code, worst]).toEqual([1, 'error']);
    expect(wrong.map(({ area, subject }) => [area, subject])).toEqual([
      ['topics', current],
      ['topics', canary],
    ]);
    expect(wrong[0]?.mend).toContain(`--create --topic ${current} --partitions 8`);
  });

  it('finds nothing wrong once they hold what the service can use', async () => {
    const configs = { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '1000000' };
    await make(current, { ...configs, 'retention.ms': '-1' });
    await make(canary, { ...configs, 'retention.ms': '-1' });
    const { Partitioners } = await import('kafkajs');
    const producer = bystander(broker).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (const [topic, version] of [
      [current, 'v6'],
      [canary, 'v7'],
    ] as const) {
      const messages = Array.from({ length: 60 }, (_, i) => ({
        key: `r${i}`,
        value: JSON.stringify({
          request_id: `r${i}`,
          model: 'fraud',
          version,
          event_time: Date.now(),
          score: 0.5,
        }),
      }));
      await producer.send({ topic, messages });
    }
    await producer.disconnect();
    const { code, worst, checks, wrong } = await doctor();
    expect(wrong).toEqual([]);
    expect([code, worst]).toEqual([0, 'ok']);
    const seen = (area: string) => checks.find((check) => check.area === area)?.seen;
    expect(seen('records')).toBe(
      'latest 60 records can be read; 60 rows are used, 0 are of others',
    );
    expect(seen('partitioner')).toContain('murmur2');
    expect(checks).toContainEqual(
      expect.objectContaining({
        subject: 'compatibility of new subjects',
        seen: 'a schema that breaks readers is refused',
      }),
    );
  });

  it('leaves no subject behind in the registry', async () => {
    const response = await fetch(`${broker.registryUrl}/subjects?deleted=true`);
    const subjects = (await response.json()) as string[];
    expect(subjects.filter((subject) => subject.startsWith('coalmine.doctor'))).toEqual([]);
  });

  it('sees what is wrong with records and topics, and ends with 1', async () => {
    const kafka = bystander(broker);
    const admin = kafka.admin();
    await admin.connect();
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: 2,
          name: canary,
          configEntries: [
            { name: 'retention.ms', value: '60000' },
            { name: 'message.timestamp.type', value: 'CreateTime' },
          ],
        },
      ],
    });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    const message = { key: 'r0', value: 'no json', partition: 0 };
    const ahead = { timestamp: String(Date.now() + 50_000), key: 'r0', value: '{}', partition: 0 };
    await producer.send({ topic: canary, messages: [message, ahead] });
    await producer.disconnect();
    const { code, wrong } = await doctor();
    expect(code).toBe(1);
    const said = wrong.map(({ area, subject, seen }) => `${area} ${subject}: ${seen}`).join('\n');
    expect(said).toContain(`topics ${canary}: keeps records for 1m`);
    expect(said).toContain(`topics ${canary}: has the times of its producers (CreateTime)`);
    expect(said).toContain('would be dead letters (not_json)');
    expect(said).toContain('would be dead letters (missing_field)');
    expect(said).toContain('the clock of a producer is at least');
    expect(said).toContain('other partitioners than murmur2');
  });

  it('that finds no broker says so within seconds', async () => {
    const file = join(folder, 'nobody.yaml');
    const text = 'kafka: { brokers: [127.0.0.1:1] }\nregistry: { url: http://127.0.0.1:2 }\n';
    await writeFile(file, text);
    const run = await runCli(['doctor', '-c', file]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('127.0.0.1:1: does not answer');
    expect(run.stdout).toContain('start it, or correct kafka.brokers');
  });
});
