import { randomUUID } from 'node:crypto';
import { type KafkaClient, kafkaClient } from '../../../../src/adapters/kafka/connect.ts';
import type { KafkaSettings, SaslSettings } from '../../../../src/adapters/kafka/settings.ts';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { threadedSource } from '../../../../src/adapters/kafka/thread/threaded-source.ts';
import { createTopics } from '../../../../src/adapters/kafka/topics.ts';
import { kafkaWriter } from '../../../../src/adapters/kafka/writer.ts';
import { secretOf } from '../../../../src/app/service/config/secret.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import type { PartitionSource } from '../../../../src/pipeline/stream/ports.ts';
import { bytesOf, nextOf, readRecords, valuesOf } from '../../../contract/stream/world.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { type SecureBroker, startSecureBroker } from '../../../support/secure/secure-broker.ts';
import { type TokenServer, tokenServer } from '../../../support/secure/token-server.ts';
import { CLOCK, settingsFor } from '../adapters/world.ts';

export const USER = 'coalmine';

/** No other text has these in it, so that none of them can be told from something harmless. */
const secretText = (what: string) => `${what}-${randomUUID()}`;

export const PASSWORDS = {
  plain: secretText('plain'),
  'scram-sha-256': secretText('scram256'),
  'scram-sha-512': secretText('scram512'),
} as const;

export type PasswordMechanism = keyof typeof PASSWORDS;

/** Clients of the token server; the tokens of some live for seconds. */
export const TOKEN_LIFE_S = 4;
export const CLIENTS = {
  lasting: { secret: secretText('lasting'), lifeS: 300 },
  hasty: { secret: secretText('hasty'), lifeS: TOKEN_LIFE_S },
  'hasty-thread': { secret: secretText('hasty-thread'), lifeS: TOKEN_LIFE_S },
  forger: { secret: secretText('forger'), lifeS: 300, isForged: true },
} as const;

export const WRONG = secretText('wrong');

export interface SecureWorld {
  readonly authority: ReturnType<typeof newAuthority>;
  readonly broker: SecureBroker;
  readonly tokens: TokenServer;
  end(): Promise<void>;
}

export async function secureWorld(): Promise<SecureWorld> {
  const authority = newAuthority('authority of the test');
  const identity = authority.issue('broker', ['localhost']);
  const tokens = await tokenServer(CLIENTS, identity);
  const broker = await startSecureBroker({
    identity,
    ca: authority.cert,
    username: USER,
    passwords: PASSWORDS,
    keysUrl: tokens.keysUrl,
  });
  const end = async () => {
    await broker.stop();
    await tokens.close();
  };
  return { authority, broker, tokens, end };
}

export function byPassword(mechanism: PasswordMechanism, password: string): SaslSettings {
  return { mechanism, username: USER, password: secretOf(password) };
}

export function byToken(
  { tokens }: SecureWorld,
  clientId: keyof typeof CLIENTS,
  secret: string = CLIENTS[clientId].secret,
): SaslSettings {
  const clientSecret = secretOf(secret);
  return {
    mechanism: 'oauthbearer',
    tokenUrl: tokens.httpUrl,
    clientId,
    clientSecret,
    scope: null,
  };
}

/** TLS with this authority and no certificate of the client. */
export function tlsOf(ca: string): NonNullable<KafkaSettings['tls']> {
  return { ca, cert: null, key: null, serverName: null };
}

/** A client, and everything that it says. */
export interface Attempt {
  readonly client: KafkaClient;
  readonly said: readonly string[];
}

export async function attemptAt(
  broker: string,
  ways: Pick<KafkaSettings, 'tls' | 'sasl'>,
): Promise<Attempt> {
  const said: string[] = [];
  const client = await kafkaClient(
    { ...settingsFor([broker]), sessionTimeoutMs: 2_000, ...ways },
    // Far longer than a refusal may take.
    { log: (line) => said.push(JSON.stringify(line)), firstAnswerMsMax: 60_000 },
  );
  return { client, said };
}

export async function newTopic(client: KafkaClient): Promise<string> {
  const name = `secure.${randomUUID().slice(0, 8)}`;
  await createTopics(client, [{ name, partitionCount: 1, replicationFactor: 1, configs: {} }]);
  return name;
}

/** Makes a topic, writes a record and reads it, in this thread and through one of its own. */
export async function writeAndRead(client: KafkaClient): Promise<readonly (string | null)[]> {
  const topic = await newTopic(client);
  const writer = kafkaWriter(client);
  await writer.send(topic, [{ key: 'k', value: bytesOf('over TLS') }]);
  await writer.close();
  const read: (string | null)[] = [];
  for (const open of [openSource, openThread]) {
    const source = open(client, topic);
    try {
      await fromBeginning(source, topic);
      read.push(...valuesOf(await readRecords(source, 1)));
    } finally {
      await source.close();
    }
  }
  return read;
}

export function openSource(client: KafkaClient, topic: string): PartitionSource {
  return kafkaSource(client, { group: `${topic}.here`, topics: [topic], clock: CLOCK });
}

export function openThread(client: KafkaClient, topic: string): PartitionSource {
  return threadedSource(client, {
    group: `${topic}.thread`,
    topics: [topic],
    queuedBytesMax: 1 << 20,
  });
}

export async function fromBeginning(source: PartitionSource, topic: string): Promise<void> {
  await nextOf(source, 'assigned');
  await source.resume([{ topic, partition: 0, offset: 'earliest' }]);
}

/** What was refused, all that was said of it, and how long that took. */
export interface Refused {
  readonly error: CoalmineError;
  readonly text: string;
  readonly tookMs: number;
}

/** Who can be refused. */
const USES = {
  writer: async (client: KafkaClient) => {
    const writer = kafkaWriter(client);
    try {
      await writer.send('t', [{ key: 'k', value: null }]);
    } finally {
      await writer.close();
    }
  },
  reader: async (client: KafkaClient) => await pollOnce(openSource(client, 't')),
  thread: async (client: KafkaClient) => await pollOnce(openThread(client, 't')),
} as const;

export type Use = keyof typeof USES;

export async function refusalsAt(
  broker: string,
  ways: Pick<KafkaSettings, 'tls' | 'sasl'>,
  uses: readonly Use[],
): Promise<readonly Refused[]> {
  const refused: Refused[] = [];
  for (const use of uses.map((name) => USES[name])) {
    const { client, said } = await attemptAt(broker, ways);
    const beganMs = performance.now();
    const error = await use(client).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof CoalmineError)) throw new Error(`not refused: ${String(error)}`);
    const tookMs = performance.now() - beganMs;
    const text = [error.message, ...error.hints, error.stack, ...causesOf(error), ...said];
    refused.push({ error, text: text.join('\n'), tookMs });
  }
  return refused;
}

async function pollOnce(source: PartitionSource): Promise<void> {
  try {
    await source.poll(60_000);
  } finally {
    await source.close();
  }
}

function causesOf(error: Error): readonly string[] {
  const { cause } = error;
  if (!(cause instanceof Error)) return [];
  return [cause.stack ?? '', JSON.stringify(cause), ...causesOf(cause)];
}

/** Every text that no output may hold. */
export function secretsOf(world: SecureWorld): readonly string[] {
  return [
    WRONG,
    ...Object.values(PASSWORDS),
    ...Object.values(CLIENTS).map(({ secret }) => secret),
    ...[...world.tokens.given.values()].flat(),
  ];
}
