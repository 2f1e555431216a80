import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJsonLinesSink } from '../../src/adapters/files/json-lines-sink.ts';
import { memorySink } from '../../src/adapters/memory/sink.ts';
import type { OutboxRow, VerdictSink } from '../../src/pipeline/ports.ts';
import { testFolder } from './fixtures/folder.ts';

const sinks: readonly (readonly [string, () => Promise<VerdictSink>])[] = [
  ['memory', async () => await Promise.resolve(memorySink())],
  ['JSON Lines', async () => await openJsonLinesSink(join(await testFolder(), 'a/verdicts.jsonl'))],
];

function rows(from: number, to: number): OutboxRow[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const number = from + i;
    return { kind: 'verdict', number, id: `v${number}`, body: `{"id":"v${number}"}` };
  });
}

describe.each(sinks)('the %s sink', (_name, open) => {
  it('begins at 0', async () => {
    const sink = await open();
    expect(await sink.lastNumber()).toBe(0);
    await sink.close();
  });

  it('knows the highest number that it has', async () => {
    const sink = await open();
    await sink.append(rows(1, 3));
    expect(await sink.lastNumber()).toBe(3);
    await sink.append(rows(4, 4));
    expect(await sink.lastNumber()).toBe(4);
    await sink.close();
  });

  it('ignores what it has already', async () => {
    const sink = await open();
    await sink.append(rows(1, 3));
    await sink.append(rows(2, 4));
    await sink.append(rows(1, 2));
    await sink.append([]);
    expect(await sink.lastNumber()).toBe(4);
    await sink.close();
  });

  it('refuses a gap: the number of lines would no longer be the number of the last row', async () => {
    const sink = await open();
    await sink.append(rows(1, 1));
    await expect(sink.append(rows(3, 3))).rejects.toThrow(/row 3 follows row 1/);
    expect(await sink.lastNumber()).toBe(1);
    await sink.close();
  });
});
