import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { CLOCK, clientFor } from './world.ts';

/**
 * A member in a process of its own, which a test can stop. Started with brokers, group and topic;
 * answers each message with the kind of the next event, and reads everything from the beginning.
 */
const [brokers = '', group = '', topic = ''] = process.argv.slice(2);
const source = kafkaSource(await clientFor(brokers.split(',')), {
  group,
  topics: [topic],
  clock: CLOCK,
});

process.on('message', () => {
  answer().catch((error: unknown) => {
    throw error;
  });
});

async function answer(): Promise<void> {
  const event = await source.poll(10_000);
  if (event?.kind === 'assigned') {
    await source.resume(event.partitions.map((at) => ({ ...at, offset: 'earliest' })));
  }
  process.send?.(event?.kind ?? 'nothing');
}
