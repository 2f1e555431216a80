import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confluentRegistry } from '../../../../src/adapters/registry/confluent-registry.ts';
import type { RegistryAccess } from '../../../../src/adapters/registry/registry-call.ts';
import { registryProbe } from '../../../../src/adapters/registry/registry-probe.ts';
import { secretOf } from '../../../../src/app/service/config/secret.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { type RegistryProxy, registryProxy } from '../../../support/secure/registry-proxy.ts';

const PASSWORD = `password-${randomUUID()}`;
const TOKEN = `token-${randomUUID()}`;
const WRONG = `wrong-${randomUUID()}`;

const basic = (password: string) =>
  ({ kind: 'basic', username: 'coalmine', password: secretOf(password) }) as const;
const bearer = (token: string) => ({ kind: 'bearer', token: secretOf(token) }) as const;

describe.runIf(hasBroker)('a registry behind TLS and a login', () => {
  let proxy: RegistryProxy;
  const authority = newAuthority('authority of the test');
  const usual = getCACertificates('default');

  beforeAll(async () => {
    proxy = await registryProxy({
      registryUrl: (await testBroker()).registryUrl,
      identity: authority.issue('registry', ['localhost']),
      accepted: [
        `Basic ${Buffer.from(`coalmine:${PASSWORD}`).toString('base64')}`,
        `Bearer ${TOKEN}`,
      ],
    });
    // What NODE_EXTRA_CA_CERTS does for a process from its start.
    setDefaultCACertificates([...usual, authority.cert]);
  });
  afterAll(async () => {
    setDefaultCACertificates(usual);
    await proxy.close();
  });

  const access = (auth: RegistryAccess['auth'], url = proxy.url) => ({
    url,
    auth,
    timeoutMs: 5_000,
  });

  it.each([
    ['basic', basic(PASSWORD)],
    ['bearer', bearer(TOKEN)],
  ])('takes schemas, gives them and is probed by %s', async (_kind, auth) => {
    const registry = confluentRegistry(access(auth));
    const name = `Secure_${randomUUID().replaceAll('-', '')}`;
    const text = JSON.stringify({ type: 'record', name, fields: [{ name: 'a', type: 'int' }] });
    const id = await registry.idOf(`${name}-value`, text);
    expect(await registry.schemaOf(id)).toMatchObject({ kind: 'avro' });
    const probe = registryProbe(access(auth));
    expect((await probe.greet()).subjects).toContain(`${name}-value`);
    expect(await probe.tryBreakingAnew()).toEqual({ kind: 'refused' });
  });

  async function refusalsOf(
    auth: RegistryAccess['auth'],
    url = proxy.url,
  ): Promise<readonly CoalmineError[]> {
    const registry = confluentRegistry(access(auth, url), async () => {});
    const asked = [
      async () => await registry.schemaOf(1),
      async () => await registry.idOf('a-value', '{"type":"record","name":"A","fields":[]}'),
      async () => await registryProbe(access(auth, url)).greet(),
    ];
    const errors: CoalmineError[] = [];
    for (const ask of asked) {
      const error = await ask().catch((thrown: unknown) => thrown);
      if (!(error instanceof CoalmineError)) throw new Error(`not refused: ${String(error)}`);
      errors.push(error);
    }
    return errors;
  }

  function textOf(error: unknown): string {
    if (!(error instanceof Error)) return '';
    return `${error.stack}\n${JSON.stringify(error)}\n${textOf(error.cause)}`;
  }

  it.each([
    ['password', basic(WRONG)],
    ['token', bearer(WRONG)],
    ['login', null],
  ])('refuses a wrong %s, and says what to check', async (_what, auth) => {
    for (const error of await refusalsOf(auth)) {
      expect(error.code).toBe('registry_refused');
      expect(error.message).toContain('who are you?');
      expect(error.hints[0]).toContain('check registry.auth');
      for (const secret of [WRONG, Buffer.from(`coalmine:${WRONG}`).toString('base64')])
        expect(textOf(error)).not.toContain(secret);
    }
  });

  it('is not trusted when nobody named its authority, and says how to name it', async () => {
    const foreign = await registryProxy({
      registryUrl: (await testBroker()).registryUrl,
      identity: newAuthority('another authority').issue('registry', ['localhost']),
      accepted: [`Bearer ${TOKEN}`],
    });
    for (const error of await refusalsOf(bearer(TOKEN), foreign.url)) {
      expect(error.code).toBe('registry_unavailable');
      expect(error.message).toMatch(/unable to verify the first certificate$/);
      expect(error.hints.at(-1)).toContain('NODE_EXTRA_CA_CERTS');
      expect(textOf(error)).not.toContain(TOKEN);
    }
    await foreign.close();
  });
});
