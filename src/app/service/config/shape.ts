import { z } from 'zod';
import { OWN_TOPICS, type OwnTopic } from '../../../pipeline/stream/messages.ts';
import { duration, positiveCount, positiveDuration } from '../../plan/shape-values.ts';
import { DEFAULT_TOPICS } from '../default-topics.ts';
import { OWN_TOPIC_DEFAULTS } from './own-topics.ts';
import { inputShape } from './shape-inputs.ts';
import {
  address,
  hostPort,
  partitions,
  path,
  retention,
  secretSource,
  topicName,
  words,
} from './shape-values.ts';

const tlsShape = z
  .strictObject({
    ca: path
      .optional()
      .describe('Certificates of the authorities, PEM. Default: those that Node brings along.'),
    cert: path
      .optional()
      .describe('Certificate of this client, PEM; then those that lead to its authority.'),
    key: path.optional().describe('Private key of this client, PEM, without a passphrase.'),
    serverName: words
      .optional()
      .describe("Name that the broker's certificate carries, when it is not the host's."),
  })
  .describe('Encrypts the connections; `{}` is enough where the authority is a public one.');

const saslShape = z
  .strictObject({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
      .describe('The way in which it proves who it is; use tls with it.'),
    username: words.optional().describe('Of plain and scram: the user.'),
    passwordFrom: secretSource.optional().describe('Of plain and scram: its password.'),
    tokenUrl: address
      .optional()
      .describe('Of oauthbearer: where tokens are had for client credentials.'),
    clientId: words.optional().describe('Of oauthbearer: the name of this client.'),
    clientSecretFrom: secretSource.optional().describe('Of oauthbearer: its secret.'),
    scope: words.optional().describe('Of oauthbearer: the scope that is asked for.'),
  })
  .describe('How this client names itself to the brokers.');

const kafkaShape = z.strictObject({
  brokers: z
    .array(hostPort)
    .min(1)
    .max(100)
    .describe('Where the first connection goes; one that answers is enough.'),
  clientId: topicName
    .default('coalmine')
    .describe('The name of this client in logs and quotas of the brokers.'),
  tls: tlsShape.optional(),
  sasl: saslShape.optional(),
  connectionTimeout: positiveDuration
    .default('5s')
    .describe('A connection that takes longer is given up, and tried again.'),
  requestTimeout: positiveDuration
    .default('30s')
    .describe('An answer that takes longer counts as none.'),
  sessionTimeout: positiveDuration
    .default('20s')
    .describe(
      'A member that is silent for so long loses its partitions. At least 3 times heartbeatInterval.',
    ),
  heartbeatInterval: positiveDuration
    .default('3s')
    .describe('How often a member says that it is alive.'),
  rebalanceTimeout: positiveDuration
    .default('60s')
    .describe('Members that do not join a rebalance within this are left out of it.'),
});

const registryShape = z.strictObject({
  url: address.describe(
    "A schema registry with Confluent's interface, with the path that it needs.",
  ),
  auth: z
    .strictObject({
      basic: z
        .strictObject({
          username: words.describe('User of HTTP Basic.'),
          passwordFrom: secretSource.describe('Its password.'),
        })
        .optional()
        .describe('A user and a password.'),
      bearer: z
        .strictObject({ tokenFrom: secretSource.describe('Token of HTTP Bearer.') })
        .optional()
        .describe('A token.'),
    })
    .optional()
    .describe('Exactly one of basic, bearer.'),
  timeout: positiveDuration.default('5s').describe('For one request; each is asked a few times.'),
});

function commonKeys(topic: OwnTopic) {
  return {
    name: topicName.default(OWN_TOPICS[topic]).describe('The name of the topic.'),
    partitions: partitions
      .default(OWN_TOPIC_DEFAULTS[topic].partitions)
      .describe('When it is made; what exists is left as it is.'),
    replicationFactor: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('When it is made. Default: topics.replicationFactor.'),
  };
}

/** It has no retention to set: it keeps the latest record of each key. */
function compactedShape(topic: OwnTopic) {
  return z.strictObject(commonKeys(topic)).prefault({}).describe(OWN_TOPIC_DEFAULTS[topic].about);
}

function historyShape(topic: OwnTopic) {
  return z
    .strictObject({
      ...commonKeys(topic),
      retention: retention
        .default(OWN_TOPIC_DEFAULTS[topic].retention)
        .describe('When it is made.'),
    })
    .prefault({})
    .describe(OWN_TOPIC_DEFAULTS[topic].about);
}

