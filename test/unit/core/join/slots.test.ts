import { expect, test } from 'vitest';
import { memoryLog } from '../../../../src/adapters/memory/log.ts';
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
    const arrays = Object.values(slots)
      .flat()
      .filter((value) => ArrayBuffer.isView(value));
    expect(slots.bytes).toBe(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
    slots.take();
  }
});
