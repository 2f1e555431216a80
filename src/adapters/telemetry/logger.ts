import { type DestinationStream, destination, type Level, type Logger, pino } from 'pino';
import { CoalmineError } from '../../core/foundation/error.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export interface LoggerOptions {
  /** One of {@link LOG_LEVELS} or `silent`; undefined: `info`. */
  readonly level: string | undefined;
  /** Texts that no line may hold, wherever they come from: each is replaced. */
  readonly secrets: readonly string[];
  /** Where lines go, in place of stderr. */
  readonly to?: DestinationStream;
}

const HIDDEN = '***';

/** A shorter text is no secret, and would blank innocent words. */
const SECRET_LENGTH_MIN = 4;

/** Keys whose values are never logged, at the top and one level down. */
const SECRET_KEYS = ['password', 'clientSecret', 'secret', 'token', 'authorization'];

/**
 * JSON lines on stderr, `time` in ms since 1970, written at once: what was logged before a crash is there.
 *
 * @throws CoalmineError `usage` for a level that is none
 */
export function openLogger(options: LoggerOptions): Logger {
  const { secrets, to = destination({ dest: 2, sync: true }) } = options;
  return pino(
    {
      level: levelOf(options.level),
      base: { name: 'coalmine' },
      formatters: { level: (level) => ({ level }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: HIDDEN },
      serializers: { err: errorFields, error: errorFields },
    },
    withoutSecrets(to, secrets),
  );
}

function levelOf(text: string | undefined): Level | 'silent' {
  if (text === undefined || text === '') return 'info';
  if (text === 'silent') return text;
  const level = LOG_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw new CoalmineError('usage', `${text} is no log level`, {
    hints: [`valid: ${[...LOG_LEVELS, 'silent'].join(', ')}`],
  });
}

/** What a line says of a failure: ours by its code, and what caused it. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  const { name, message, stack } = error;
  if (!(error instanceof CoalmineError)) return { name, message, stack, ...cause };
  const { code, hints } = error;
  return { name, code, message, ...(hints.length === 0 ? {} : { hints }), ...cause };
}

/** Errors of clients carry what they were given: the texts themselves are looked for. */
function withoutSecrets(to: DestinationStream, secrets: readonly string[]): DestinationStream {
  const hidden = secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .sort((left, right) => right.length - left.length);
  if (hidden.length === 0) return to;
  return {
    write: (line) =>
      to.write(hidden.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)),
  };
}
