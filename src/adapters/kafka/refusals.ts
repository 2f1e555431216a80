import type { KafkaSettings } from './settings.ts';

/** Why a broker and this client cannot come together as they are: waiting does not help. */
export interface Refusal {
  readonly message: string;
  /** What to check. */
  readonly hints: readonly string[];
}

/** What OpenSSL says of a certificate whose authority is not known here. */
const UNTRUSTED = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

const NOT_NOW = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** What to check when TLS failed in this way; null when it was something else, or may pass by itself. */
export function tlsHint(error: Error): string | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (UNTRUSTED.has(code))
    return 'Is kafka.tls.ca the authority that signed the certificate of the broker? Without it Node takes the authorities that it brings along.';
  if (NOT_NOW.has(code))
    return 'Renew the certificate of the broker, or set the clock of this machine.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Write the name that the certificate carries into kafka.brokers, or as kafka.tls.serverName.';
  // An alert about itself: it may be on its way up or down.
  if (!code.startsWith('ERR_SSL_') || code.endsWith('INTERNAL_ERROR')) return null;
  if (code.includes('ALERT'))
    return 'The broker does not take this client: write kafka.tls.cert and kafka.tls.key, of an authority that it trusts.';
  return 'Does this port speak TLS, and in a version of today?';
}

export function tlsRefusal(error: Error): Refusal | null {
  const hint = tlsHint(error);
  if (hint === null) return null;
  const broker =
    'broker' in error && typeof error.broker === 'string' ? ` with ${error.broker}` : '';
  return { message: `no TLS${broker} (${plainReason(error.message)})`, hints: [hint] };
}

export function loginRefusal(
  error: Error,
  { brokers, sasl }: Pick<KafkaSettings, 'brokers' | 'sasl'>,
): Refusal | null {
  const type = 'type' in error ? error.type : null;
  const at = brokers.join(', ');
  if (type === 'ILLEGAL_SASL_STATE')
    return {
      message: `the listener at ${at} wants no login (${error.message})`,
      hints: ['Leave kafka.sasl out, or name the port of the brokers that wants a login.'],
    };
  const isForeign = type === 'UNSUPPORTED_SASL_MECHANISM';
  if (!isForeign && error.name !== 'KafkaJSSASLAuthenticationError') return null;
  const mechanism = sasl?.mechanism ?? 'none';
  const hint = isForeign
    ? `Do the brokers have ${mechanism} among their sasl.enabled.mechanisms?`
    : `Check username and password of kafka.sasl, and that the brokers know this user by ${mechanism}.`;
  const message = `the login by ${mechanism} is refused at ${at} (${error.message})`;
  return { message, hints: [hint] };
}

/**
 * What a library says of a connection, without its file names.
 *
 * @example plainReason('80:error:0A000412:SSL routines:read:tls alert bad certificate:rec.c:9:') // 'tls alert bad certificate'
 */
export function plainReason(message: string): string {
  const [, alert] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  const text = alert ?? message.replace(/^Connection error: /, '');
  // Node advises a flag of its own.
  return text.replace(/; if the root CA is installed locally.*$/s, '').trim();
}
