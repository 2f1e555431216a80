import { compress, uncompress } from 'snappyjs';

/** What Java's clients put before and between Snappy blocks: a header, then length and block by turns. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const HEADER_BYTES = 16;
const BLOCK_BYTES_MAX = 32 * 1024;
const VERSION = 1;

export function compressFrames(bytes: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeInt32BE(VERSION, 8);
  header.writeInt32BE(VERSION, 12);
  const parts = [header];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES_MAX) {
    const block = compress(bytes.subarray(at, at + BLOCK_BYTES_MAX));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, Buffer.from(block));
  }
  return Buffer.concat(parts);
}

/** Also without the frames: other clients write one bare block. */
export function uncompressFrames(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return Buffer.from(uncompress(bytes));
  const parts: Uint8Array[] = [];
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const end = at + 4 + bytes.readInt32BE(at);
    parts.push(uncompress(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(parts);
}
