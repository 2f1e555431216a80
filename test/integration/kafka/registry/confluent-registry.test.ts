import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { confluentRegistry } from '../../../../src/adapters/registry/confluent-registry.ts';
import type { SchemaRegistrar } from '../../../../src/pipeline/stream/ports.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';

async function registry(path = ''): Promise<SchemaRegistrar> {
  const { registryUrl } = await testBroker();
  return confluentRegistry({ url: `${registryUrl}${path}`, auth: null, timeoutMs: 5_000 });
}

/** A record of its own for each test: registries give one id to one text. */
function recordOf(name: string, fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name, fields });
}

function uniqueName(): string {
  return `Record_${randomUUID().replaceAll('-', '')}`;
}

const AT = { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } };

describe.runIf(hasBroker)('a real schema registry', () => {
  it('gives a schema the same id again, and its text with all that it says', async () => {
    const real = await registry();
    const name = uniqueName();
    const text = recordOf(name, [AT]);
    const id = await real.idOf(`${name}-value`, text);
    expect(await real.idOf(`${name}-value`, text)).toBe(id);
    const known = await real.schemaOf(id);
    expect(known).toMatchObject({ kind: 'avro' });
    expect(known.kind === 'avro' ? JSON.parse(known.text) : null).toEqual(JSON.parse(text));
  });

  it('does not know an id that nobody registered', async () => {
    const real = await registry();
    expect(await real.schemaOf(2_000_000_000)).toEqual({
      kind: 'unknown',
      detail: 'the registry has no schema 2000000000',
    });
  });

  it('takes a compatible change of a schema, and refuses another in its own words', async () => {
    const real = await registry();
    const name = uniqueName();
    const subject = `${name}-value`;
    const first = await real.idOf(subject, recordOf(name, [AT]));
    const added = { name: 'score', type: ['null', 'double'], default: null };
    const second = await real.idOf(subject, recordOf(name, [AT, added]));
    expect(second).not.toBe(first);
    const changed = recordOf(name, [{ name: 'at', type: 'string' }]);
    await expect(real.idOf(subject, changed)).rejects.toMatchObject({ code: 'registry_refused' });
  });

  it('gives all who register a new schema at the same time the same id', async () => {
    const real = await registry();
    for (let round = 0; round < 5; round++) {
      const name = uniqueName();
      const text = recordOf(name, [AT]);
      const register = async () => await real.idOf(`${name}-value`, text);
      const ids = await Promise.all(Array.from({ length: 6 }, register));
      expect(new Set(ids).size).toBe(1);
    }
  });

  it('says so when the address leads to something else', async () => {
    const wrong = await registry('/not/here');
    await expect(wrong.idOf('a-value', recordOf(uniqueName(), [AT]))).rejects.toMatchObject({
      code: 'registry_refused',
    });
  });
});
