import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SCHEMA_NAMES, schemaText } from '../../../src/adapters/avro/schema-file.ts';
import { confluentRegistry } from '../../../src/adapters/registry/confluent-registry.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { topicName } from '../../support/kafka-topics.ts';

const HISTORY = new URL('../../../schemas/history/', import.meta.url);

function versionsOf(name: string): readonly string[] {
  const count = readdirSync(new URL(`${name}/`, HISTORY)).length;
  return Array.from({ length: count }, (_, i) =>
    readFileSync(new URL(`${name}/v${i + 1}.avsc`, HISTORY), 'utf8'),
  );
}

describe.runIf(hasBroker)('our schemas in a real registry', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });

  it.each(SCHEMA_NAMES)('%s is taken after every version before it', async (name) => {
    const registry = confluentRegistry({ url: broker.registryUrl, auth: null, timeoutMs: 10_000 });
    const subject = `${topicName(name)}-value`;
    for (const version of versionsOf(name)) await registry.idOf(subject, version);
    const id = await registry.idOf(subject, schemaText(name));
    expect(await registry.schemaOf(id)).toMatchObject({ kind: 'avro' });
  });

  it('are refused when they cannot read what was there before', async () => {
    const registry = confluentRegistry({ url: broker.registryUrl, auth: null, timeoutMs: 10_000 });
    const subject = `${topicName('broken')}-value`;
    await registry.idOf(subject, '{"type":"record","name":"A","fields":[]}');
    const later = '{"type":"record","name":"A","fields":[{"name":"b","type":"int"}]}';
    await expect(registry.idOf(subject, later)).rejects.toMatchObject({ code: 'registry_refused' });
  });
});
