import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyTable } from '../../../../src/core/join/key-table.ts';

const SLOTS = 4096;

/** A table over slots whose keys come from few words, so that they crowd at few homes. */
function crowdedTable() {
  const words = {
    key1a: new Uint32Array(SLOTS),
    key1b: new Uint32Array(SLOTS),
    key2a: new Uint32Array(SLOTS),
    key2b: new Uint32Array(SLOTS),
  };
  const table = new KeyTable(words, 8);
  return {
    table,
    set(slot: number, key: number): void {
      words.key1a[slot] = key % 7;
      words.key1b[slot] = key;
      words.key2a[slot] = 0;
      words.key2b[slot] = 0xff_ff_ff_ff - key;
    },
    find(key: number): number {
      const key1 = Uint32Array.of(0, 0, key % 7, key);
      return table.find({ key1, key2: Uint32Array.of(0, 0, 0, 0xff_ff_ff_ff - key) }, 1);
    },
  };
}

describe('a table of keys', () => {
  test('finds nothing while it is empty', () => {
    expect(crowdedTable().find(3)).toBe(-1);
  });

  test('tells keys apart that share three of their four words', () => {
    const crowded = crowdedTable();
    crowded.set(0, 5);
    crowded.table.add(0);
    const key1 = Uint32Array.of(5, 5);
    const key2 = Uint32Array.of(0, 0xff_ff_ff_ff - 5);
    expect(crowded.table.find({ key1, key2 }, 0)).toBe(0);
    for (let word = 0; word < 4; word += 1) {
      const other = { key1: key1.slice(), key2: key2.slice() };
      const half = word < 2 ? other.key1 : other.key2;
      half[word % 2] = (half[word % 2] ?? 0) ^ 1;
      expect(crowded.table.find(other, 0)).toBe(-1);
    }
  });

  test('holds what a Map holds after any adding and removing', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 60 }), isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const crowded = crowdedTable();
        const model = new Map<number, number>();
        let next = 0;
        for (const { key, isAdded } of steps) {
          const slot = model.get(key);
          if (isAdded && slot === undefined) {
            crowded.set(next, key);
            crowded.table.add(next);
            model.set(key, next);
            next += 1;
          } else if (!isAdded && slot !== undefined) {
            crowded.table.remove(slot);
            model.delete(key);
          }
          expect(crowded.find(key)).toBe(model.get(key) ?? -1);
        }
        expect(crowded.table.size).toBe(model.size);
        for (let key = 0; key <= 60; key += 1) expect(crowded.find(key)).toBe(model.get(key) ?? -1);
      }),
      { numRuns: 100 },
    );
  });

  test('finds keys as high as words go', () => {
    const words = {
      key1a: Uint32Array.of(0xff_ff_ff_ff),
      key1b: Uint32Array.of(0x80_00_00_00),
      key2a: Uint32Array.of(0x7f_ff_ff_ff),
      key2b: Uint32Array.of(0xff_ff_ff_ff),
    };
    const table = new KeyTable(words, 4);
    table.add(0);
    const key1 = Uint32Array.of(0xff_ff_ff_ff, 0x80_00_00_00);
    expect(table.find({ key1, key2: Uint32Array.of(0x7f_ff_ff_ff, 0xff_ff_ff_ff) }, 0)).toBe(0);
  });
});
