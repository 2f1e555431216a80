import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProblems } from '../../../../src/app/plan/problem.ts';
import { parseServiceConfig, readServiceConfig } from '../../../../src/app/service/read-config.ts';
import type { ServiceConfig } from '../../../../src/app/service/service-config.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { configOf, LEAST, outside, problemsOf } from './configs.ts';

describe('the least config', () => {
  it('is two addresses and a plan; every default is filled in', () => {
    const config = configOf(`${LEAST}rollouts: [{ plan: plan.yaml }]\n`);
    expect(config).toMatchObject({
      kafka: { brokers: ['127.0.0.1:9092'], tls: null, sasl: null, sessionTimeoutMs: 20_000 },
      registry: { url: 'http://127.0.0.1:8081', auth: null, timeoutMs: 5_000 },
      groupPrefix: 'coalmine',
      privacyKey: null,
      dataFolder: 'etc/data',
      http: { host: '127.0.0.1', port: 8080 },
      rollouts: [
        {
          planFile: 'etc/plan.yaml',
          current: 'predictions.current',
          canary: 'predictions.canary',
          outcomes: 'outcomes',
          startAt: 'latest',
        },
      ],
      limits: { partialDeadlineMs: 600_000, rolloutCountMax: 30 },
    });
    expect(config.inputs.map(({ topic, format }) => [topic, format])).toEqual([
      ['predictions.current', 'avro'],
      ['predictions.canary', 'avro'],
      ['outcomes', 'avro'],
    ]);
  });

  it('reads the topics of its rollouts, and the usual ones for those applied later', () => {
    const { inputs } = configOf(`${LEAST}rollouts: [{ plan: p.yaml, current: a, canary: a }]\n`);
    expect(inputs.map(({ topic }) => topic)).toEqual([
      'predictions.current',
      'predictions.canary',
      'outcomes',
      'a',
    ]);
  });

  it('has topics of its own: tables for ever, history for a while', () => {
    const { topics } = configOf(LEAST);
    expect(topics.partials).toEqual({
      name: 'coalmine.partials',
      partitionCount: 8,
      replicationFactor: 1,
      retentionMs: 7 * 86_400_000,
    });
    for (const table of ['positions', 'profiles', 'routing', 'rollouts'] as const)
      expect(topics[table].retentionMs).toBe(-1);
  });
});

