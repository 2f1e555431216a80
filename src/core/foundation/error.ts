/**
 * Every way in which coalmine can fail to do its work, with whether trying again can help.
 * Bad records are not here: they are dead letters, values with a reason.
 */
export const ERROR_CODES = {
  usage: { retryable: false, about: 'the command line is not understood' },
  plan_invalid: { retryable: false, about: 'the plan has problems; each is listed with its line' },
  input_missing: { retryable: false, about: 'an input file does not exist or matches nothing' },
  input_unreadable: { retryable: false, about: 'an input file is not what its name says' },
  input_foreign: {
    retryable: false,
    about: 'an input holds no record of the model and version asked for',
  },
  output_unwritable: { retryable: false, about: 'the output folder cannot be written' },
  store_locked: { retryable: true, about: 'another process has the database open' },
  store_newer: { retryable: false, about: 'the database was written by a newer coalmine' },
  store_mismatch: {
    retryable: false,
    about: 'the database belongs to another plan or other inputs',
  },
  store_failed: { retryable: false, about: 'the database refused an operation' },
  store_altered: {
    retryable: false,
    about: 'what is stored does not give the stored verdict again',
  },
  not_found: { retryable: false, about: 'what was asked for is not stored' },
  notify_failed: { retryable: true, about: 'a notification could not be delivered' },
  router_failed: { retryable: true, about: 'a routing table could not be written or read back' },
  config_invalid: {
    retryable: false,
    about: 'the service config has problems; each is listed with its line',
  },
  broker_unavailable: { retryable: true, about: 'no Kafka broker answers' },
  broker_refused: { retryable: false, about: 'the Kafka broker refused an operation' },
  topic_invalid: {
    retryable: false,
    about: 'a topic is missing, or its partitions, retention or cleanup are not what is needed',
  },
  registry_unavailable: { retryable: true, about: 'the schema registry does not answer' },
  registry_refused: {
    retryable: false,
    about: 'the schema registry refused a schema or a request',
  },
  event_invalid: {
    retryable: false,
    about: 'an event breaks its contract; the field and what is valid are named',
  },
  endpoint_refused: {
    retryable: false,
    about:
      "the canary's endpoint refuses every request: the address, the method or the rights are wrong",
  },
  undecodable: { retryable: false, about: 'bytes of ours do not decode with their schema' },
  fenced: { retryable: false, about: 'another instance took over what this one was doing' },
  limit_reached: { retryable: false, about: 'a named limit was reached' },
  interrupted: { retryable: true, about: 'stopped by the user; the same command goes on' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one error type for operating failures. Its message is written for the user. */
export class CoalmineError extends Error {
  readonly code: ErrorCode;
  /** Lines of help below the message: what to do, the valid values. */
  readonly hints: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hints?: readonly string[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'CoalmineError';
    this.code = code;
    this.hints = options.hints ?? [];
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
