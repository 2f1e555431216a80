import { isJsonRecord, type JsonRecord } from '../../core/events/parse-field.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';

const TIMEOUT_MS = 10_000;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/**
 * A schema registry with nothing but its address, for the parts that other programs import. It sets
 * no compatibility: that is for the registry's owner to say.
 */
export function plainRegistry(url: string): SchemaRegistrar {
  const root = url.replace(/\/+$/, '');
  return {
    async idOf(subject, text) {
      const address = `${root}/subjects/${encodeURIComponent(subject)}/versions`;
      const { status, body } = await ask(address, JSON.stringify({ schema: text }));
      const id = body['id'];
      if (status === 200 && typeof id === 'number') return id;
      throw new CoalmineError('registry_refused', `the registry refuses a schema of ${subject}`, {
        hints: [
          reasonOf(status, body),
          'an incompatible schema needs a topic of its own, or another rule for the subject',
        ],
      });
    },
    async schemaOf(id) {
      const { status, body } = await ask(`${root}/schemas/ids/${id}`, null);
      if (status === 404) return { kind: 'unknown', detail: `the registry has no schema ${id}` };
      const { schema, schemaType = 'AVRO' } = body as { schema?: unknown; schemaType?: unknown };
      if (status === 200 && schemaType === 'AVRO' && typeof schema === 'string') {
        return { kind: 'avro', text: schema, named: [] };
      }
      if (status === 200) return { kind: 'unknown', detail: `schema ${id} is none of Avro` };
      throw new CoalmineError('registry_refused', `the registry does not give schema ${id}`, {
        hints: [reasonOf(status, body)],
      });
    },
  };
}

function reasonOf(status: number, body: JsonRecord): string {
  const message = body['message'];
  return `HTTP ${status}: ${typeof message === 'string' ? message : 'no reason given'}`;
}

async function ask(
  address: string,
  body: string | null,
): Promise<{ readonly status: number; readonly body: JsonRecord }> {
  try {
    const response = await fetch(address, {
      method: body === null ? 'GET' : 'POST',
      headers: { 'content-type': CONTENT_TYPE, accept: CONTENT_TYPE },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
    const answer: unknown = await response.json().catch(() => null);
    return { status: response.status, body: isJsonRecord(answer) ? answer : {} };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoalmineError(
      'registry_unavailable',
      `the schema registry does not answer at ${address}: ${why}`,
      { cause },
    );
  }
}
