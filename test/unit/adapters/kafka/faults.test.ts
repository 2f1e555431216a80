import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { type Fault, faultOf as faultFor, typeOf } from '../../../../src/adapters/kafka/faults.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { PLAIN } from './settings-of.ts';

const faultOf = (thrown: unknown, what: string): Fault => faultFor(thrown, what, PLAIN);

function protocolError(type: string, retriable: boolean): Error {
  const error = new KafkaJSProtocolError(new Error(`the broker says ${type}`));
  return Object.assign(error, { type, retriable });
}

function exceeded(cause: Error): Error {
  const error = new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 2, retryTime: 100 });
  return Object.assign(error, { cause });
}

describe('an error of the client in our words', () => {
  test.each([
    ['a lost connection', new KafkaJSConnectionError('gone', {}), 'broker_unavailable', 'helps'],
    [
      'a leader to come',
      protocolError('LEADER_NOT_AVAILABLE', true),
      'broker_unavailable',
      'helps',
    ],
    [
      'an unknown topic',
      protocolError('UNKNOWN_TOPIC_OR_PARTITION', true),
      'topic_invalid',
      'briefly',
    ],
    ['no permission', protocolError('TOPIC_AUTHORIZATION_FAILED', false), 'broker_refused', 'no'],
    ['a wrong argument', new KafkaJSNonRetriableError('wrong'), 'broker_refused', 'no'],
  ] as const)('names %s', (_, thrown, code, waiting) => {
    for (const error of [thrown, exceeded(thrown)]) {
      expect(faultOf(error, 'asking')).toMatchObject({ error: { code }, waiting });
    }
  });

  test('says what was tried, and what came of it', () => {
    const { error } = faultOf(protocolError('TOPIC_AUTHORIZATION_FAILED', false), 'writing to t');
    expect(error.message).toBe(
      'writing to t: the broker refuses (the broker says TOPIC_AUTHORIZATION_FAILED)',
    );
    expect(typeOf(error)).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  test('speaks of the first of several errors of one request', () => {
    const errors = [protocolError('TOPIC_AUTHORIZATION_FAILED', false)];
    const thrown = Object.assign(new Error('several'), { name: 'KafkaJSAggregateError', errors });
    expect(faultOf(thrown, 'creating').error.message).toContain('TOPIC_AUTHORIZATION_FAILED');
  });

  test('hands on what is ours already, also from within', () => {
    const ours = new CoalmineError('broker_refused', 'no token');
    expect(faultOf(ours, 'asking')).toEqual({ error: ours, waiting: 'no' });
    expect(faultOf(exceeded(ours), 'asking').error).toBe(ours);
  });

  test("does not take a mistake of ours for the broker's", () => {
    expect(() => faultOf(new TypeError('ours'), 'asking')).toThrow(TypeError);
  });
});
