import type { KafkaSettings, Secret } from '../../../../src/adapters/kafka/settings.ts';

export function secretOf(text: string): Secret {
  return { reveal: () => text, toString: () => '***', toJSON: () => '***' };
}

export const PLAIN: KafkaSettings = {
  brokers: ['one:9092', 'two:9092'],
  clientId: 'coalmine',
  tls: null,
  sasl: null,
  connectionTimeoutMs: 1_000,
  requestTimeoutMs: 2_000,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  rebalanceTimeoutMs: 10_000,
};
