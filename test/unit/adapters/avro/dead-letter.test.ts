import { describe, expect, it } from 'vitest';
import { deadLetterCodec } from '../../../../src/adapters/avro/dead-letter.ts';
import type { DeadRecord } from '../../../../src/pipeline/stream/ports.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';

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
    const codec = deadLetterCodec(registry, 'coalmine.dead-letters');
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
    const codec = deadLetterCodec(memoryRegistry(), 'coalmine.dead-letters');
    const bare = { ...DEAD, field: null, key: null, value: null };
    const { value } = await codec.encode(bare, 0);
    expect(await codec.decode(value ?? new Uint8Array())).toMatchObject({
      payload: null,
      key: null,
      field: null,
    });
  });

  it('are refused when the bytes are something else', async () => {
    const codec = deadLetterCodec(memoryRegistry(), 'coalmine.dead-letters');
    await expect(codec.decode(Buffer.from('{"reason":"x"}'))).rejects.toMatchObject({
      code: 'undecodable',
    });
  });
});
