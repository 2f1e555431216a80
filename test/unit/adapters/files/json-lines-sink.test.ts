import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJsonLinesSink } from '../../../../src/adapters/files/json-lines-sink.ts';
import type { OutboxRow } from '../../../../src/pipeline/ports.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';

function row(number: number, text = ''): OutboxRow {
  const body = JSON.stringify({ number, text });
  return { kind: 'verdict', number, id: `v${number}`, body };
}

describe('the JSON Lines sink on disk', () => {
  it('writes one body a line', async () => {
    const path = join(await testFolder(), 'verdicts.jsonl');
    const sink = await openJsonLinesSink(path);
    await sink.append([row(1, 'é 😀\n'), row(2)]);
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe(`${row(1, 'é 😀\n').body}\n${row(2).body}\n`);
  });

  it('goes on after being reopened, each row once', async () => {
    const path = join(await testFolder(), 'verdicts.jsonl');
    const sink = await openJsonLinesSink(path);
    await sink.append([row(1), row(2)]);
    await sink.close();
    const again = await openJsonLinesSink(path);
    expect(await again.lastNumber()).toBe(2);
    await again.append([row(1), row(2), row(3)]);
    await again.close();
    expect(await readFile(path, 'utf8')).toBe([1, 2, 3].map((n) => `${row(n).body}\n`).join(''));
  });

  it('cuts a torn last line, wherever it was torn', async () => {
    const folder = await testFolder();
    const whole = [1, 2, 3].map((n) => `${row(n, 'x😀').body}\n`).join('');
    const bytes = Buffer.from(whole);
    for (let length = 0; length <= bytes.length; length++) {
      const path = join(folder, `${length}.jsonl`);
      await writeFile(path, bytes.subarray(0, length));
      const sink = await openJsonLinesSink(path);
      await sink.append([1, 2, 3].map((n) => row(n, 'x😀')));
      await sink.close();
      expect(await readFile(path, 'utf8')).toBe(whole);
    }
  });

  it('counts lines in a file longer than its buffer', async () => {
    const path = join(await testFolder(), 'verdicts.jsonl');
    const sink = await openJsonLinesSink(path);
    const rows = Array.from({ length: 3000 }, (_, i) => row(i + 1, 'x'.repeat(100)));
    await sink.append(rows);
    await sink.close();
    await appendFile(path, '{"torn": "');
    const again = await openJsonLinesSink(path);
    expect(await again.lastNumber()).toBe(3000);
    await again.append([row(3001)]);
    await again.close();
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')[3000]).toBe(row(3001).body);
  });

  it('names the file that cannot be written', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'file'), '');
    const opening = openJsonLinesSink(join(folder, 'file', 'verdicts.jsonl'));
    await expect(opening).rejects.toMatchObject({ code: 'output_unwritable' });
    await expect(openJsonLinesSink(folder)).rejects.toMatchObject({ code: 'output_unwritable' });
  });
});
