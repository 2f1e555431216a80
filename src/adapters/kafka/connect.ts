import type { Kafka, KafkaConfig, SASLOptions } from 'kafkajs';
import { type ClientLog, logLine, redactor } from './log-line.ts';
import { holdNegativeTimerWarnings } from './negative-timers.ts';
import { oauthMechanism } from './oauth-login.ts';
import { tokenProvider } from './oauth-token.ts';
import { OpenSockets } from './open-sockets.ts';
import type { KafkaSettings } from './settings.ts';

/** What every adapter of a process shares. Nothing is connected yet: each opens its own connections. */
export interface KafkaClient {
  readonly kafka: Kafka;
  readonly settings: KafkaSettings;
  readonly log: ClientLog;
  /** A broker that has not answered an adapter for so long, ever, is an error; one that has is waited for. */
  readonly firstAnswerMsMax: number;
}

const FIRST_ANSWER_MS_MAX = 30_000;

/** kafkajs repeats little: who calls it knows how long to wait, and says so in the log. */
export const RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2 };

export async function kafkaClient(
  settings: KafkaSettings,
  options: { readonly log: ClientLog; readonly firstAnswerMsMax?: number },
): Promise<KafkaClient> {
  holdNegativeTimerWarnings();
  const { default: kafkajs } = await import('kafkajs');
  const { CODECS } = await import('./codecs.ts');
  // By its default export: Node does not find all names of a CommonJS module.
  Object.assign(kafkajs.CompressionCodecs, CODECS);
  const kafka = new kafkajs.Kafka(clientConfig(settings, options.log));
  const firstAnswerMsMax = options.firstAnswerMsMax ?? FIRST_ANSWER_MS_MAX;
  return { kafka, settings, log: options.log, firstAnswerMsMax };
}

/**
 * A login that is about to end is repeated this long before. Brokers refuse to repeat one within a second, so it
 * must not be much: each login lasts longer than this and a second more.
 */
const LOGIN_AGAIN_MS = 1_000;

/** The settings in kafkajs' words. */
export function clientConfig(settings: KafkaSettings, log: ClientLog): KafkaConfig {
  const redact = redactor(settings);
  const { tls, sasl } = settings;
  return {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    connectionTimeout: settings.connectionTimeoutMs,
    authenticationTimeout: settings.requestTimeoutMs,
    reauthenticationThreshold: LOGIN_AGAIN_MS,
    requestTimeout: settings.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: RETRY,
    logCreator: () => (line) => log(logLine(line, redact)),
    ...(tls === null ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === null ? {} : loginOptions(sasl)),
  };
}

function tlsOptions(tls: NonNullable<KafkaSettings['tls']>): NonNullable<KafkaConfig['ssl']> {
  return {
    ...(tls.ca === null ? {} : { ca: [tls.ca] }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key.reveal() }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
  };
}

function loginOptions(
  sasl: NonNullable<KafkaSettings['sasl']>,
): Pick<KafkaConfig, 'sasl' | 'socketFactory'> {
  if (sasl.mechanism === 'oauthbearer') {
    const sockets = new OpenSockets();
    const provide = tokenProvider(sasl, () => Date.now());
    return { sasl: oauthMechanism(provide, sockets), socketFactory: sockets.factory };
  }
  const { mechanism, username, password } = sasl;
  const login: SASLOptions = { mechanism, username, password: password.reveal() };
  return { sasl: login };
}
