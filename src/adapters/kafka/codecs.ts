import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { compressFrames, uncompressFrames } from './snappy-frames.ts';

type Recode = (bytes: Buffer) => Promise<Buffer>;

interface Codec {
  readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>;
  readonly decompress: Recode;
}

const zstd = { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) };

// Native code, which not every platform has: loaded when somebody writes LZ4.
const lz4 = () => import('lz4-napi');

/** By kafkajs' numbers of the codecs of which it has no more than the name; gzip it has itself. */
export const CODECS: Readonly<Record<2 | 3 | 4, () => Codec>> = {
  2: () =>
    codec(
      async (bytes) => compressFrames(bytes),
      async (bytes) => uncompressFrames(bytes),
    ),
  3: () =>
    codec(
      async (bytes) => (await lz4()).compressFrame(bytes),
      async (bytes) => (await lz4()).decompressFrame(bytes),
    ),
  4: () => codec(zstd.compress, zstd.decompress),
};

function codec(compress: Recode, decompress: Recode): Codec {
  return { compress: ({ buffer }) => compress(buffer), decompress };
}
