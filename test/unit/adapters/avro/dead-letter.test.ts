import { describe, expect, it } from 'vitest';
import { deadLetterCodec } from '../../../../src/adapters/avro/dead-letter.ts';
import type { DeadRecord } from '../../../../src/pipeline/stream/ports.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';

const TOPIC = { topic: 'coalmine.dead-letters', messageBytesMax: 10_000 };

const DEAD: DeadRecord = {
  topic: 'predictions.canary',
  partition: 3,
  offset: 17,
  reason: 'missing_field',
  field: 'event_time',
  detail: 'event_time is missing',
  key: Uint8Array.of(0, 255),
  value: Uint8Array.of(1, 2, 3),
};

describe('dead letters on the wire', () => {
  it('come back as they were, keyed by the place of the original', async () => {
    const registry = memoryRegistry();
    const codec = deadLetterCodec(registry, TOPIC);
    const { key, value } = await codec.encode(DEAD, 1_700_000_000_000);
    expect(key).toBe('predictions.canary/3/17');
    const letter = await codec.decode(value ?? new Uint8Array());
    const { value: payload, ...rest } = DEAD;
    expect(letter).toEqual({
      ...rest,
      timeMs: 1_700_000_000_000,
      payload: Buffer.from(payload ?? []),
      key: Buffer.from(DEAD.key ?? []),
    });
    expect([...registry.subjects.keys()]).toEqual(['coalmine.dead-letters-value']);
  });

  it('may have neither payload nor key nor field', async () => {
    const codec = deadLetterCodec(memoryRegistry(), TOPIC);
    const bare = { ...DEAD, field: null, key: null, value: null };
    const { value } = await codec.encode(bare, 0);
    expect(await codec.decode(value ?? new Uint8Array())).toMatchObject({
      payload: null,
      key: null,
      field: null,
    });
  });

  it('leave out bytes that their topic would not take', async () => {
    const codec = deadLetterCodec(memoryRegistry(), TOPIC);
    const large = { ...DEAD, value: new Uint8Array(10_000) };
    const { value } = await codec.encode(large, 0);
    expect(value?.length).toBeLessThan(10_000);
    expect(await codec.decode(value ?? new Uint8Array())).toMatchObject({
      payload: null,
      detail: 'event_time is missing; its 10002 bytes are too many to be kept',
    });
  });

  it('are refused when the bytes are something else', async () => {
    const codec = deadLetterCodec(memoryRegistry(), TOPIC);
    await expect(codec.decode(Buffer.from('{"reason":"x"}'))).rejects.toMatchObject({
      code: 'undecodable',
    });
  });
});