describe('infra/coalmine.yaml', () => {
  const file = new URL('../../../../infra/coalmine.yaml', import.meta.url);

  it('is valid, and its rollout is that of the demo', () => {
    const result = parseServiceConfig(readFileSync(file, 'utf8'), file.pathname, outside());
    if (!result.ok) throw new Error(formatProblems(result.problems));
    const [rollout] = result.config.rollouts;
    expect(readFileSync(rollout?.planFile ?? '', 'utf8')).toContain('kind: Rollout');
  });

  it('is valid in what it only shows', () => {
    const shown = readFileSync(file, 'utf8')
      .split('\n')
      .filter(
        (line) => !/^\s*# (?:Whoever|yaml-)|^# |auth: \{ basic|^registry|^ {2}# tls/.test(line),
      )
      .map((line) => line.replace(/^(\s*)# /, '$1'))
      .join('\n')
      .replace(/^( {2}url:.*)$/m, 'registry:\n$1');
    const secrets = { KAFKA_PASSWORD: 'a', COALMINE_PRIVACY_KEY: 'b' };
    const around = outside(secrets, { 'secrets/registry-token': 'c' });
    const config = parseServiceConfig(
      `${shown}\nprivacyKeyFrom: { env: COALMINE_PRIVACY_KEY }\n`,
      'coalmine.yaml',
      around,
    );
    if (!config.ok) throw new Error(formatProblems(config.problems));
    expect(config.config).toMatchObject({
      kafka: { sasl: { mechanism: 'scram-sha-512' } },
      registry: { auth: { kind: 'bearer' } },
    });
    expect(config.config.inputs[1]).toMatchObject({
      format: 'json',
      fieldMap: {
        fields: { request_id: { path: '@key' }, model: { constant: 'fraud' } },
        features: { path: '$.inputs' },
      },
      privacy: { drop: ['feature.email'], hash: ['unit_id'] },
    });
  });
});

describe('secrets', () => {
  const sasl = (from: string) =>
    LEAST.replace(' }\n', `, sasl: { mechanism: plain, username: me, passwordFrom: ${from} } }\n`);
  const passwordOf = ({ kafka }: ServiceConfig) =>
    kafka.sasl?.mechanism === 'plain' ? kafka.sasl.password.reveal() : null;

  it('come from a variable, from the file that NAME_FILE names, or from a file', () => {
    const files = { '/run/secrets/pw': 'hunter2\n', 'etc/pw': 'hunter2\r\n' };
    const env = sasl('{ env: PW }');
    expect(passwordOf(configOf(env, outside({ PW: 'hunter2\n' })))).toBe('hunter2');
    expect(passwordOf(configOf(env, outside({ PW_FILE: '/run/secrets/pw' }, files)))).toBe(
      'hunter2',
    );
    expect(passwordOf(configOf(sasl('{ file: pw }'), outside({}, files)))).toBe('hunter2');
  });

  it('are shown as *** by everything that prints a config', () => {
    const config = configOf(sasl('{ env: PW }'), outside({ PW: 'hunter2' }));
    for (const text of [JSON.stringify(config), inspect(config, { depth: null })]) {
      expect(text).toContain('***');
      expect(text).not.toContain('hunter2');
    }
  });

  it.each([
    [
      '{ env: PW }',
      {},
      '1:93 kafka.sasl.passwordFrom.env: neither PW nor PW_FILE is set in the environment',
    ],
    [
      '{ env: PW }',
      { PW: 'a', PW_FILE: 'b' },
      '1:93 kafka.sasl.passwordFrom.env: PW and PW_FILE are both set in the environment: one of them',
    ],
    ['{ env: PW }', { PW: '' }, '1:77 kafka.sasl.passwordFrom: the secret is empty'],
    ['{ file: pw }', {}, '1:93 kafka.sasl.passwordFrom.file: the file pw does not exist'],
    ['{}', {}, '1:77 kafka.sasl.passwordFrom: needs exactly one of env, file'],
  ])('that are not to be had are problems: %s with %j', (from, variables, problem) => {
    const found = problemsOf(sasl(from), outside(variables));
    expect(found).toEqual([`coalmine.yaml:${problem}`]);
  });

  it('in the file are refused, with what to write, and not printed', () => {
    const text = [
      'kafka:',
      '  brokers: [127.0.0.1:9092]',
      '  sasl: { mechanism: plain, username: me, password: hunter2 }',
      'registry:',
      '  url: http://me:hunter2@registry',
      '  auth: { bearer: { token: hunter2, tokenFrom: hunter2 } }',
      'privacyKey: hunter2',
    ].join('\n');
    const found = problemsOf(text);
    expect(found.join('\n')).not.toContain('hunter2');
    expect(found.map((line) => line.replace(/ \(valid: .*/, ''))).toEqual([
      'coalmine.yaml:3:43 kafka.sasl.password: a secret has no place in this file: write passwordFrom: { env: NAME } or passwordFrom: { file: PATH }',
      'coalmine.yaml:5:3 registry.url: must be an http or https address without a user or a password in it (what is there is not shown)',
      'coalmine.yaml:6:21 registry.auth.bearer.token: a secret has no place in this file: write tokenFrom: { env: NAME } or tokenFrom: { file: PATH }',
      'coalmine.yaml:6:37 registry.auth.bearer.tokenFrom: must be the place of a secret: { env: NAME } or { file: PATH } (what is there is not shown)',
      'coalmine.yaml:7:1 privacyKey: a secret has no place in this file: write privacyKeyFrom: { env: NAME } or privacyKeyFrom: { file: PATH }',
    ]);
  });
});

describe('how brokers and registry are reached', () => {
  it('takes certificates from files, and keeps the key secret', () => {
    const authority = newAuthority('an authority');
    const ca = authority.cert;
    const { cert, key } = authority.issue('me');
    const { kafka } = configOf(
      LEAST.replace(' }\n', ', tls: { ca: ca.pem, cert: c.pem, key: k.pem, serverName: b } }\n'),
      outside({}, { 'etc/ca.pem': ca, 'etc/c.pem': cert, 'etc/k.pem': key }),
    );
    expect(kafka.tls).toMatchObject({ ca, cert, serverName: 'b' });
    expect(kafka.tls?.key?.reveal()).toBe(key);
    expect(String(kafka.tls?.key)).toBe('***');
  });

  it('knows OAuth client credentials, HTTP Basic and bearer tokens', () => {
    const text = [
      'kafka:',
      '  brokers: [a:1]',
      '  sasl: { mechanism: oauthbearer, tokenUrl: https://id/token, clientId: me, clientSecretFrom: { env: S } }',
      'registry: { url: https://r, auth: { basic: { username: me, passwordFrom: { env: S } } } }',
    ].join('\n');
    const { kafka, registry } = configOf(text, outside({ S: 's' }));
    expect(kafka.sasl).toMatchObject({ mechanism: 'oauthbearer', clientId: 'me', scope: null });
    expect(registry.auth).toMatchObject({ kind: 'basic', username: 'me' });
  });

  it.each([
    [
      'sasl: { mechanism: scram-sha-256 }',
      [
        'kafka.sasl.username: is missing: scram-sha-256 needs it',
        'kafka.sasl.passwordFrom: is missing: scram-sha-256 needs it',
      ],
    ],
    [
      'sasl: { mechanism: gssapi }',
      [
        'kafka.sasl.mechanism: must be one of plain, scram-sha-256, scram-sha-512, oauthbearer, not gssapi (valid: plain, scram-sha-256, scram-sha-512, oauthbearer)',
      ],
    ],
    [
      'tls: { cert: c.pem }',
      ['kafka.tls.cert: a certificate and its key come together: cert and key'],
    ],
    [
      'tls: { ca: README }',
      ['kafka.tls.ca: the file README is not PEM: it has no -----BEGIN line'],
    ],
    [
      'sessionTimeout: 5s',
      [
        'kafka.heartbeatInterval: must be at most a third of sessionTimeout (5s): a late heartbeat would end the session',
      ],
    ],
    ['broker: []', ['kafka.broker: unknown key; did you mean brokers?']],
  ])('refuses %s', (line, problems) => {
    const files = { 'c.pem': newAuthority('an authority').cert, README: 'no' };
    const found = problemsOf(LEAST.replace(' }\n', `, ${line} }\n`), outside({}, files));
    const said = found.map((problem) => problem.replace(/^\S+ /, ''));
    for (const [i, problem] of problems.entries()) expect(said[i]).toContain(problem);
    expect(said).toHaveLength(problems.length);
  });
});

describe('the text', () => {
  it.each([
    ['kafka: [', 'coalmine.yaml:1:9: not YAML:'],
    [
      'a: 1\n---\nb: 2\n',
      'coalmine.yaml:2:1: a second config begins here (valid: one config per file)',
    ],
    ['', 'coalmine.yaml:1:1: must be the config of the coalmine service, not nothing'],
    ['kafka: {}\n', 'coalmine.yaml:1:1 kafka.brokers: is missing'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(text)[0]).toContain(problem);
  });
});

describe('a config file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coalmine-config-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('is read with the secrets of the environment', async () => {
    const file = join(folder, 'coalmine.yaml');
    await writeFile(file, `${LEAST}privacyKeyFrom: { env: KEY }\n`);
    await writeFile(join(folder, 'key'), 'secret\n');
    const config = await readServiceConfig(file, { KEY_FILE: join(folder, 'key') });
    expect(config.privacyKey?.reveal()).toBe('secret');
    expect(config.dataFolder).toBe(join(folder, 'data'));
  });

  it('with problems is an error that lists them all', async () => {
    const file = join(folder, 'broken.yaml');
    await writeFile(file, 'kafka: { brokers: [] }\nregistry: {}\n');
    await expect(readServiceConfig(file, {})).rejects.toMatchObject({
      code: 'config_invalid',
      message: `${file} has 2 problems`,
      hints: [expect.stringContaining(`${file}:1:10 kafka.brokers`), expect.anything()],
    });
  });

  it('that is not there is an error that shows the least one', async () => {
    await expect(readServiceConfig(join(folder, 'none.yaml'), {})).rejects.toMatchObject({
      code: 'input_missing',
      hints: expect.arrayContaining(['kafka: { brokers: [127.0.0.1:9092] }']),
    });
  });
});
