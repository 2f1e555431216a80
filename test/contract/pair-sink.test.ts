import { describe, expect, it, onTestFinished } from 'vitest';
import { openPairSink } from '../../src/adapters/files/pair-sink.ts';
import { memoryPairSink } from '../../src/adapters/memory/pair-sink.ts';
import type { KeptPair, PairSink } from '../../src/pipeline/ports.ts';
import { HOUR_MS, ROLLOUT, START_MS } from './fixtures/commit.ts';
import { testFolder } from './fixtures/folder.ts';
import { pairOf, readPairs } from './fixtures/pair.ts';

interface Opened {
  readonly sink: PairSink;
  /** All pairs that a reader finds, in order of request id. */
  readonly pairs: () => Promise<readonly KeptPair[]>;
}

async function parquet(): Promise<Opened> {
  const folder = await testFolder();
  const sink = await openPairSink({ folder, rolloutId: ROLLOUT, windowLengthMs: HOUR_MS });
  onTestFinished(async () => await sink.close());
  return { sink, pairs: async () => await readPairs(folder) };
}

async function memory(): Promise<Opened> {
  const sink = memoryPairSink({ windowLengthMs: HOUR_MS });
  const all = (): KeptPair[] =>
    [...sink.files.values()].flat().toSorted((a, b) => (a.requestId < b.requestId ? -1 : 1));
  return await Promise.resolve({ sink, pairs: async () => await Promise.resolve(all()) });
}

const implementations: readonly (readonly [string, () => Promise<Opened>])[] = [
  ['memory', memory],
  ['Parquet', parquet],
];
const fileOf = (window: number): string => `0-${START_MS + window * HOUR_MS}`;

describe.each(implementations)('the %s pair sink', (_name, open) => {
  it('gives pairs back as they were, nulls and odd names included', async () => {
    const { sink, pairs } = await open();
    const odd: KeptPair = {
      ...pairOf('b', 0),
      currentScore: null,
      canaryScore: 5e-324,
      currentLabel: null,
      disagree: null,
      fields: { 'o\'brien " 😀': 'é', 'feature.x': 0.1, none: null },
    };
    await sink.write(fileOf(0), [pairOf('a', 0), odd]);
    expect(await pairs()).toStrictEqual([pairOf('a', 0), odd]);
  });

  it('replaces a file that is written again', async () => {
    const { sink, pairs } = await open();
    await sink.write(fileOf(0), [pairOf('a', 0), pairOf('b', 0)]);
    await sink.write(fileOf(0), [pairOf('c', 0)]);
    await sink.write(fileOf(1), [pairOf('d', 1)]);
    expect((await pairs()).map((pair) => pair.requestId)).toEqual(['c', 'd']);
    await sink.write(fileOf(1), []);
    expect((await pairs()).map((pair) => pair.requestId)).toEqual(['c']);
  });

  it('removes the files of windows that ended before a time', async () => {
    const { sink, pairs } = await open();
    for (let i = 0; i < 3; i++) await sink.write(fileOf(i), [pairOf(`r${i}`, i)]);
    expect(await sink.expire(START_MS + HOUR_MS - 1)).toBe(0);
    expect(await sink.expire(START_MS + 2 * HOUR_MS)).toBe(2);
    expect(await sink.expire(START_MS + 2 * HOUR_MS)).toBe(0);
    expect((await pairs()).map((pair) => pair.requestId)).toEqual(['r2']);
  });

  it('takes writes that are not awaited one after the other', async () => {
    const { sink, pairs } = await open();
    await Promise.all(
      [0, 1, 2].map(async (i) => await sink.write(fileOf(i), [pairOf(`r${i}`, i)])),
    );
    expect((await pairs()).map((pair) => pair.requestId)).toEqual(['r0', 'r1', 'r2']);
  });
});
