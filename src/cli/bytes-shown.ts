/** Bytes as a person can read them best. */
export interface ShownBytes {
  readonly encoding: 'json' | 'text' | 'hex';
  readonly text: string;
  /** Of Confluent's wire format; null when it is none. */
  readonly schemaId: number | null;
}

const HEADER_BYTES = 5;
const DECODER = new TextDecoder('utf-8', { fatal: true });
/** Control characters that are no white space: such bytes are no text, whatever UTF-8 says. */
const CONTROL = /[\p{Cc}--[\t\n\r]]/v;

/** JSON as it is, other text as it is, and everything else in hexadecimal. */
export function bytesShown(bytes: Uint8Array): ShownBytes {
  const text = textOf(bytes);
  if (text !== null) return { encoding: isJson(text) ? 'json' : 'text', text, schemaId: null };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWire = buffer.length >= HEADER_BYTES && buffer[0] === 0;
  return {
    encoding: 'hex',
    text: buffer.toString('hex'),
    schemaId: isWire ? buffer.readUInt32BE(1) : null,
  };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = DECODER.decode(bytes);
    return CONTROL.test(text) ? null : text;
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
