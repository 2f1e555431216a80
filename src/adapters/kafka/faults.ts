import { CoalmineError, type ErrorCode } from '../../core/foundation/error.ts';
import { loginRefusal, plainReason, tlsRefusal } from './refusals.ts';
import type { KafkaSettings } from './settings.ts';

/** What became of a request, in our words, and whether waiting can help. */
export interface Fault {
  readonly error: CoalmineError;
  /** `briefly`: what a broker says while it starts, and also when it is so for good. */
  readonly waiting: 'helps' | 'briefly' | 'no';
}

const LOST = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
]);

const UNKNOWN_TOPIC = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']);

/** Names an error of the client in words of ours. What is not the broker's is handed on as it is. */
export function faultOf(
  thrown: unknown,
  what: string,
  settings: Pick<KafkaSettings, 'brokers' | 'sasl'>,
): Fault {
  if (thrown instanceof CoalmineError) {
    return { error: thrown, waiting: thrown.retryable ? 'helps' : 'no' };
  }
  const root = rootOf(thrown);
  if (root === null) throw thrown;
  // A token that could not be had, within an error of authentication.
  if (root instanceof CoalmineError) return faultOf(root, what, settings);
  const type = typeOf(root);
  if (UNKNOWN_TOPIC.has(type)) {
    return faulty('topic_invalid', `${what}: the broker has no such topic`, {
      root,
      waiting: 'briefly',
    });
  }
  const refusal = tlsRefusal(root) ?? loginRefusal(root, settings);
  if (refusal !== null) {
    const { message, hints } = refusal;
    return faulty('broker_refused', `${what}: ${message}`, { root, hints, waiting: 'no' });
  }
  if (LOST.has(root.name) || isRetriable(root)) {
    const message = `${what}: the broker does not answer (${plainReason(root.message)})`;
    return faulty('broker_unavailable', message, { root, waiting: 'helps' });
  }
  const message = `${what}: the broker refuses (${root.message})`;
  return faulty('broker_refused', message, { root, waiting: 'no' });
}

function faulty(
  code: ErrorCode,
  message: string,
  options: {
    readonly root: Error;
    readonly waiting: Fault['waiting'];
    readonly hints?: readonly string[];
  },
): Fault {
  const { root, waiting, hints = [] } = options;
  return { error: new CoalmineError(code, message, { cause: root, hints }), waiting };
}

/** The innermost error of kafkajs or of ours; null when the error is neither. */
function rootOf(thrown: unknown): Error | null {
  if (thrown instanceof CoalmineError) return thrown;
  if (!(thrown instanceof Error)) return null;
  // Creating topics fails with one error for each.
  const inner =
    'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors[0] : thrown.cause;
  const found = inner === thrown ? null : rootOf(inner);
  return found ?? (thrown.name.startsWith('KafkaJS') ? thrown : null);
}

/** The protocol's name of an error: `MESSAGE_TOO_LARGE`. */
export function typeOf(error: unknown): string {
  const root = error instanceof CoalmineError ? error.cause : error;
  return root instanceof Error && 'type' in root && typeof root.type === 'string' ? root.type : '';
}

function isRetriable(error: Error): boolean {
  return 'retriable' in error && error.retriable === true;
}
