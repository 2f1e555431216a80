import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLetterCodec } from '../../../src/adapters/avro/dead-letter.ts';
import { kafkaClient } from '../../../src/adapters/kafka/connect.ts';
import { kafkaWriter } from '../../../src/adapters/kafka/writer.ts';
import { confluentRegistry } from '../../../src/adapters/registry/confluent-registry.ts';
import { readServiceConfig } from '../../../src/app/service/read-config.ts';
import type { DeadRecord } from '../../../src/pipeline/stream/ports.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, createTopics, readRecords, topicName } from '../../support/kafka-topics.ts';
import { runCli } from '../../unit/cli/run-cli.ts';

const KEY = Uint8Array.of(0xff, 0xfe, 7);

describe.runIf(hasBroker)('coalmine dead-letters on a real broker', () => {
  let broker: TestBroker;
  let folder = '';
  const input = topicName('input');
  const topic = topicName('dead-letters');

  beforeAll(async () => {
    broker = await testBroker();
    folder = await mkdtemp(join(tmpdir(), 'coalmine-dead-'));
    const { brokers, registryUrl } = broker;
    const text = [
      `kafka: { brokers: [${brokers.join(', ')}] }`,
      `registry: { url: ${registryUrl} }`,
      `topics: { deadLetters: { name: ${topic} } }`,
    ].join('\n');
    await writeFile(join(folder, 'coalmine.yaml'), text);
    await createTopics(bystander(broker), { [input]: 3, [topic]: 2 });
    await fill();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function fill(): Promise<void> {
    const config = await readServiceConfig(join(folder, 'coalmine.yaml'));
    const client = await kafkaClient(config.kafka, { log: () => {} });
    const writer = kafkaWriter(client);
    const registry = confluentRegistry(config.registry);
    const codec = deadLetterCodec(registry, { topic, messageBytesMax: 100_000 });
    const json = new TextEncoder().encode('{"model":"fraud"}');
    const dead = (offset: number, over: Partial<DeadRecord> = {}): DeadRecord => ({
      topic: input,
      partition: 2,
      offset,
      reason: 'missing_field',
      field: 'request_id',
      detail: 'request_id is missing',
      key: KEY,
      value: json,
      ...over,
    });
    const letters = [
      dead(5),
      dead(5),
      dead(6, { reason: 'future', value: null }),
      dead(7, { key: null }),
    ];
    for (const [i, letter] of letters.entries())
      await writer.send(topic, [await codec.encode(letter, 1_700_000_000_000 + i)]);
    await writer.close();
  }

  async function deadLetters(...args: readonly string[]) {
    return await runCli(['dead-letters', ...args, '-c', join(folder, 'coalmine.yaml')]);
  }

  it('lists them once each, counted, the newest first', async () => {
    const run = await deadLetters('list', '--limit', '2', '-o', 'json');
    expect(JSON.parse(run.stdout)).toMatchObject({
      total: 3,
      unreadable_count: 0,
      counts: [
        { topic: input, reason: 'missing_field', count: 2 },
        { topic: input, reason: 'future', count: 1 },
      ],
      newest: [{ id: `${input}/2/7` }, { id: `${input}/2/6`, payload_bytes: null }],
    });
    const table = await deadLetters('list', '--reason', 'future');
    expect(table.stdout).toContain('the newest 1 of 1');
    expect(table.stdout).toContain('not kept');
  });

  it('shows one with its payload', async () => {
    const run = await deadLetters('show', `${input}/2/5`);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('17 bytes as json');
    expect(run.stdout).toContain('{"model":"fraud"}');
    expect(run.stdout).toContain('fffe07');
  });

  it('sends the bytes again, with the key, to their partition, marked', async () => {
    const run = await deadLetters('retry', `${input}/2/5`, `${input}/2/7`, '-o', 'json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      sent: [{ id: `${input}/2/5`, topic: input, partition: 2 }, { id: `${input}/2/7` }],
      refused: [],
    });
    const records = await readRecords(bystander(broker), [input], 2);
    const back = records.map(({ partition, message: { key, value, headers } }) => [
      partition,
      key,
      String(value),
      String(headers?.['coalmine.retry']),
    ]);
    expect(back).toEqual([
      [2, Buffer.from(KEY), '{"model":"fraud"}', `${input}/2/5`],
      [2, null, '{"model":"fraud"}', `${input}/2/7`],
    ]);
  });

  it('says politely which cannot be sent, and which there are not', async () => {
    const refused = await deadLetters('retry', '--reason', 'future');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('its bytes were not kept');
    const unknown = await deadLetters('retry', `${input}/0/1`);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain(`no dead letter ${input}/0/1`);
    expect((await deadLetters('retry')).code).toBe(2);
  });
});
