import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProducer } from '../../../../src/producer/producer.ts';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { type ServicePlace, servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { readAll } from '../../../support/service/read-topics.ts';
import { readDeadLetters } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const FEATURES = { amount: 'number', country: 'string' } as const;

describe.runIf(hasBroker)('records that are not what they should be', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  async function plant(place: ServicePlace, topic: string, messages: Message[]): Promise<void> {
    const producer = place.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  it('are dead letters with their reason, and nothing else is', async () => {
    const place = await servicePlace(broker);
    const service = startService('run', await place.configOf('data'));
    const traffic = await trafficOn(place, { seed: 21 });
    await traffic.write(4_000);
    for (const topic of [place.inputs.current, place.inputs.canary]) {
      const [known] = await readAll(place.kafka, [topic]);
      const good = known?.message.value ?? Buffer.alloc(0);
      const unknownSchema = Buffer.from(good);
      unknownSchema.writeUInt32BE(1_000_000_007, 1);
      await plant(place, topic, [
        { key: 'cut', value: good.subarray(0, 9) },
        { key: 'text', value: 'no Avro at all' },
        { key: 'empty', value: Buffer.alloc(0) },
        { key: 'unknown', value: unknownSchema },
        { key: 'gone', value: null },
        { key: null, value: good, partition: 1 },
        { key: `not-${known?.message.key?.toString()}`, value: good },
      ]);
    }
    await traffic.write(4_000);
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    await expectTruth(place, { closedMs, truth });
    const reasons = (await readDeadLetters(place)).map(({ reason }) => reason);
    const ofEach = [
      'not_json',
      'not_json',
      'tombstone',
      'undecodable',
      'unknown_schema',
      'wrong_key',
      'wrong_key',
    ];
    expect(reasons.toSorted()).toEqual(ofEach.flatMap((reason) => [reason, reason]));
  });

  it('are not those of a producer that upgrades its schema compatibly; another is refused', async () => {
    const place = await servicePlace(broker);
    const service = startService('run', await place.configOf('data'));
    const before = await trafficOn(place, { seed: 22, features: FEATURES });
    await before.write(4_000);
    const features = { ...FEATURES, channel: 'string' } as const;
    const after = await trafficOn(place, { seed: 23, startMs: before.nowMs(), features });
    await after.write(4_000);
    const changed = createProducer({
      kafka: place.kafka,
      registryUrl: broker.registryUrl,
      topics: { predictions: place.inputs.current },
      schema: { features: { ...FEATURES, amount: 'string' } },
    });
    await expect(changed).rejects.toThrow('refused the schema');
    await plantForeign(place, after.nowMs());
    await before.end();
    const closedMs = await after.close();
    await after.end();
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    await expectTruth(place, { closedMs, truth });
    expect((await readDeadLetters(place)).map(({ reason, field }) => ({ reason, field }))).toEqual([
      { reason: 'wrong_type', field: 'score' },
    ]);
  });

  /** Two records with schemas of another subject: a feature of another type, and a score of another. */
  async function plantForeign(place: ServicePlace, atMs: number): Promise<void> {
    const registry = new SchemaRegistry({ host: broker.registryUrl });
    const written = async (name: string, score: string, amount: string, value: object) => {
      const schema = JSON.stringify({
        type: 'record',
        name: 'Prediction',
        namespace: `other.${name}`,
        fields: [
          ...['request_id', 'model', 'version'].map((field) => ({ name: field, type: 'string' })),
          { name: 'event_time', type: 'long' },
          { name: 'score', type: score },
          {
            name: 'features',
            type: { type: 'record', name: 'Features', fields: [{ name: 'amount', type: amount }] },
          },
        ],
      });
      const subject = `${place.prefix}.${name}`;
      const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject });
      const shared = { request_id: name, model: 'fraud', version: 'v6', event_time: atMs };
      return { key: name, value: await registry.encode(id, { ...shared, ...value }) };
    };
    await plant(place, place.inputs.current, [
      await written('feature', 'double', 'string', { score: 0.5, features: { amount: 'much' } }),
      await written('score', 'string', 'double', { score: 'high', features: { amount: 1 } }),
    ]);
  }
});
