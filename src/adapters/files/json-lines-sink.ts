import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '../../core/foundation/assert.ts';
import type { OutboxRow, VerdictSink } from '../../pipeline/ports.ts';
import { unwritable } from './unwritable.ts';

const NEWLINE = 10;

/**
 * A file of one JSON record a line, where line n is row n: the line count says what is written, so
 * rows that come again after a crash are not written again. A torn last line is cut off.
 *
 * @throws CoalmineError `output_unwritable`
 */
export async function openJsonLinesSink(path: string): Promise<VerdictSink> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    try {
      const { lineCount, endOffset } = await completeLines(file);
      await file.truncate(endOffset);
      return new JsonLinesSink({ path, file, lineCount, endOffset });
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

interface SinkState {
  readonly path: string;
  readonly file: FileHandle;
  lineCount: number;
  endOffset: number;
}

class JsonLinesSink implements VerdictSink {
  readonly #state: SinkState;

  constructor(state: SinkState) {
    this.#state = state;
  }

  async lastNumber(): Promise<number> {
    return await Promise.resolve(this.#state.lineCount);
  }

  async append(rows: readonly OutboxRow[]): Promise<void> {
    const state = this.#state;
    const fresh = rows.filter((row) => row.number > state.lineCount);
    if (fresh.length === 0) return;
    for (const [i, { number }] of fresh.entries())
      assert(
        number === state.lineCount + 1 + i,
        `row ${number} follows row ${state.lineCount + i}`,
      );
    const bytes = Buffer.from(fresh.map((row) => `${row.body}\n`).join(''));
    try {
      await state.file.appendFile(bytes);
      await state.file.datasync();
    } catch (cause) {
      await state.file.truncate(state.endOffset);
      throw unwritable(state.path, cause);
    }
    state.lineCount += fresh.length;
    state.endOffset += bytes.length;
  }

  async close(): Promise<void> {
    await this.#state.file.close();
  }
}

/** How many lines end with a newline, and where the last of them ends. */
async function completeLines(file: FileHandle): Promise<{ lineCount: number; endOffset: number }> {
  const buffer = Buffer.alloc(65_536);
  let offset = 0;
  let lineCount = 0;
  let endOffset = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return { lineCount, endOffset };
    for (
      let at = buffer.indexOf(NEWLINE);
      at >= 0 && at < bytesRead;
      at = buffer.indexOf(NEWLINE, at + 1)
    ) {
      lineCount += 1;
      endOffset = offset + at + 1;
    }
    offset += bytesRead;
  }
}
