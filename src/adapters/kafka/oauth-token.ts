import { CoalmineError } from '../../core/foundation/error.ts';
import type { SaslSettings } from './settings.ts';

type OAuthSettings = Extract<SaslSettings, { readonly mechanism: 'oauthbearer' }>;

interface Token {
  readonly value: string;
  readonly freshUntilMs: number;
}

const ANSWER_MS_MAX = 10_000;
/** Share of a token's life after which the next is asked for. */
const FRESH_SHARE = 0.8;
/** For servers that do not say how long a token lives. */
const LIFE_S = 300;

/** Tokens by client credentials, each used until most of its life is over. */
export function tokenProvider(
  settings: OAuthSettings,
  nowMs: () => number,
): () => Promise<{ value: string }> {
  let token: Token | null = null;
  let asked: Promise<Token> | null = null;
  return async () => {
    if (token !== null && nowMs() < token.freshUntilMs) return { value: token.value };
    // Several connections open at once: one question is enough.
    asked ??= askToken(settings, nowMs).finally(() => {
      asked = null;
    });
    token = await asked;
    return { value: token.value };
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
  const lifeS = 'expires_in' in body ? Number(body.expires_in) : LIFE_S;
  return { value, freshUntilMs: askedAtMs + lifeS * 1_000 * FRESH_SHARE };
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
    throw new CoalmineError('broker_unavailable', `no token from ${tokenUrl}: it does not answer`, {
      cause,
    });
  });
  if (response.ok) return response.json();
  await response.body?.cancel();
  throw refused(settings, `it answers ${response.status}`);
}

function refused({ tokenUrl }: OAuthSettings, reason: string): CoalmineError {
  return new CoalmineError('broker_refused', `no token from ${tokenUrl}: ${reason}`, {
    hints: ['Check clientId, clientSecret and scope of sasl in the config.'],
  });
}