const topicsShape = z.strictObject({
  replicationFactor: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Of every topic of ours that does not say; 3 where there are three brokers or more.'),
  partials: historyShape('partials'),
  positions: compactedShape('positions'),
  profiles: compactedShape('profiles'),
  verdicts: historyShape('verdicts'),
  routing: compactedShape('routing'),
  rollouts: compactedShape('rollouts'),
  rolloutEvents: historyShape('rolloutEvents'),
  deadLetters: historyShape('deadLetters'),
});

const rolloutShape = z.strictObject({
  plan: path.describe('The plan, a YAML file.'),
  current: topicName
    .default(DEFAULT_TOPICS.current)
    .describe('Topic with the predictions of the version in production.'),
  canary: topicName
    .default(DEFAULT_TOPICS.canary)
    .describe('Topic with those of the new version; both may be in one.'),
  outcomes: topicName
    .nullable()
    .optional()
    .describe(
      'Topic with the outcomes, when the plan has a metric of them. Default: `outcomes`, where it is an input.',
    ),
  startAt: z
    .enum(['earliest', 'latest'])
    .default('latest')
    .describe('Where topics are read from that nobody read for this rollout before.'),
});

const limitsShape = z.strictObject({
  queuedBytesMax: positiveCount
    .default(16_777_216)
    .describe(
      'Bytes of records that wait to be joined, per partition: beyond it fetching is paused.',
    ),
  openKeyCountMax: positiveCount
    .default(1_000_000)
    .describe(
      'Open request ids of one partition of a rollout, where its plan allows as many: beyond it the leading version waits.',
    ),
  openBytesMax: positiveCount
    .min(1_000_000)
    .default(1_073_741_824)
    .describe(
      'Bytes of open request ids of all partitions of a joiner: beyond it their leading versions wait.',
    ),
  partialDeadline: positiveDuration
    .default('10m')
    .describe('After this long without the numbers of some partition a window closes incomplete.'),
  messageBytesMax: positiveCount
    .min(10_000)
    .default(1_000_000)
    .describe(
      'The largest message that is written, and the largest record that is read; no more than the brokers take.',
    ),
  rolloutCountMax: positiveCount
    .max(10_000)
    .default(30)
    .describe('Rollouts that are applied at a time: one more is refused.'),
  schemaCountMax: positiveCount
    .default(1000)
    .describe('Schemas of writers that are kept ready: beyond it the oldest is let go.'),
});

/** `coalmine.yaml` as a user writes it, with every scalar default filled in. */
export const serviceShape = z.strictObject({
  kafka: kafkaShape.describe('How the brokers are reached.'),
  registry: registryShape.describe('How the schema registry is reached.'),
  groupPrefix: topicName
    .default('coalmine')
    .describe('Consumer groups begin with it: services that share a cluster need different ones.'),
  topics: topicsShape
    .prefault({})
    .describe('The topics of the service itself; missing ones are made when it starts.'),
  inputs: z
    .array(inputShape)
    .max(1000)
    .optional()
    .describe(
      'Topics that other people write. Default: those of the rollouts, and `predictions.current`, `predictions.canary` and `outcomes`, in Avro with our own fields.',
    ),
  privacyKeyFrom: secretSource.optional().describe('Key of privacy.hash.'),
  dataFolder: path
    .default('data')
    .describe('What the service stores: DuckDB files, Parquet, waiting requests.'),
  http: z
    .union([
      z.strictObject({
        host: words
          .default('127.0.0.1')
          .describe('Where it listens; 0.0.0.0: on all interfaces, for anybody who comes there.'),
        port: z.int().min(0).max(65_535).default(8080).describe('The port; 0: any that is free.'),
      }),
      z.literal(false),
    ])
    .prefault({})
    .describe('Health, metrics and rollouts over HTTP; false: none.'),
  rollouts: z
    .array(rolloutShape)
    .max(10_000)
    .default([])
    .describe('Rollouts that are applied when the service starts, as by `coalmine apply`.'),
  routerLead: duration
    .default('5s')
    .describe(
      'A change of shares is published this long ahead of its event time, so that routers can keep it.',
    ),
  limits: limitsShape.prefault({}).describe('What can grow, and where it stops: docs/limits.md.'),
});

export type ServiceDocument = z.output<typeof serviceShape>;
export type SaslDocument = z.output<typeof saslShape>;
export type SecretSourceDocument = z.output<typeof secretSource>;
