import { randomUUID } from 'node:crypto';
import { isJsonRecord, type JsonRecord } from '../../core/events/parse-field.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { accessHints, type RegistryAccess, withoutAdvice } from './registry-call.ts';

/** What a registry says when it is asked what it has. */
export interface RegistryGreeting {
  readonly tookMs: number;
  /** Its clock, to the second; null when it does not tell. */
  readonly dateMs: number | null;
  readonly subjects: readonly string[];
}

/** What becomes of a schema that cannot read what was written before. */
export type BreakingSchema =
  | { readonly kind: 'refused' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'not_told'; readonly why: string };

/** Questions to a registry about itself. */
export interface RegistryProbe {
  /** Rejects with `registry_unavailable`, or `registry_refused`. */
  greet(): Promise<RegistryGreeting>;
  /** Of a subject that there is; nothing is written. */
  tryBreaking(subject: string): Promise<BreakingSchema>;
  /** Of a subject that is made for it and taken away again. */
  tryBreakingAnew(): Promise<BreakingSchema>;
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const FIRST = JSON.stringify({ type: 'record', name: 'Probe', fields: [] });
/** It needs a field that no record has: no rule of compatibility lets it in, whatever was there. */
const BREAKING = JSON.stringify({
  type: 'record',
  name: 'Probe',
  fields: [{ name: 'never_written', type: 'int' }],
});

/** Asks by hand: the answers of `GET /config` are not to be relied on, and the client asks nothing else. */
export function registryProbe(access: RegistryAccess): RegistryProbe {
  const tryBreaking = async (subject: string): Promise<BreakingSchema> => {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest`;
    return verdictOf(await ask(access, path, { body: { schema: BREAKING } }));
  };
  return {
    async greet() {
      const beganMs = performance.now();
      const answer = await ask(access, '/subjects', {});
      const { body } = answer;
      if (answer.status !== 200 || !Array.isArray(body)) throw refused(access, answer);
      return {
        tookMs: performance.now() - beganMs,
        dateMs: answer.dateMs,
        subjects: body.map(String),
      };
    },
    tryBreaking,
    async tryBreakingAnew() {
      const subject = `coalmine.doctor.${randomUUID()}`;
      const path = `/subjects/${subject}`;
      const made = await ask(access, `${path}/versions`, { body: { schema: FIRST } });
      if (made.status !== 200) return { kind: 'not_told', why: wordsOf(made) };
      try {
        return await tryBreaking(subject);
      } finally {
        // First as good as gone, then gone.
        await ask(access, path, { method: 'DELETE' });
        await ask(access, `${path}?permanent=true`, { method: 'DELETE' });
      }
    },
  };
}

function verdictOf(answer: Answer): BreakingSchema {
  const isCompatible = isJsonRecord(answer.body) ? answer.body['is_compatible'] : undefined;
  if (answer.status === 200 && typeof isCompatible === 'boolean')
    return { kind: isCompatible ? 'accepted' : 'refused' };
  return { kind: 'not_told', why: wordsOf(answer) };
}

interface Answer {
  readonly status: number;
  readonly dateMs: number | null;
  readonly body: unknown;
}

async function ask(
  { url, auth, timeoutMs }: RegistryAccess,
  path: string,
  { method, body }: { readonly method?: 'DELETE'; readonly body?: JsonRecord },
): Promise<Answer> {
  try {
    const response = await fetch(url.replace(/\/+$/, '') + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { accept: CONTENT_TYPE, 'content-type': CONTENT_TYPE, ...authorization(auth) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      status: response.status,
      dateMs: Number.isNaN(date) ? null : date,
      body: await response.json().catch(() => null),
    };
  } catch (cause) {
    const why = withoutAdvice(reasonOf(cause));
    const message = `the registry at ${url} does not answer: ${why}`;
    const hints = accessHints({ status: null, why });
    throw new CoalmineError('registry_unavailable', message, { cause, hints });
  }
}

function authorization(auth: RegistryAccess['auth']): Readonly<Record<string, string>> {
  if (auth === null) return {};
  if (auth.kind === 'bearer') return { authorization: `Bearer ${auth.token.reveal()}` };
  const credentials = `${auth.username}:${auth.password.reveal()}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** `fetch failed` says nothing; what lies beneath does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

function refused({ url }: RegistryAccess, answer: Answer): CoalmineError {
  const why = wordsOf(answer);
  const message = `the registry at ${url} does not say what it has: ${why}`;
  const hints = accessHints({ status: answer.status, why });
  return new CoalmineError('registry_refused', message, { hints });
}

function wordsOf({ status, body }: Answer): string {
  const message = isJsonRecord(body) ? body['message'] : undefined;
  return typeof message === 'string' ? `HTTP ${status}, ${message}` : `HTTP ${status}`;
}
