import { expect, test } from 'vitest';
import { memoryLog } from '../../../../src/adapters/memory/log.ts';
import { predictionColumns } from '../../../../src/adapters/memory/log-columns.ts';
import type { PredictionColumns } from '../../../../src/core/events/batch.ts';
import { Slots } from '../../../../src/core/join/slots.ts';
import { current, MODEL } from '../../../support/predictions.ts';

test('slots take as many bytes as they say, small and grown', () => {
  const prediction = current('r', 0, { features: { amount: 1, channel: 'web' } });
  const { schema } = memoryLog({
    predictions: [prediction],
    ...MODEL,
    futureMaxMs: 0,
    frameSize: 1,
  });
  const slots = new Slots(schema);
  expect(slots.numbers.length * slots.codes.length).toBeGreaterThan(0);
  for (let i = 0; i < 20; i++) {
    expect(slots.bytes).toBe(bytesOf(slots));
    slots.take();
  }
});

test('rankings wait in slots that are grown, and take their room only where a plan compares them', () => {
  const items = ['a', 'b', 'c', 'd'];
  const options = { predictions: [current('r', 0, { items })], ...MODEL, futureMaxMs: 0 };
  const without = new Slots(memoryLog({ ...options, frameSize: 1 }).schema);
  expect(without.rankedItems).toBeNull();
  const slots = new Slots(memoryLog({ ...options, frameSize: 1, rankedItemCount: 3 }).schema);
  expect(slots.bytes - without.bytes).toBe(slots.capacity * 3 * 4);
  const rankedItems = Uint32Array.of(0, 0, 0, 7, 8, 9);
  for (let i = 0; i < 20; i++) slots.copy(slots.take(), columnsWith(rankedItems), i % 2);
  expect(slots.bytes).toBe(bytesOf(slots));
  expect(Array.from(slots.rankedItems ?? []).slice(0, 9)).toEqual([0, 0, 0, 7, 8, 9, 0, 0, 0]);
  slots.keepOnly(Int32Array.of(0, 1));
  expect(Array.from(slots.rankedItems ?? []).slice(0, 6)).toEqual([0, 0, 0, 7, 8, 9]);
  expect(slots.bytes).toBe(bytesOf(slots));
});

function bytesOf(slots: Slots): number {
  const arrays = Object.values(slots)
    .flat()
    .filter((value) => ArrayBuffer.isView(value));
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Two records of which nothing but the rankings matters. */
function columnsWith(rankedItems: Uint32Array): PredictionColumns {
  const schema = { layout: { numbers: [], categories: [] }, dictionaries: [], codes: [] };
  const usable = [current('r', 0), current('s', 1)].map((record) => ({ record, status: 0 }));
  return {
    ...predictionColumns('current', usable, { ...schema, rankedItemCount: 3 }),
    rankedItems,
  };
}
