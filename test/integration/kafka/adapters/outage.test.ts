import { describe, expect, test } from 'vitest';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { kafkaTable } from '../../../../src/adapters/kafka/table.ts';
import { kafkaWriter } from '../../../../src/adapters/kafka/writer.ts';
import {
  bytesOf,
  newName,
  nextOf,
  readTo,
  textOf,
  valuesOf,
} from '../../../contract/stream/world.ts';
import { isOwnBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { CLOCK, clientFor, createTopic, GROUP_PREFIX } from './world.ts';

describe.runIf(isOwnBroker)('a broker that is away for longer than the session', () => {
  test('ends with every record written and read, and every question answered', async () => {
    const broker = await testBroker();
    const client = await clientFor(broker.brokers);
    const topic = newName('topic');
    const at = { topic, partition: 0 };
    await createTopic(client, topic, { partitionCount: 1 });
    const writer = kafkaWriter(client);
    const write = (value: string) => writer.send(topic, [{ key: value, value: bytesOf(value) }]);
    const source = kafkaSource(client, { group: newName('group'), topics: [topic], clock: CLOCK });
    const table = kafkaTable(client, { topic, clock: CLOCK, groupPrefix: GROUP_PREFIX });
    await nextOf(source, 'assigned');
    await source.resume([{ ...at, offset: 'earliest' }]);
    await write('before');
    expect(valuesOf(await readTo(source, at, 1))).toEqual(['before']);
    await table.refresh();

    await broker.stop();
    const written = ['during', 'too'].map(write);
    const ends = source.ends([at]);
    const refreshed = table.refresh();
    // It hears so when its session must be over by its own clock.
    await nextOf(source, 'revoked');
    await broker.restart();

    await Promise.all(written);
    expect((await ends).ends[0]?.endOffset).toBeGreaterThanOrEqual(1);
    await nextOf(source, 'assigned');
    await source.resume([{ ...at, offset: 1 }]);
    const { endOffset } = (await source.ends([at])).ends[0] ?? { endOffset: 0 };
    const values = valuesOf(await readTo(source, at, endOffset));
    expect([...new Set(values)]).toEqual(['during', 'too']);
    await refreshed;
    await table.refresh();
    expect(textOf(table.get('too'))).toBe('too');
    await Promise.all([source.close(), table.close(), writer.close()]);
  });
});
