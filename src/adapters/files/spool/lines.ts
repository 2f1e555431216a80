import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** One line of a file. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Without its end; cut at the limit when it is longer. */
  readonly text: string;
  readonly isTooLarge: boolean;
}

const NEWLINE = 10;
const READ_SIZE_BYTES = 1 << 20;

/**
 * The lines of a file, a batch for each piece that is read, so that a file of any size passes through
 * a fixed amount of memory: of a line beyond the limit only its beginning is kept.
 */
export async function* readLineBatches(
  path: string,
  lineSizeMaxBytes: number,
): AsyncGenerator<readonly TextLine[]> {
  const splitter = new LineSplitter(lineSizeMaxBytes);
  for await (const piece of openBytes(path)) {
    if (Buffer.isBuffer(piece)) yield splitter.push(piece);
  }
  yield splitter.end();
}

function openBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: READ_SIZE_BYTES });
  if (!path.toLowerCase().endsWith('.gz')) return file;
  const unzipped = createGunzip({ chunkSize: READ_SIZE_BYTES });
  file.on('error', (error) => unzipped.destroy(error));
  return file.pipe(unzipped);
}

/** Cuts bytes into lines; what is left of the last one waits for the next piece. */
class LineSplitter {
  private readonly sizeMaxBytes: number;
  private parts: Buffer[] = [];
  private keptBytes = 0;
  private seenBytes = 0;
  private lineNumber = 0;

  constructor(sizeMaxBytes: number) {
    this.sizeMaxBytes = sizeMaxBytes;
  }

  push(piece: Buffer): readonly TextLine[] {
    const lines: TextLine[] = [];
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      this.keep(piece.subarray(from, at));
      lines.push(this.take());
      from = at + 1;
    }
    this.keep(piece.subarray(from));
    return lines;
  }

  end(): readonly TextLine[] {
    return this.seenBytes === 0 ? [] : [this.take()];
  }

  private keep(part: Buffer): void {
    this.seenBytes += part.length;
    const room = this.sizeMaxBytes - this.keptBytes;
    if (room <= 0) return;
    const kept = part.subarray(0, room);
    this.parts.push(kept);
    this.keptBytes += kept.length;
  }

  private take(): TextLine {
    const [only] = this.parts;
    const bytes = this.parts.length === 1 && only ? only : Buffer.concat(this.parts);
    const isTooLarge = this.seenBytes > this.sizeMaxBytes;
    this.lineNumber += 1;
    this.parts = [];
    this.keptBytes = 0;
    this.seenBytes = 0;
    const text = bytes.toString('utf8');
    const isMarked = this.lineNumber === 1 && text.startsWith('\uFEFF');
    return { number: this.lineNumber, text: isMarked ? text.slice(1) : text, isTooLarge };
  }
}
