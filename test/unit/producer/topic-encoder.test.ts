import { describe, expect, it } from 'vitest';
import { avroType, schemaText } from '../../../src/adapters/avro/schema-file.ts';
import { checkOutcome } from '../../../src/producer/check-event.ts';
import { topicEncoder } from '../../../src/producer/topic-encoder.ts';

const RECORD = checkOutcome({
  request_id: 'anfrage-ü',
  model: 'fraud',
  event_time: 1_795_168_800_042,
  metric: 'late',
  value: 1,
});

/** Gives ids from 258 on, and fails when it is told to. */
function registrar() {
  const asked: { subject: string; text: string }[] = [];
  const state = { isAway: false };
  return {
    asked,
    state,
    async idOf(subject: string, text: string): Promise<number> {
      if (state.isAway) throw new Error('away');
      asked.push({ subject, text });
      return await Promise.resolve(257 + asked.length);
    },
  };
}

describe('the encoder of a topic', () => {
  it('writes the wire format: a zero byte, the id in four, Avro', async () => {
    const encoder = topicEncoder(schemaText('Outcome'), registrar());
    const { topic, key, value } = await encoder.encode('outcomes', RECORD);
    expect([topic, key]).toEqual(['outcomes', 'anfrage-ü']);
    expect([...value.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2]);
    const decoded: unknown = avroType('Outcome').fromBuffer(Buffer.from(value.subarray(5)));
    expect(decoded).toMatchObject(RECORD);
  });

  it('registers its schema once for each topic, as other clients write it', async () => {
    const registry = registrar();
    const encoder = topicEncoder(schemaText('Outcome'), registry);
    await encoder.prepare('a');
    for (const topic of ['a', 'b', 'a', 'b']) await encoder.encode(topic, RECORD);
    const text = schemaText('Outcome').trim();
    expect(registry.asked).toEqual([
      { subject: 'a-value', text },
      { subject: 'b-value', text },
    ]);
  });

  it('asks again after a registry that was away', async () => {
    const registry = registrar();
    const encoder = topicEncoder(schemaText('Outcome'), registry);
    registry.state.isAway = true;
    await expect(encoder.encode('a', RECORD)).rejects.toThrow('away');
    registry.state.isAway = false;
    await expect(encoder.encode('a', RECORD)).resolves.toMatchObject({ topic: 'a' });
  });
});
