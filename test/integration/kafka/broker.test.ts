import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { hasBroker, isOwnBroker, testBroker } from '../../support/broker/test-broker.ts';

function clientOf(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 2_000,
    enforceRequestTimeout: true,
    retry: { retries: 0 },
  });
}

async function topicsOf(brokers: readonly string[]): Promise<string[]> {
  const admin = clientOf(brokers).admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function subjectsOf(registryUrl: string): Promise<unknown> {
  const answer = await fetch(`${registryUrl}/subjects`, { signal: AbortSignal.timeout(2_000) });
  return answer.json();
}

describe.runIf(hasBroker)('the shared broker', () => {
  it('answers, and so does its registry', async () => {
    const { brokers, registryUrl } = await testBroker();
    expect(await topicsOf(brokers)).toBeInstanceOf(Array);
    expect(await subjectsOf(registryUrl)).toBeInstanceOf(Array);
  });
});

describe.runIf(isOwnBroker)('faults of the shared broker', () => {
  it('keeps its topics over a stop, a kill and a freeze', async () => {
    const broker = await testBroker();
    const admin = clientOf(broker.brokers).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'faults.kept', numPartitions: 2 }] });
    await admin.disconnect();

    await broker.stop();
    await expect(topicsOf(broker.brokers)).rejects.toBeInstanceOf(Error);
    await broker.restart();
    expect(await topicsOf(broker.brokers)).toContain('faults.kept');

    await broker.kill();
    await expect(topicsOf(broker.brokers)).rejects.toBeInstanceOf(Error);
    await broker.restart();
    expect(await topicsOf(broker.brokers)).toContain('faults.kept');

    await broker.pause();
    await expect(topicsOf(broker.brokers)).rejects.toBeInstanceOf(Error);
    await broker.resume();
    expect(await topicsOf(broker.brokers)).toContain('faults.kept');
  });

  it('keeps its schemas when the registry is killed', async () => {
    const { registryUrl, registry } = await testBroker();
    const schema = JSON.stringify({ type: 'record', name: 'Kept', fields: [] });
    const registered = await fetch(`${registryUrl}/subjects/faults-kept/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    expect(registered.status).toBe(200);
    await registry.kill();
    await expect(subjectsOf(registryUrl)).rejects.toBeInstanceOf(Error);
    await registry.restart();
    expect(await subjectsOf(registryUrl)).toContain('faults-kept');
  });
});
