import { describe, expect, it } from 'vitest';
import { openOutcomeSegments } from '../../src/adapters/files/outcome-segments.ts';
import { memoryOutcomeSegments } from '../../src/adapters/memory/outcome-segments.ts';
import type { OutcomeSegments } from '../../src/pipeline/ports.ts';
import { testFolder } from './fixtures/folder.ts';

const implementations: readonly (readonly [string, () => Promise<OutcomeSegments>])[] = [
  ['memory', async () => await Promise.resolve(memoryOutcomeSegments())],
  ['folder', async () => await openOutcomeSegments(await testFolder())],
];

describe.each(implementations)('outcome segments in %s', (_name, open) => {
  it('gives back the bytes that were written', async () => {
    const segments = await open();
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 256);
    await segments.write('0-986965200000', bytes);
    expect(await segments.read('0-986965200000')).toStrictEqual(bytes);
    await segments.write('empty', new Uint8Array(0));
    expect(await segments.read('empty')).toStrictEqual(new Uint8Array(0));
  });

  it('keeps what was written even if the writer goes on with its buffer', async () => {
    const segments = await open();
    const bytes = Uint8Array.of(1, 2, 3);
    await segments.write('a', bytes);
    bytes[0] = 9;
    expect(await segments.read('a')).toStrictEqual(Uint8Array.of(1, 2, 3));
  });

  it('replaces a segment of the same name', async () => {
    const segments = await open();
    await segments.write('a', Uint8Array.of(1, 2, 3));
    await segments.write('a', Uint8Array.of(4));
    expect(await segments.read('a')).toStrictEqual(Uint8Array.of(4));
    expect(await segments.list()).toEqual(['a']);
  });

  it('lists names in order', async () => {
    const segments = await open();
    for (const name of ['1-b', '0-a', '0-b']) await segments.write(name, Uint8Array.of(1));
    expect(await segments.list()).toEqual(['0-a', '0-b', '1-b']);
  });

  it('removes segments, also those that are gone already', async () => {
    const segments = await open();
    await segments.write('a', Uint8Array.of(1));
    await segments.write('b', Uint8Array.of(1));
    await segments.remove(['a', 'never-there']);
    expect(await segments.list()).toEqual(['b']);
  });

  it('says which segment is missing', async () => {
    const segments = await open();
    await expect(segments.read('lost')).rejects.toThrow(/no outcome segment .*lost/);
  });
});
