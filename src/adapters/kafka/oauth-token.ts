import { CoalmineError } from '../../core/foundation/error.ts';
import { plainReason, tlsHint } from './refusals.ts';
import type { SaslSettings } from './settings.ts';

type OAuthSettings = Extract<SaslSettings, { readonly mechanism: 'oauthbearer' }>;

interface Token {
  readonly value: string;
  readonly freshUntilMs: number;
  /** Until then a login with it still lasts a while. */
  readonly usableUntilMs: number;
}

const ANSWER_MS_MAX = 10_000;
/** Share of a token's life after which the next is asked for. */
const FRESH_SHARE = 0.8;
/** For servers that do not say how long a token lives. */
const LIFE_S = 300;
/** A login lasts as long as its token, and must not be repeated at once. */
const LEFT_MS_MIN = 3_000;

const EXTRA_CA_HINT =
  'Name the file with its authority in the environment, as NODE_EXTRA_CA_CERTS: kafka.tls is for the brokers alone.';

/**
 * Tokens by client credentials, each used until most of its life is over; and until it ends, while the server
 * does not answer.
 */
export function tokenProvider(
  settings: OAuthSettings,
  nowMs: () => number,
): () => Promise<{ value: string }> {
  let token: Token | null = null;
  let asked: Promise<Token> | null = null;
  return async () => {
    const known = token;
    if (known !== null && nowMs() < known.freshUntilMs) return { value: known.value };
    // Several connections open at once: one question is enough.
    asked ??= askToken(settings, nowMs).finally(() => {
      asked = null;
    });
    try {
      token = await asked;
      return { value: token.value };
    } catch (error) {
      const isAway = error instanceof CoalmineError && error.retryable;
      if (isAway && known !== null && nowMs() < known.usableUntilMs) return { value: known.value };
      throw error;
    }
  };
}

async function askToken(settings: OAuthSettings, nowMs: () => number): Promise<Token> {
  const askedAtMs = nowMs();
  const body = await answerOf(settings);
  if (typeof body !== 'object' || body === null || !('access_token' in body)) {
    throw refused(settings, 'the answer has no access_token');
  }
  const { access_token: value } = body;
  if (typeof value !== 'string') throw refused(settings, 'access_token is not text');
  const lifeMs = 1_000 * ('expires_in' in body ? Number(body.expires_in) : LIFE_S);
  const usableUntilMs = askedAtMs + lifeMs - LEFT_MS_MIN;
  const freshUntilMs = Math.min(askedAtMs + lifeMs * FRESH_SHARE, usableUntilMs);
  return { value, freshUntilMs, usableUntilMs };
}

async function answerOf(settings: OAuthSettings): Promise<unknown> {
  const { tokenUrl, clientId, clientSecret, scope } = settings;
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret.reveal())}`;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== null) form.set('scope', scope);
  const request = {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: form,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  };
  const response = await fetch(tokenUrl, request).catch((cause: unknown) => {
    throw unanswered(settings, cause);
  });
  const { status } = response;
  // Cut off on its way, or not JSON: the first is said by the status of the next try.
  if (response.ok) return response.json().catch(() => null);
  await response.body?.cancel();
  if (status < 500 && status !== 429) throw refused(settings, `it answers ${status}`);
  const message = `no token from ${tokenUrl}: it answers ${status}`;
  throw new CoalmineError('broker_unavailable', message);
}

function unanswered({ tokenUrl }: OAuthSettings, cause: unknown): CoalmineError {
  // `fetch failed` says nothing; what lies beneath does.
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const isUntrusted = inner instanceof Error && tlsHint(inner) !== null;
  const code = isUntrusted ? 'broker_refused' : 'broker_unavailable';
  const why = inner instanceof Error ? ` (${plainReason(inner.message)})` : '';
  const what = isUntrusted ? 'no TLS' : 'it does not answer';
  return new CoalmineError(code, `no token from ${tokenUrl}: ${what}${why}`, {
    cause,
    hints: isUntrusted ? [EXTRA_CA_HINT] : [],
  });
}

function refused({ tokenUrl }: OAuthSettings, reason: string): CoalmineError {
  return new CoalmineError('broker_refused', `no token from ${tokenUrl}: ${reason}`, {
    hints: ['Check clientId, clientSecret and scope of sasl in the config.'],
  });
}
