import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPairSink } from '../../../../src/adapters/files/pair-sink.ts';
import { HOUR_MS, ROLLOUT, START_MS } from '../../../contract/fixtures/commit.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';
import { pairOf, readPairs } from '../../../contract/fixtures/pair.ts';

describe('the Parquet pair sink on disk', () => {
  it('keeps nothing of a write that failed', async () => {
    const folder = await testFolder();
    const sink = await openPairSink({ folder, rolloutId: ROLLOUT, windowLengthMs: HOUR_MS });
    const broken = { ...pairOf('b', 0), rowIndex: 0.5 };
    await expect(sink.write(`0-${START_MS}`, [pairOf('a', 0), broken])).rejects.toThrow(/0\.5/);
    await sink.write(`1-${START_MS}`, [pairOf('c', 0)]);
    await sink.close();
    expect((await readPairs(folder)).map((pair) => pair.requestId)).toEqual(['c']);
  });

  it('holds ten thousand pairs in one file', async () => {
    const folder = await testFolder();
    const sink = await openPairSink({ folder, rolloutId: ROLLOUT, windowLengthMs: HOUR_MS });
    const pairs = Array.from({ length: 10_000 }, (_, i) =>
      pairOf(`r${String(i).padStart(5, '0')}`, 0),
    );
    await sink.write(`0-${START_MS}-${START_MS + HOUR_MS}`, pairs);
    await sink.close();
    expect(await readPairs(folder)).toStrictEqual(pairs);
  });

  it('puts a rollout with an odd name into one folder of its own', async () => {
    const folder = await testFolder();
    const options = { folder, rolloutId: "a/../b 'c'.1", windowLengthMs: HOUR_MS };
    const sink = await openPairSink(options);
    await sink.write(`0-${START_MS}`, [pairOf('a', 0)]);
    await sink.close();
    expect(await readPairs(folder)).toHaveLength(1);
  });

  it('names the folder that cannot be written', async () => {
    const folder = join(await testFolder(), 'file');
    await writeFile(folder, '');
    const opening = openPairSink({ folder, rolloutId: ROLLOUT, windowLengthMs: HOUR_MS });
    await expect(opening).rejects.toMatchObject({ code: 'output_unwritable' });
  });
});
