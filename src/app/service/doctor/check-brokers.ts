import { unspokenApis } from '../../../adapters/kafka/probe.ts';
import { type Check, mendOf } from './check.ts';
import type { BrokerFact, DoctorFacts } from './facts.ts';

/** Each broker by itself, then the cluster with the login of the config. */
export function checkBrokers({
  brokers,
  cluster,
  config,
}: Pick<DoctorFacts, 'brokers' | 'cluster' | 'config'>): readonly Check[] {
  const { sasl, tls } = config.kafka;
  const checks = brokers.map(checkBroker);
  const isAnyThere = brokers.some(({ answer }) => answer.kind === 'answers');
  // Without any broker the cluster has nothing to add.
  if (isAnyThere) checks.push(checkCluster(cluster, config));
  if (sasl !== null && tls === null) {
    const what = sasl.mechanism === 'plain' ? 'the password' : 'what is read and written';
    checks.push({
      area: 'brokers',
      subject: 'encryption',
      status: 'warning',
      seen: `sasl without tls: ${what} can be read on the way`,
      mend: 'write kafka.tls: {} and use a port of the brokers that speaks TLS',
    });
  }
  return checks;
}

function checkBroker({ address, namedBy, answer }: BrokerFact): Check {
  const line = { area: 'brokers', subject: address };
  if (answer.kind === 'silent') {
    return {
      ...line,
      status: 'error',
      seen:
        namedBy === 'config'
          ? `does not answer: ${answer.why}`
          : `the brokers send clients there, and it does not answer: ${answer.why}`,
      mend:
        answer.hint ??
        (namedBy === 'config'
          ? 'start it, or correct kafka.brokers (and kafka.tls) in the config'
          : 'set advertised.listeners of that broker to an address that clients reach, or open the way to it'),
    };
  }
  const unspoken = unspokenApis(answer.apis);
  if (unspoken.length > 0) {
    return {
      ...line,
      status: 'error',
      seen: `its protocol is too far from ours: ${unspoken.join('; ')}`,
      mend: 'use brokers from Kafka 1.0 to 4.x',
    };
  }
  const seen = `answers in ${Math.ceil(answer.tookMs)} ms, and speaks what we speak`;
  return { ...line, status: 'ok', seen, mend: null };
}

function checkCluster(cluster: DoctorFacts['cluster'], config: DoctorFacts['config']): Check {
  const { sasl } = config.kafka;
  const line = { area: 'brokers', subject: 'cluster' };
  if (!cluster.ok) {
    const mend =
      sasl === null
        ? 'see whether the brokers want a login (kafka.sasl) or TLS (kafka.tls)'
        : 'check the user and the secret of kafka.sasl, and the mechanism that the brokers allow';
    const { why, hints } = cluster;
    return { ...line, status: 'error', seen: why, mend: mendOf(hints, mend) };
  }
  const count = cluster.value.length;
  const { replicationFactor } = config.topics.partials;
  const login = sasl === null ? '' : `, with ${sasl.mechanism} as ${userOf(sasl)}`;
  const seen = `${count} broker${count === 1 ? '' : 's'}${login}`;
  if (replicationFactor > count)
    return {
      ...line,
      status: 'error',
      seen: `${seen}; topics.replicationFactor is ${replicationFactor}`,
      mend: `write topics.replicationFactor: ${count}`,
    };
  if (count >= 3 && replicationFactor < 3)
    return {
      ...line,
      status: 'warning',
      seen: `${seen}; topics.replicationFactor is ${replicationFactor}: one broker that is lost takes records with it`,
      mend: 'write topics.replicationFactor: 3 before the topics are made',
    };
  return { ...line, status: 'ok', seen, mend: null };
}

function userOf(sasl: NonNullable<DoctorFacts['config']['kafka']['sasl']>): string {
  return sasl.mechanism === 'oauthbearer' ? sasl.clientId : sasl.username;
}
