import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Bytes of one part: small enough that DuckDB keeps it in its row. */
const PART_BYTES_MAX = 4000;

/** A document deflated and cut into parts; at least one. Level 1: most of it is zeros. */
export function packed(document: string | Uint8Array): Uint8Array[] {
  const deflated = deflateRawSync(document, { level: 1 });
  const partCount = Math.max(1, Math.ceil(deflated.length / PART_BYTES_MAX));
  return Array.from({ length: partCount }, (_, i) =>
    deflated.subarray(i * PART_BYTES_MAX, (i + 1) * PART_BYTES_MAX),
  );
}

/** The document of {@link packed} parts, in order. */
export function unpacked(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(inflateRawSync(Buffer.concat(parts)));
}

/** The same, as text. */
export function unpackedText(parts: readonly Uint8Array[]): string {
  return inflateRawSync(Buffer.concat(parts)).toString('utf8');
}
