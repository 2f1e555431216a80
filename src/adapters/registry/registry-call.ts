import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { CoalmineError } from '../../core/foundation/error.ts';

/** How a registry is reached. */
export interface RegistryAccess {
  readonly url: string;
  readonly auth:
    | { readonly kind: 'basic'; readonly username: string; readonly password: Revealed }
    | { readonly kind: 'bearer'; readonly token: Revealed }
    | null;
  /** For one request; a question is asked a few times before it counts as unanswered. */
  readonly timeoutMs: number;
}

/** A registry's address, and how to wait between questions. */
export interface RegistryLine {
  readonly access: RegistryAccess;
  readonly wait: (ms: number) => Promise<void>;
}

/** A secret that is shown only to the client. */
interface Revealed {
  reveal(): string;
}

/** What the registry answered to one request of a call. */
export interface Answer {
  readonly status: number;
  /** Null for all that is not a success: the client keeps only its message. */
  readonly body: unknown;
  /** True when a failure came without words of a registry: no connection, no answer in time, another server. */
  readonly isWordless: boolean;
}

/** Everything that one call of the client asked, and what came back. */
export interface Call {
  readonly registry: SchemaRegistry;
  readonly answers: readonly Answer[];
}

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;

/** What the client calls the failure of a request that has no status of its own. */
const NO_STATUS = 400;
const CLIENT_NAME = 'Confluent_Schema_Registry - ';
const WORDLESS = new RegExp(`^${CLIENT_NAME}Error, status \\d+`);

/** A hook of the client's HTTP layer. */
type Hook = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];
/**
 * Makes a call of the client, again and again with longer waits while the registry does not answer
 * or says that it cannot. A client of its own for each: so its cache never grows.
 *
 * @throws `registry_unavailable` when it stays so; other failures are the caller's to read
 */
export async function callRegistry<T>(
  { access, wait }: RegistryLine,
  use: (call: Call) => Promise<T>,
  failed: (call: Call, error: unknown) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const call = newCall(access);
    try {
      return await use(call);
    } catch (error) {
      const last = call.answers.at(-1);
      // The client gives status 400 to a connection that failed, and to an answer that did not come.
      const isAway = last !== undefined && (last.status >= 500 || isUnreached(last));
      if (!isAway) return failed(call, error);
      if (attempt === ATTEMPTS) throw unavailable(access, error);
      await wait(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

function newCall(access: RegistryAccess): Call {
  const answers: Answer[] = [];
  const { auth } = access;
  const basic =
    auth?.kind === 'basic'
      ? { auth: { username: auth.username, password: auth.password.reveal() } }
      : {};
  const registry = new SchemaRegistry({
    host: access.url.replace(/\/+$/, ''),
    ...basic,
    retry: { retries: 0 },
    middlewares: [() => spy(access, answers)],
  });
  return { registry, answers };
}

/** Sets what the client has no option for, and notes every answer as it came. */
function spy(access: RegistryAccess, answers: Answer[]): ReturnType<Hook> {
  const { auth, timeoutMs } = access;
  const headers = auth?.kind === 'bearer' ? { Authorization: `Bearer ${auth.token.reveal()}` } : {};
  return {
    prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs, headers }),
    response: async (next) => {
      try {
        const response = await next();
        answers.push({ status: response.status(), body: response.data(), isWordless: false });
        return response;
      } catch (error) {
        answers.push(failedAnswer(error));
        throw error;
      }
    },
  };
}

/** The client rejects with an error that holds the status, and the registry's message if there was one. */
function failedAnswer(error: unknown): Answer {
  const message = error instanceof Error ? error.message : '';
  const hasStatus = error instanceof Error && 'status' in error;
  const status = hasStatus && typeof error.status === 'number' ? error.status : NO_STATUS;
  return { status, body: null, isWordless: WORDLESS.test(message) };
}

function isUnreached({ status, isWordless }: Answer): boolean {
  return isWordless && status === NO_STATUS;
}

function unavailable({ url }: RegistryAccess, cause: unknown): CoalmineError {
  const why = wordsOf(cause);
  return new CoalmineError(
    'registry_unavailable',
    `the registry at ${url} does not answer: ${why}`,
    {
      cause,
      hints: [
        'records wait where they are, and are read when it answers again',
        ...accessHints({ status: NO_STATUS, why }),
      ],
    },
  );
}

/** What the registry, or the way to it, said. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return withoutAdvice(text.replace(CLIENT_NAME, '').replace(/^Error, status 400: /, ''));
}

/** Node advises a flag of its own where an authority is not known. */
export function withoutAdvice(text: string): string {
  return text.replace(/; if the root CA is installed locally.*$/s, '');
}

/** What to check when it does not let this client in, or is not trusted by it. */
export function accessHints(answer: {
  readonly status: number | null;
  readonly why: string;
}): readonly string[] {
  if (answer.status === 401 || answer.status === 403)
    return ['check registry.auth of the config: this login is not taken'];
  if (!/certificate|altnames/i.test(answer.why)) return [];
  return [
    'name the file with its authority in the environment, as NODE_EXTRA_CA_CERTS, and the host as its certificate does',
  ];
}
