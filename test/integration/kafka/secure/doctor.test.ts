import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../../src/app/service/doctor/check.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { type RegistryProxy, registryProxy } from '../../../support/secure/registry-proxy.ts';
import { secureBrokerMissing } from '../../../support/secure/secure-broker.ts';
import { type CliRun, runCli } from '../../../unit/cli/run-cli.ts';
import {
  CLIENTS,
  PASSWORDS,
  type SecureWorld,
  secretsOf,
  secureWorld,
  USER,
  WRONG,
} from './world.ts';

const isPossible = hasBroker && secureBrokerMissing() === null;

describe.runIf(isPossible)('coalmine doctor where everything wants TLS and a login', () => {
  let world: SecureWorld;
  let proxy: RegistryProxy;
  let folder = '';

  beforeAll(async () => {
    world = await secureWorld();
    proxy = await registryProxy({
      registryUrl: (await testBroker()).registryUrl,
      identity: world.authority.issue('registry', ['localhost']),
      accepted: [
        `Basic ${Buffer.from(`${USER}:${PASSWORDS.plain}`).toString('base64')}`,
        `Bearer ${PASSWORDS.plain}`,
      ],
    });
    folder = await mkdtemp(join(tmpdir(), 'coalmine-secure-doctor-'));
    const client = world.authority.issue(USER);
    const files = {
      'ca.pem': world.authority.cert,
      'client.pem': client.cert,
      'client-key.pem': client.key,
      password: `${PASSWORDS['scram-sha-512']}\n`,
      'client-secret': CLIENTS.lasting.secret,
      'registry-password': PASSWORDS.plain,
      wrong: WRONG,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  afterAll(async () => {
    await proxy.close();
    await world.end();
    await rm(folder, { recursive: true });
  });

  interface Config {
    readonly broker: string;
    readonly login: readonly string[];
    readonly registryAuth: string;
  }

  /** The forms of docs/secure.md. */
  async function doctor(config: Config, env: Readonly<Record<string, string>>): Promise<CliRun> {
    const text = [
      'kafka:',
      `  brokers: [${config.broker}]`,
      ...config.login.map((line) => `  ${line}`),
      'registry:',
      `  url: ${proxy.url}`,
      `  auth: { ${config.registryAuth} }`,
      'http: false',
    ];
    await writeFile(join(folder, 'coalmine.yaml'), text.join('\n'));
    const run = await runCli(['doctor', '-c', join(folder, 'coalmine.yaml'), '-o', 'json'], {
      env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), ...env },
    });
    const secrets = [
      ...secretsOf(world),
      Buffer.from(`${USER}:${PASSWORDS.plain}`).toString('base64'),
    ];
    for (const secret of secrets) expect(run.stdout + run.stderr).not.toContain(secret);
    return run;
  }

  const BASIC = `basic: { username: ${USER}, passwordFrom: { env: REGISTRY_PASSWORD } }`;
  const BEARER = 'bearer: { tokenFrom: { file: registry-password } }';
  const TLS = 'tls: { ca: ca.pem }';

  function checksOf({ stdout, stderr }: CliRun): readonly Check[] {
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { readonly checks: readonly Check[] }).checks;
  }

  function reached(run: CliRun, area: string): readonly string[] {
    return checksOf(run)
      .filter((check) => check.area === area)
      .map(({ subject, status, seen }) => `${status} ${subject}: ${seen}`);
  }

  it('is let in by SCRAM and HTTP Basic, with secrets in files that variables name', async () => {
    const login = [
      TLS,
      `sasl: { mechanism: scram-sha-512, username: ${USER}, passwordFrom: { env: KAFKA_PASSWORD } }`,
    ];
    const run = await doctor(
      { broker: world.broker.sasl, login, registryAuth: BASIC },
      {
        KAFKA_PASSWORD_FILE: join(folder, 'password'),
        REGISTRY_PASSWORD_FILE: join(folder, 'registry-password'),
      },
    );
    expect(reached(run, 'brokers')).toContain(
      `ok cluster: 1 broker, with scram-sha-512 as ${USER}`,
    );
    expect(reached(run, 'registry').filter((line) => !line.startsWith('ok '))).toEqual([]);
    expect(run.stderr).toBe('');
  });

  it('is let in by a token that comes over TLS, and by a bearer token', async () => {
    const login = [
      TLS,
      'sasl:',
      '  mechanism: oauthbearer',
      `  tokenUrl: ${world.tokens.httpsUrl}`,
      '  clientId: lasting',
      '  clientSecretFrom: { file: client-secret }',
      '  scope: kafka',
    ];
    const run = await doctor({ broker: world.broker.sasl, login, registryAuth: BEARER }, {});
    expect(reached(run, 'brokers')).toContain('ok cluster: 1 broker, with oauthbearer as lasting');
    expect(reached(run, 'registry').filter((line) => !line.startsWith('ok '))).toEqual([]);
  });

  it('is let in by its own certificate', async () => {
    const login = ['tls: { ca: ca.pem, cert: client.pem, key: client-key.pem }'];
    const run = await doctor({ broker: world.broker.mutual, login, registryAuth: BEARER }, {});
    expect(reached(run, 'brokers')).toContain('ok cluster: 1 broker');
  });

  it('says what to check when it is not let in, within seconds', async () => {
    const login = [
      TLS,
      `sasl: { mechanism: plain, username: ${USER}, passwordFrom: { file: wrong } }`,
    ];
    const beganMs = performance.now();
    const run = await doctor(
      { broker: world.broker.sasl, login, registryAuth: BASIC },
      { REGISTRY_PASSWORD_FILE: join(folder, 'wrong') },
    );
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect(run.code).toBe(1);
    const wrong = checksOf(run).filter(({ status }) => status === 'error');
    expect(wrong).toContainEqual(
      expect.objectContaining({
        subject: 'cluster',
        seen: expect.stringContaining(`the login by plain is refused at ${world.broker.sasl}`),
        mend: expect.stringContaining('Check username and password of kafka.sasl'),
      }),
    );
    expect(wrong).toContainEqual(
      expect.objectContaining({ area: 'registry', mend: expect.stringContaining('registry.auth') }),
    );
  });

  it('says to which port it speaks in the wrong way', async () => {
    const run = await doctor({ broker: world.broker.sasl, login: [], registryAuth: BEARER }, {});
    expect(run.code).toBe(1);
    expect(reached(run, 'brokers')).toContain(
      `error ${world.broker.sasl}: does not answer: ${world.broker.sasl} speaks TLS, and was spoken to without`,
    );
  });
});
