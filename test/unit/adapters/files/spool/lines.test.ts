import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readLineBatches, type TextLine } from '../../../../../src/adapters/files/spool/lines.ts';
import { inFolder } from '../../../../support/log-files.ts';

async function linesOf(
  content: string | Buffer,
  name = 'x.jsonl',
  limit = 1_000_000,
): Promise<TextLine[]> {
  return inFolder(async (folder) => {
    await writeFile(join(folder, name), content);
    const lines: TextLine[] = [];
    for await (const batch of readLineBatches(join(folder, name), limit)) lines.push(...batch);
    return lines;
  });
}

describe('readLineBatches', () => {
  test('numbers lines from 1, with or without a last line end', async () => {
    const expected = [
      { number: 1, text: 'a', isTooLarge: false },
      { number: 2, text: '', isTooLarge: false },
      { number: 3, text: 'b', isTooLarge: false },
    ];
    expect(await linesOf('a\n\nb\n')).toEqual(expected);
    expect(await linesOf('a\n\nb')).toEqual(expected);
    expect(await linesOf('')).toEqual([]);
  });

  test('joins lines and letters that are cut by the size of a read', async () => {
    const line = `${'é'.repeat(300_000)}!`;
    const lines = await linesOf(`${line}\n${line}\n${line}\n`);
    expect(lines.map(({ text }) => text === line)).toEqual([true, true, true]);
  });

  test('keeps the beginning of a line that is too large, and goes on after it', async () => {
    const lines = await linesOf(`ok\n${'x'.repeat(3_000_000)}\nafter`, 'x.jsonl', 100);
    expect(lines).toEqual([
      { number: 1, text: 'ok', isTooLarge: false },
      { number: 2, text: 'x'.repeat(100), isTooLarge: true },
      { number: 3, text: 'after', isTooLarge: false },
    ]);
  });

  test('reads zipped files, and says so when they are not', async () => {
    expect(await linesOf(gzipSync('a\nb\n'), 'x.jsonl.gz')).toHaveLength(2);
    await expect(linesOf('not zipped', 'x.jsonl.gz')).rejects.toThrow(/incorrect header/);
  });
});
