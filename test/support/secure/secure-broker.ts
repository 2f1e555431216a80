import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchKafka } from '../../../infra/local/jars.ts';
import { kafkaReady, startKafka } from '../../../infra/local/kafka.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { killService, signalService } from '../../../infra/local/service.ts';
import { findJava } from '../../../infra/local/tools.ts';
import { CACHE } from '../broker/jar-broker.ts';
import type { Identity } from './certificates.ts';
import { AUDIENCE } from './token-server.ts';

export interface SecureBroker {
  /** TLS and a login: all mechanisms. */
  readonly sasl: string;
  /** TLS with a certificate of the client. */
  readonly mutual: string;
  /** Neither. */
  readonly plain: string;
  stop(): Promise<void>;
}

export interface SecureBrokerOptions {
  readonly identity: Identity;
  /** The authority of the clients' certificates. */
  readonly ca: string;
  readonly username: string;
  /** By mechanism. */
  readonly passwords: Readonly<Record<'plain' | 'scram-sha-256' | 'scram-sha-512', string>>;
  /** Where the keys of tokens are. */
  readonly keysUrl: string;
}

interface Listeners {
  readonly plain: number;
  readonly controller: number;
  readonly sasl: number;
  readonly mutual: number;
}

const START_MS_MAX = 280_000;
const MODULES = 'org.apache.kafka.common.security';

/** Why there can be none here; null when there can. With CI that is a failure, and not a reason to leave tests out. */
export function secureBrokerMissing(): string | null {
  try {
    findJava(process.env);
    return null;
  } catch (error) {
    if ((process.env['CI'] ?? '') !== '') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** A broker of its own, from jars, with a listener for each way of being careful. */
export async function startSecureBroker(options: SecureBrokerOptions): Promise<SecureBroker> {
  const signal = AbortSignal.timeout(START_MS_MAX);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const jars = await fetchKafka({ folder: join(CACHE, 'jars'), say, signal });
  const folder = await mkdtemp(join(tmpdir(), 'coalmine-secure-'));
  const ports = {
    plain: await freePort(),
    controller: await freePort(),
    sasl: await freePort(),
    mutual: await freePort(),
  };
  await writeFile(join(folder, 'identity.pem'), options.identity.key + options.identity.cert);
  await writeFile(join(folder, 'ca.pem'), options.ca);
  const place = {
    java: findJava(process.env),
    jars,
    folder,
    port: ports.plain,
    controllerPort: ports.controller,
    besides: {
      settings: { ...listenerSettings(ports), ...tlsSettings(folder), ...saslSettings(options) },
      javaOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${options.keysUrl}`],
      formatOptions: scramUsers(options),
    },
  };
  const service = await startKafka(place, signal);
  // It outlives this process: when that is ended from outside, nothing is stopped in order.
  const kill = () => {
    signalService(service, 'SIGKILL');
  };
  process.on('exit', kill);
  const stop = async () => {
    // What it has stored goes with it.
    await killService(service);
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  };
  await kafkaReady(service, ports.plain, signal).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    sasl: `localhost:${ports.sasl}`,
    mutual: `localhost:${ports.mutual}`,
    plain: `127.0.0.1:${ports.plain}`,
    stop,
  };
}

function listenerSettings({ plain, controller, sasl, mutual }: Listeners) {
  const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURE://localhost:${sasl},MUTUAL://localhost:${mutual}`;
  return {
    listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': listeners,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT',
  };
}

function tlsSettings(folder: string) {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'identity.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.pem'),
    'listener.name.mutual.ssl.client.auth': 'required',
  };
}

/** A session ends with its token: who does not log in again is thrown out. */
function saslSettings({ username, passwords, keysUrl }: SecureBrokerOptions) {
  const of = 'listener.name.secure';
  return {
    [`${of}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${of}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required user_${username}="${passwords.plain}";`,
    [`${of}.scram-sha-256.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
    [`${of}.scram-sha-512.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
    [`${of}.oauthbearer.sasl.jaas.config`]: `${MODULES}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${of}.oauthbearer.sasl.server.callback.handler.class`]: `${MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    // Kafka 4.1 by itself takes a token whoever signed it.
    'listener.name.secure.sasl.oauthbearer.jwt.validator.class': `${MODULES}.oauthbearer.BrokerJwtValidator`,
    [`${of}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url`]: keysUrl,
    [`${of}.oauthbearer.sasl.oauthbearer.expected.audience`]: AUDIENCE,
    [`${of}.oauthbearer.connections.max.reauth.ms`]: '3600000',
  };
}

function scramUsers({ username, passwords }: SecureBrokerOptions): readonly string[] {
  return (['scram-sha-256', 'scram-sha-512'] as const).flatMap((mechanism) => [
    '--add-scram',
    `${mechanism.toUpperCase()}=[name=${username},password=${passwords[mechanism]}]`,
  ]);
}
