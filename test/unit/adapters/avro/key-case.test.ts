import { describe, expect, it } from 'vitest';
import { camelKeys, snakeKeys } from '../../../../src/adapters/avro/key-case.ts';

const CAMEL = {
  rolloutId: 'a.1',
  stage: { fromMs: 5 },
  checks: [{ effectOf: 'rate' }],
  none: null,
};
const SNAKE = {
  rollout_id: 'a.1',
  stage: { from_ms: 5 },
  checks: [{ effect_of: 'rate' }],
  none: null,
};

describe('keys of records', () => {
  it('are snake_case in Avro and camelCase here, at every depth', () => {
    expect(snakeKeys(CAMEL)).toEqual(SNAKE);
    expect(camelKeys(SNAKE)).toEqual(CAMEL);
  });

  it('change without touching bytes, numbers or text', () => {
    const bytes = new Uint8Array([1, 2]);
    expect(snakeKeys([bytes, 1, 'aB'])).toEqual([bytes, 1, 'aB']);
  });
});
