import { textOf } from './byte-reader.ts';
import type { Problem } from './problems.ts';

const decoder = new TextDecoder();
const SHOWN_MAX = 40;

/**
 * What is wrong with a record's key; null when it is its request id: as text, as a JSON string, or as
 * an Avro string in wire format. Both halves of a pair lie on one partition only if both are keyed so.
 */
export function keyProblem(key: Uint8Array | null, requestId: string): Problem | null {
  if (key === null) {
    return {
      reason: 'wrong_key',
      field: null,
      detail: 'the record has no key; its key must be the request id',
    };
  }
  const text = textOf({ bytes: key, from: 0, to: key.length });
  if (text === requestId || text === JSON.stringify(requestId)) return null;
  if (key[0] === 0 && avroText(key) === requestId) return null;
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
  const detail = `the key is ${JSON.stringify(shown)}, and not the request id`;
  return { reason: 'wrong_key', field: null, detail };
}

/** The text of an Avro string behind a header; null when the key is something else. */
function avroText(key: Uint8Array): string | null {
  let at = 5;
  while ((key[at] ?? 0) > 127) at += 1;
  return at < key.length ? decoder.decode(key.subarray(at + 1)) : null;
}
