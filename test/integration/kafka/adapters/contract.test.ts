import { beforeAll, describe } from 'vitest';
import type { KafkaClient } from '../../../../src/adapters/kafka/connect.ts';
import { partitionSourceContract } from '../../../contract/stream/partition-source.ts';
import { topicTableContract } from '../../../contract/stream/topic-table.ts';
import { topicWriterContract } from '../../../contract/stream/topic-writer.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { clientFor, kafkaWorld, threadedWorld } from './world.ts';

describe.runIf(hasBroker)('the ports over Kafka', () => {
  let client: KafkaClient;
  beforeAll(async () => {
    client = await clientFor((await testBroker()).brokers);
  });
  const world = kafkaWorld(() => client);
  partitionSourceContract('Kafka', () => world);
  const threaded = threadedWorld(() => client);
  partitionSourceContract('Kafka in a thread', () => threaded);
  topicWriterContract('Kafka', () => world);
  topicTableContract('Kafka', () => world);
});
