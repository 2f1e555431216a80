import type {
  KafkaSettings,
  RegistrySettings,
  SaslSettings,
  Secret,
  TlsSettings,
} from '../../../adapters/kafka/settings.ts';
import { durationMs } from '../../plan/duration.ts';
import { DEFAULT_TOPICS } from '../default-topics.ts';
import type { ConfiguredRollout, ServiceConfig, TopicSettings } from '../service-config.ts';
import { certificateProblem, keyProblem } from './certificates.ts';
import { fillInputs } from './fill-inputs.ts';
import type { OutsideReader } from './outside.ts';
import { secretOf } from './secret.ts';
import type { SaslDocument, ServiceDocument } from './shape.ts';

/** The config of a document without problems; what it points at is read through `outside`. */
export function fillConfig(document: ServiceDocument, outside: OutsideReader): ServiceConfig {
  const rollouts = fillRollouts(document, outside);
  const { limits } = document;
  return {
    kafka: fillKafka(document.kafka, outside),
    registry: fillRegistry(document.registry, outside),
    groupPrefix: document.groupPrefix,
    topics: fillTopics(document.topics),
    inputs: fillInputs(document.inputs, rollouts),
    privacyKey: outside.secretOf(document.privacyKeyFrom, ['privacyKeyFrom']),
    dataFolder: outside.pathOf(document.dataFolder),
    http: document.http === false ? null : document.http,
    rollouts,
    routerLeadMs: durationMs(document.routerLead),
    limits: {
      queuedBytesMax: limits.queuedBytesMax,
      openKeyCountMax: limits.openKeyCountMax,
      openBytesMax: limits.openBytesMax,
      partialDeadlineMs: durationMs(limits.partialDeadline),
      messageBytesMax: limits.messageBytesMax,
      rolloutCountMax: limits.rolloutCountMax,
      schemaCountMax: limits.schemaCountMax,
    },
  };
}

function fillKafka(kafka: ServiceDocument['kafka'], outside: OutsideReader): KafkaSettings {
  const { tls, sasl } = kafka;
  return {
    brokers: kafka.brokers,
    clientId: kafka.clientId,
    tls: tls === undefined ? null : fillTls(tls, outside),
    sasl: sasl === undefined ? null : fillSasl(sasl, outside),
    connectionTimeoutMs: durationMs(kafka.connectionTimeout),
    requestTimeoutMs: durationMs(kafka.requestTimeout),
    sessionTimeoutMs: durationMs(kafka.sessionTimeout),
    heartbeatIntervalMs: durationMs(kafka.heartbeatInterval),
    rebalanceTimeoutMs: durationMs(kafka.rebalanceTimeout),
  };
}

function fillTls(
  tls: NonNullable<ServiceDocument['kafka']['tls']>,
  outside: OutsideReader,
): TlsSettings {
  const at = ['kafka', 'tls'];
  const ca = outside.pemOf(tls.ca, [...at, 'ca'], certificateProblem);
  const cert = outside.pemOf(tls.cert, [...at, 'cert'], certificateProblem);
  const key = outside.pemOf(tls.key, [...at, 'key'], (pem) => keyProblem(pem, cert));
  const serverName = tls.serverName ?? null;
  return { ca, cert, key: key === null ? null : secretOf(key), serverName };
}

function fillSasl(sasl: SaslDocument, outside: OutsideReader): SaslSettings {
  const secret = (key: 'passwordFrom' | 'clientSecretFrom'): Secret =>
    outside.secretOf(sasl[key], ['kafka', 'sasl', key]) ?? secretOf('');
  const { mechanism } = sasl;
  if (mechanism !== 'oauthbearer')
    return { mechanism, username: sasl.username ?? '', password: secret('passwordFrom') };
  return {
    mechanism,
    tokenUrl: sasl.tokenUrl ?? '',
    clientId: sasl.clientId ?? '',
    clientSecret: secret('clientSecretFrom'),
    scope: sasl.scope ?? null,
  };
}

function fillRegistry(
  { url, auth, timeout }: ServiceDocument['registry'],
  outside: OutsideReader,
): RegistrySettings {
  return { url, auth: fillAuth(auth, outside), timeoutMs: durationMs(timeout) };
}

function fillAuth(
  auth: ServiceDocument['registry']['auth'],
  outside: OutsideReader,
): RegistrySettings['auth'] {
  const at = ['registry', 'auth'];
  if (auth?.basic !== undefined) {
    const { username, passwordFrom } = auth.basic;
    const password = outside.secretOf(passwordFrom, [...at, 'basic', 'passwordFrom']);
    return { kind: 'basic', username, password: password ?? secretOf('') };
  }
  if (auth?.bearer === undefined) return null;
  const token = outside.secretOf(auth.bearer.tokenFrom, [...at, 'bearer', 'tokenFrom']);
  return { kind: 'bearer', token: token ?? secretOf('') };
}

function fillTopics(topics: ServiceDocument['topics']): ServiceConfig['topics'] {
  const fill = (topic: OwnTopicDocument): TopicSettings => ({
    name: topic.name,
    partitionCount: topic.partitions,
    replicationFactor: topic.replicationFactor ?? topics.replicationFactor,
    retentionMs: retentionMs(topic.retention ?? 'forever'),
  });
  return {
    partials: fill(topics.partials),
    positions: fill(topics.positions),
    profiles: fill(topics.profiles),
    verdicts: fill(topics.verdicts),
    routing: fill(topics.routing),
    rollouts: fill(topics.rollouts),
    rolloutEvents: fill(topics.rolloutEvents),
    deadLetters: fill(topics.deadLetters),
  };
}

interface OwnTopicDocument {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number | undefined;
  readonly retention?: string;
}

function retentionMs(text: string): number {
  return text === 'forever' ? -1 : durationMs(text);
}

/** Without a word about outcomes the usual topic is read, where it is an input. */
function fillRollouts(
  { rollouts, inputs }: ServiceDocument,
  outside: OutsideReader,
): readonly ConfiguredRollout[] {
  const isRead = inputs?.some(({ topic }) => topic === DEFAULT_TOPICS.outcomes) ?? true;
  const usual = isRead ? DEFAULT_TOPICS.outcomes : null;
  return rollouts.map(({ plan, current, canary, outcomes, startAt }) => ({
    planFile: outside.pathOf(plan),
    current,
    canary,
    outcomes: outcomes === undefined ? usual : outcomes,
    startAt,
  }));
}
