import { describe, expect, it } from 'vitest';
import type { InputTopic } from '../../../src/app/service/service-config.ts';
import { shadowInputs } from '../../../src/app/shadow-inputs.ts';

const OPEN = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };

function input(topic: string, privacy: Partial<InputTopic['privacy']> = {}): InputTopic {
  return { topic, format: 'avro', fieldMap: null, privacy: { ...OPEN, ...privacy } };
}

const TOPICS = { from: 'a', to: 'b' };

describe('the two topics of a shadow', () => {
  it('are Avro without rules where the config file does not name them', () => {
    const inputs = shadowInputs(TOPICS, { inputs: [] });
    expect([inputs.from, inputs.to]).toEqual([input('a'), input('b')]);
    expect(inputs.isDropped('feature.x')).toBe(false);
  });

  it('drop on the way what the first one drops', () => {
    const { isDropped } = shadowInputs(TOPICS, {
      inputs: [input('a', { drop: ['feature.email', 'unit_id'], keep: ['feature.x'] })],
    });
    expect(['feature.email', 'unit_id', 'feature.x', 'feature.y'].map(isDropped)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('must not show in one what the other hashes', () => {
    const hashing = input('a', { hash: ['unit_id', 'feature.x'] });
    expect(() => shadowInputs(TOPICS, { inputs: [hashing] })).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: 'b would hold what a hashes: unit_id, feature.x',
      }),
    );
    const both = [hashing, input('b', { hash: ['unit_id'], drop: ['feature.x'] })];
    expect(shadowInputs(TOPICS, { inputs: both }).isDropped('unit_id')).toBe(false);
  });

  it('refuse a field map on what is written', () => {
    const fieldMap = { fields: {}, features: null, context: null, arms: null, rows: null };
    expect(() => shadowInputs(TOPICS, { inputs: [{ ...input('b'), fieldMap }] })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});
