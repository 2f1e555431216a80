import { readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { z } from 'zod';
import { avroMessageCodec } from '../../../src/adapters/avro/message-codec.ts';
import { avroType } from '../../../src/adapters/avro/schema-file.ts';
import { plainRegistry } from '../../../src/adapters/registry/plain-registry.ts';
import type { Arm } from '../../../src/core/events/arm.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { type JoinerMessage, OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import type { TestBroker } from '../../support/broker/test-broker.ts';
import { type LoggedRequest, PARTITIONS, topicOrder } from './requests.ts';

const REGISTERED = z.object({ id: z.number() });
const HEADER_BYTES = 5;
const RECORDS_PER_SEND = 2000;

function kafkaOf(broker: TestBroker): Kafka {
  return new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.ERROR });
}

/** Makes the topics and writes both arms' answers, each partition a little out of order. */
export async function writeTopics(
  broker: TestBroker,
  topics: Readonly<Record<Arm | 'partials', string>>,
  requests: readonly LoggedRequest[],
): Promise<void> {
  const kafka = kafkaOf(broker);
  const admin = kafka.admin();
  await admin.connect();
  // Event times lie in the past: a default retention would delete them.
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({
    topics: Object.values(topics).map((topic) => ({
      topic,
      numPartitions: PARTITIONS.length,
      configEntries,
    })),
  });
  await admin.disconnect();
  const encode = await predictionEncoder(broker.registryUrl, topics.current);
  const producer = kafka.producer();
  await producer.connect();
  for (const arm of ['current', 'canary'] as const) {
    for (const partition of PARTITIONS) {
      const messages = topicOrder(requests, { arm, partition, seed: partition }).map(
        (prediction) => ({
          key: prediction.requestId,
          value: encode(prediction),
          partition,
          timestamp: String(prediction.eventTimeMs),
        }),
      );
      for (let from = 0; from < messages.length; from += RECORDS_PER_SEND) {
        const part = messages.slice(from, from + RECORDS_PER_SEND);
        await producer.send({ topic: topics[arm], messages: part });
      }
    }
  }
  await producer.disconnect();
}

async function predictionEncoder(
  registryUrl: string,
  subject: string,
): Promise<(prediction: Prediction) => Buffer> {
  const schema = readFileSync(new URL('../../../schemas/Prediction.avsc', import.meta.url), 'utf8');
  const answer = await fetch(`${registryUrl}/subjects/${subject}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(REGISTERED.parse(await answer.json()).id, 1);
  const type = avroType('Prediction');
  return (prediction) => Buffer.concat([header, type.toBuffer(recordOf(prediction))]);
}

function recordOf(prediction: Prediction): Record<string, unknown> {
  return {
    request_id: prediction.requestId,
    model: prediction.model,
    version: prediction.version,
    event_time: prediction.eventTimeMs,
    served: prediction.served ?? true,
    score: prediction.score,
    latency_ms: prediction.latencyMs,
    error: prediction.error,
    sampling_fraction: prediction.samplingFraction,
  };
}

/** All records of a partials topic, read as the service reads them, and the key of each. */
export async function readPartials(
  broker: TestBroker,
  topic: string,
): Promise<{ readonly key: string; readonly message: JoinerMessage }[]> {
  const kafka = kafkaOf(broker);
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const wanted = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const codec = avroMessageCodec(plainRegistry(broker.registryUrl), OWN_TOPICS);
  const found: { key: string; message: JoinerMessage }[] = [];
  if (wanted === 0) return found;
  const consumer = kafka.consumer({ groupId: `${topic}-reader` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message: { key, value } }) => {
          const message = await codec.decodeJoinerMessage(value ?? Buffer.alloc(0));
          found.push({ key: String(key), message });
          if (found.length === wanted) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return found;
}
