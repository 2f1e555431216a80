import { describe, expect, test } from 'vitest';
import { clientConfig } from '../../../../src/adapters/kafka/connect.ts';
import type { LogLine } from '../../../../src/adapters/kafka/log-line.ts';
import { PLAIN, secretOf } from './settings-of.ts';

const silent = () => {};

describe("settings in kafkajs' words", () => {
  test('name brokers and times, and nothing of TLS or SASL where there is none', () => {
    const config = clientConfig(PLAIN, silent);
    expect(config).toMatchObject({
      brokers: ['one:9092', 'two:9092'],
      clientId: 'coalmine',
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      enforceRequestTimeout: true,
    });
    expect(Object.keys(config)).not.toContain('ssl');
    expect(Object.keys(config)).not.toContain('sasl');
  });

  test("trust the system's authorities where TLS has none of its own", () => {
    const tls = { ca: null, cert: null, key: null, serverName: null };
    expect(clientConfig({ ...PLAIN, tls }, silent).ssl).toEqual({});
  });

  test('carry authority, certificate, key and name', () => {
    const tls = { ca: 'CA', cert: 'CERT', key: secretOf('KEY'), serverName: 'kafka.local' };
    expect(clientConfig({ ...PLAIN, tls }, silent).ssl).toEqual({
      ca: ['CA'],
      cert: 'CERT',
      key: 'KEY',
      servername: 'kafka.local',
    });
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('log in by %s', (mechanism) => {
    const sasl = { mechanism, username: 'u', password: secretOf('p') };
    const config = clientConfig({ ...PLAIN, sasl }, silent);
    expect(config.sasl).toEqual({ mechanism, username: 'u', password: 'p' });
  });

  test('hand log lines over without the secrets', () => {
    const lines: LogLine[] = [];
    const sasl = { mechanism: 'plain', username: 'u', password: secretOf('hush-hush') } as const;
    const config = clientConfig({ ...PLAIN, sasl }, (line) => lines.push(line));
    config.logCreator?.(4)({
      namespace: 'Connection',
      level: 1,
      label: 'ERROR',
      log: { timestamp: '', message: 'refused hush-hush', broker: 'one:9092', retryCount: 2 },
    });
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'refused ***',
        fields: { part: 'Connection', broker: 'one:9092', retryCount: 2 },
      },
    ]);
  });
});
