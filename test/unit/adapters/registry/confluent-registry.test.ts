import { afterEach, describe, expect, it } from 'vitest';
import { confluentRegistry } from '../../../../src/adapters/registry/confluent-registry.ts';
import type { RegistryAccess } from '../../../../src/adapters/registry/registry-call.ts';
import type { SchemaRegistrar } from '../../../../src/pipeline/stream/ports.ts';
import { type StubAnswer, type StubRegistry, stubRegistry } from './stub-registry.ts';

const SCHEMA =
  '{"type":"record","name":"A","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}}]}';

const open: StubRegistry[] = [];
afterEach(async () => {
  for (const stub of open.splice(0)) await stub.close();
});

async function registryOf(
  answers: Readonly<Record<string, readonly StubAnswer[]>>,
  given: Partial<RegistryAccess> = {},
): Promise<{ registry: SchemaRegistrar; stub: StubRegistry; waits: number[] }> {
  const stub = await stubRegistry(answers);
  open.push(stub);
  const waits: number[] = [];
  const access: RegistryAccess = { url: stub.url, auth: null, timeoutMs: 2_000, ...given };
  const registry = confluentRegistry(access, async (ms) => {
    waits.push(ms);
  });
  return { registry, stub, waits };
}

describe('looking a schema up', () => {
  it('gives its text as it was written, logical types and all', async () => {
    const { registry } = await registryOf({ 'GET /schemas/ids/7': [[200, { schema: SCHEMA }]] });
    expect(await registry.schemaOf(7)).toEqual({ kind: 'avro', text: SCHEMA, named: [] });
  });

  it('gives the schemas that it refers to as well, each behind those that it refers to', async () => {
    const refer = (name: string) => ({ references: [{ name, subject: name, version: 1 }] });
    const record = (name: string, type: string) =>
      `{"type":"record","name":"${name}","fields":[{"name":"x","type":"${type}"}]}`;
    const { registry } = await registryOf({
      'GET /schemas/ids/7': [[200, { schema: record('A', 'B'), ...refer('B') }]],
      'GET /subjects/B/versions/1': [[200, { id: 8, schema: record('B', 'C'), ...refer('C') }]],
      'GET /subjects/C/versions/1': [[200, { id: 9, schema: record('C', 'int') }]],
    });
    expect(await registry.schemaOf(7)).toEqual({
      kind: 'avro',
      text: record('A', 'B'),
      named: [record('C', 'int'), record('B', 'C')],
    });
  });

  it('says of an id that is not there, or of a schema that is none of Avro, that it is unknown', async () => {
    const schema = 'syntax = "proto3"; message X { string a = 1; }';
    const { registry } = await registryOf({
      'GET /schemas/ids/5': [[200, { schema, schemaType: 'PROTOBUF' }]],
    });
    expect(await registry.schemaOf(4)).toEqual({
      kind: 'unknown',
      detail: 'the registry has no schema 4',
    });
    expect(await registry.schemaOf(5)).toEqual({
      kind: 'unknown',
      detail: 'schema 5 is PROTOBUF, and only Avro is read',
    });
  });

  it('leaves a text that is no schema to whoever reads with it', async () => {
    const { registry } = await registryOf({
      'GET /schemas/ids/5': [[200, { schema: '{"type":' }]],
    });
    expect(await registry.schemaOf(5)).toEqual({ kind: 'avro', text: '{"type":', named: [] });
  });

  it('asks again, with longer waits, when the registry cannot answer', async () => {
    const { registry, waits } = await registryOf({
      'GET /schemas/ids/7': [
        [503, { message: 'later' }],
        [500, 'oops'],
        [200, { schema: SCHEMA }],
      ],
    });
    expect(await registry.schemaOf(7)).toMatchObject({ kind: 'avro' });
    expect(waits).toEqual([100, 200]);
  });

  it('rejects with registry_unavailable when there is no answer in time, or no registry', async () => {
    const { registry, waits, stub } = await registryOf(
      { 'GET /schemas/ids/7': ['hang'] },
      { timeoutMs: 20 },
    );
    await expect(registry.schemaOf(7)).rejects.toMatchObject({ code: 'registry_unavailable' });
    expect(waits).toEqual([100, 200, 400]);
    await stub.close();
    await expect(registry.schemaOf(7)).rejects.toMatchObject({ code: 'registry_unavailable' });
    open.length = 0;
  });

  it('does not take an address that is no registry for an id that is not there', async () => {
    const { registry } = await registryOf({
      'GET /schemas/ids/7': [[404, '<html>not here</html>']],
    });
    await expect(registry.schemaOf(7)).rejects.toMatchObject({ code: 'registry_refused' });
  });

  it('shows its name and password, or its token, and rejects when they are refused', async () => {
    const answers = { 'GET /schemas/ids/7': [[401, { message: 'who are you' }]] } as const;
    const reveal = { reveal: () => 'secret' };
    const basic = await registryOf(answers, {
      auth: { kind: 'basic', username: 'me', password: reveal },
    });
    await expect(basic.registry.schemaOf(7)).rejects.toMatchObject({
      code: 'registry_refused',
      message: expect.stringContaining('who are you'),
      hints: [
        expect.stringContaining('check registry.auth'),
        expect.stringContaining('is this the address'),
      ],
    });
    expect(basic.stub.asked.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('me:secret').toString('base64')}`,
    ]);
    const bearer = await registryOf(answers, { auth: { kind: 'bearer', token: reveal } });
    await expect(bearer.registry.schemaOf(7)).rejects.toMatchObject({ code: 'registry_refused' });
    expect(bearer.stub.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret',
    ]);
  });
});

describe('registering a schema', () => {
  it('registers nothing that is there already', async () => {
    const { registry, stub } = await registryOf({ 'POST /subjects/a-value': [[200, { id: 3 }]] });
    expect(await registry.idOf('a-value', SCHEMA)).toBe(3);
    expect(stub.asked).toHaveLength(1);
  });

  it('makes a new subject backward compatible', async () => {
    const { registry, stub } = await registryOf({
      'POST /subjects/a-value/versions': [[200, { id: 4 }]],
      'PUT /config/a-value': [[200, { compatibility: 'BACKWARD' }]],
    });
    expect(await registry.idOf('a-value', SCHEMA)).toBe(4);
    expect(stub.asked.map(({ line }) => line)).toContain('PUT /config/a-value');
  });

  it('keeps the rule of a subject that has its own', async () => {
    const { registry, stub } = await registryOf({
      'GET /config/a-value': [[200, { compatibilityLevel: 'FULL_TRANSITIVE' }]],
      'POST /subjects/a-value/versions': [[200, { id: 4 }]],
    });
    expect(await registry.idOf('a-value', SCHEMA)).toBe(4);
    expect(stub.asked.map(({ line }) => line)).not.toContain('PUT /config/a-value');
  });

  it("rejects with the registry's own words when it is not compatible", async () => {
    const message = 'Schema being registered is incompatible with an earlier schema';
    const { registry } = await registryOf({
      'GET /config/a-value': [[200, { compatibilityLevel: 'BACKWARD' }]],
      'POST /subjects/a-value/versions': [[409, { error_code: 409, message }]],
    });
    await expect(registry.idOf('a-value', SCHEMA)).rejects.toMatchObject({
      code: 'registry_refused',
      message: `the registry refused the schema of 'a-value': ${message}`,
    });
  });
});
