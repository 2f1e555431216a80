import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../../src/adapters/kafka/faults.ts';
import { plainReason } from '../../../../src/adapters/kafka/refusals.ts';
import { PLAIN, secretOf } from './settings-of.ts';

const LOGIN = {
  ...PLAIN,
  sasl: { mechanism: 'plain', username: 'u', password: secretOf('hush') },
} as const;

function lost(code: string, message = 'gone'): Error {
  return new KafkaJSConnectionError(`Connection error: ${message}`, { broker: 'one:9092', code });
}

function protocolError(type: string): Error {
  return Object.assign(new KafkaJSProtocolError(new Error(type)), { type, retriable: false });
}

describe('a connection that fails for good', () => {
  it.each([
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'Is kafka.tls.ca the authority'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'Is kafka.tls.ca the authority'],
    ['CERT_HAS_EXPIRED', 'Renew the certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'kafka.tls.serverName'],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'kafka.tls.cert'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'kafka.tls.cert'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'Does this port speak TLS'],
  ])('by %s says what to check', (code, hint) => {
    const { error, waiting } = faultOf(lost(code), 'asking', PLAIN);
    expect(error).toMatchObject({
      code: 'broker_refused',
      message: 'asking: no TLS with one:9092 (gone)',
      hints: [expect.stringContaining(hint)],
    });
    expect(waiting).toBe('no');
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'])(
    'is not one by %s, which passes',
    (code) => {
      expect(faultOf(lost(code), 'asking', PLAIN)).toMatchObject({
        error: { code: 'broker_unavailable' },
        waiting: 'helps',
      });
    },
  );
});

describe('a login that is refused', () => {
  it.each([
    [
      Object.assign(new Error('who are you'), { name: 'KafkaJSSASLAuthenticationError' }),
      'the login by plain is refused at one:9092, two:9092 (who are you)',
      'Check username and password of kafka.sasl',
    ],
    [
      protocolError('UNSUPPORTED_SASL_MECHANISM'),
      'the login by plain is refused at one:9092, two:9092 (UNSUPPORTED_SASL_MECHANISM)',
      'sasl.enabled.mechanisms',
    ],
    [
      protocolError('ILLEGAL_SASL_STATE'),
      'the listener at one:9092, two:9092 wants no login (ILLEGAL_SASL_STATE)',
      'Leave kafka.sasl out',
    ],
  ])('says where, and what to check: %s', (thrown, message, hint) => {
    const { error, waiting } = faultOf(thrown, 'asking', LOGIN);
    expect(error).toMatchObject({
      code: 'broker_refused',
      message: `asking: ${message}`,
      hints: [expect.stringContaining(hint)],
    });
    expect(waiting).toBe('no');
  });
});

describe('the reason of a library', () => {
  it.each([
    [
      'Connection error: 408D:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../a.c:918:SSL alert number 42\n',
      'ssl/tls alert bad certificate',
    ],
    [
      'unable to verify the first certificate; if the root CA is installed locally, try a flag',
      'unable to verify the first certificate',
    ],
    ['Closed connection', 'Closed connection'],
  ])('is told without what nobody needs: %s', (message, reason) => {
    expect(plainReason(message)).toBe(reason);
  });
});
