import type { Prediction } from '../../core/events/prediction.ts';
import { murmur3 } from '../../core/foundation/hash.ts';
import type { ModelRequest } from './ports.ts';
import { compileTemplate, type Filled } from './template.ts';

/** What a request to the canary is made of. */
export interface RequestShape {
  /** JSON with placeholders. */
  readonly body: unknown;
  /** Texts with placeholders; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as they are: secrets may hold anything. */
  readonly fixedHeaders?: Readonly<Record<string, string>>;
}

export type BuiltRequest =
  | { readonly ok: true; readonly request: ModelRequest }
  | { readonly ok: false; readonly field: string };

const TRACE = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * Compiles what makes the request of a prediction. It carries the request id as `x-request-id` and a
 * `traceparent`: the logged one, else one whose trace is a hash of the request id, so that both
 * arms' traces can be found.
 *
 * @throws CoalmineError `config_invalid` for a placeholder that names nothing
 */
export function requestBuilder(
  shape: RequestShape,
): (prediction: Prediction, loggedTrace: string | null) => BuiltRequest {
  const body = compileTemplate(shape.body);
  const headers = Object.entries(shape.headers).map(
    ([name, value]) => [name, compileTemplate(value)] as const,
  );
  return (prediction, loggedTrace) => {
    const filled = body(prediction);
    if (!filled.ok) return filled;
    const given = headers.map(([name, fill]) => [name, fill(prediction)] as const);
    const missing = given.map(([, value]) => value).find(isMissing);
    if (missing !== undefined) return missing;
    return {
      ok: true,
      request: {
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-request-id': headerText(prediction.requestId),
          'x-coalmine-shadow': '1',
          traceparent: traceOf(prediction.requestId, loggedTrace),
          ...Object.fromEntries(given.map(([name, value]) => [name, textOf(value)])),
          ...shape.fixedHeaders,
        },
        body: JSON.stringify(filled.value),
      },
    };
  };
}

function isMissing(filled: Filled): filled is Extract<Filled, { ok: false }> {
  return !filled.ok;
}

function textOf(filled: Filled): string {
  if (!filled.ok) return '';
  return headerText(typeof filled.value === 'string' ? filled.value : JSON.stringify(filled.value));
}

/** What a header cannot hold is percent-encoded, as in addresses. */
function headerText(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

function traceOf(requestId: string, loggedTrace: string | null): string {
  if (loggedTrace !== null && TRACE.test(loggedTrace)) return loggedTrace;
  const words = [0, 1, 2, 3, 4, 5].map((n) =>
    murmur3(`trace:${n}:${requestId}`).toString(16).padStart(8, '0'),
  );
  return `00-${words.slice(0, 4).join('')}-${words.slice(4).join('')}-01`;
}
