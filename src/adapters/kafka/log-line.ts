import type { KafkaSettings } from './settings.ts';

/** A line of the client's own log, without secrets. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export type ClientLog = (line: LogLine) => void;

/** What kafkajs hands to a log. */
export interface ClientLine {
  readonly label: string;
  readonly namespace: string;
  readonly log: Readonly<Record<string, unknown>>;
}

const LEFT_OUT = new Set(['message', 'timestamp', 'logger', 'stack']);

/** Its errors are warnings here: what it does not mend itself comes to the caller as an error. */
const LEVELS: Readonly<Record<string, LogLine['level']>> = { ERROR: 'warn', WARN: 'warn' };

export function logLine(line: ClientLine, redact: (text: string) => string): LogLine {
  const fields: Record<string, string | number | boolean> = { part: line.namespace };
  for (const [name, value] of Object.entries(line.log)) {
    if (LEFT_OUT.has(name) || value === undefined || value === null) continue;
    fields[name] =
      typeof value === 'number' || typeof value === 'boolean' ? value : redact(textOf(value));
  }
  const level = LEVELS[line.label] ?? 'debug';
  return { level, message: redact(textOf(line.log['message'])), fields };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? '';
}

/** Replaces every secret of the settings, wherever it turns up. */
export function redactor({ sasl, tls }: KafkaSettings): (text: string) => string {
  const secrets = [tls?.key, sasl === null ? null : secretOf(sasl)]
    .flatMap((secret) => (secret === null || secret === undefined ? [] : [secret.reveal()]))
    .filter((text) => text !== '');
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

function secretOf(sasl: NonNullable<KafkaSettings['sasl']>) {
  return sasl.mechanism === 'oauthbearer' ? sasl.clientSecret : sasl.password;
}
