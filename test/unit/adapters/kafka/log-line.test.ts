import { describe, expect, test } from 'vitest';
import { logLine, redactor } from '../../../../src/adapters/kafka/log-line.ts';
import { PLAIN, secretOf } from './settings-of.ts';

const unchanged = (text: string) => text;

describe("a line of the client's log", () => {
  test('keeps what is plain, writes out the rest, and leaves stacks and times out', () => {
    const log = {
      message: 'm',
      timestamp: 't',
      logger: 'kafkajs',
      stack: 's',
      broker: 'b:1',
      ok: true,
      retryCount: 3,
      topics: ['x'],
      error: new Error('went wrong'),
      nothing: undefined,
    };
    expect(logLine({ label: 'INFO', namespace: 'Part', log }, unchanged)).toEqual({
      level: 'debug',
      message: 'm',
      fields: {
        part: 'Part',
        broker: 'b:1',
        ok: true,
        retryCount: 3,
        topics: '["x"]',
        error: 'went wrong',
      },
    });
  });

  test('has no secret in any field, nor within one', () => {
    const tls = { ca: null, cert: null, key: secretOf('pem'), serverName: null };
    const sasl = {
      mechanism: 'oauthbearer',
      tokenUrl: 'http://x',
      clientId: 'id',
      clientSecret: secretOf('s3cret'),
      scope: null,
    } as const;
    const redact = redactor({ ...PLAIN, tls, sasl });
    const log = { message: 's3cret', request: { auth: 'Basic s3cret', key: 'pem' } };
    expect(logLine({ label: 'WARN', namespace: 'P', log }, redact)).toEqual({
      level: 'warn',
      message: '***',
      fields: { part: 'P', request: '{"auth":"Basic ***","key":"***"}' },
    });
  });

  test('is not cut up by a secret that is empty', () => {
    const sasl = { mechanism: 'plain', username: 'u', password: secretOf('') } as const;
    expect(redactor({ ...PLAIN, sasl })('text')).toBe('text');
  });
});
