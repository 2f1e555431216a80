import type { ModelAnswer, ModelCaller, ModelRequest } from '../../pipeline/shadow/ports.ts';

export interface ModelEndpoint {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  /** Of one attempt, from sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** The endpoint wants none of our requests: another answer than what the log should hold. */
const REFUSING = new Set([401, 403, 404, 405, 407]);
/** Not now: later is another matter. */
const PASSING = new Set([408, 425, 429]);
/** Answers are some numbers; what is larger is none. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const DETAIL_LENGTH = 200;

/** Asks a model server over HTTP. Connections are kept; redirects are not followed. */
export function modelCaller(endpoint: ModelEndpoint): ModelCaller {
  return {
    async call(request) {
      const begunMs = performance.now();
      const latencyMs = () => performance.now() - begunMs;
      try {
        const response = await send(endpoint, request);
        const text = await textOf(response);
        return answerOf(response, text, latencyMs());
      } catch (error) {
        const code = isTimeout(error) ? 'timeout' : 'connection';
        return failed(code, { isPassing: true, latencyMs: latencyMs() });
      }
    },
  };
}

async function send(endpoint: ModelEndpoint, request: ModelRequest): Promise<Response> {
  const { url, method, timeoutMs } = endpoint;
  return await fetch(url, {
    method,
    headers: { ...request.headers },
    body: request.body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** Null: it is longer than any answer. */
async function textOf(response: Response): Promise<string | null> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function answerOf(response: Response, text: string | null, latencyMs: number): ModelAnswer {
  const { status } = response;
  if (response.ok) {
    const body = text === null ? undefined : parsed(text);
    if (body === undefined) return failed('bad_answer', { isPassing: false, latencyMs });
    return { kind: 'answered', body, latencyMs };
  }
  const isRedirect = status >= 300 && status < 400;
  if (isRedirect || REFUSING.has(status))
    return { kind: 'refused', detail: detailOf(response, text) };
  const isPassing = PASSING.has(status) || status >= 500;
  const retryAfterMs = retryAfterOf(response);
  return failed(`http_${status}`, { isPassing, latencyMs, retryAfterMs });
}

function failed(
  error: string,
  rest: {
    readonly isPassing: boolean;
    readonly latencyMs: number;
    readonly retryAfterMs?: number | null;
  },
): ModelAnswer {
  return { kind: 'failed', error, retryAfterMs: null, ...rest };
}

function detailOf(response: Response, text: string | null): string {
  const to = response.headers.get('location');
  if (to !== null) return `${response.status}, moved to ${to}`;
  const said = (text ?? '').trim().slice(0, DETAIL_LENGTH);
  return said === '' ? String(response.status) : `${response.status}: ${said}`;
}

/** Undefined: it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function retryAfterOf(response: Response): number | null {
  const text = response.headers.get('retry-after');
  if (text === null || text.trim() === '') return null;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return ms >= 0 ? ms : null;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
