import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../../src/app/plan/parse.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';
import {
  checkOutcome,
  checkPrediction,
  REQUEST_ID_LENGTH_MAX,
} from '../../../src/producer/check-event.ts';

const PREDICTION = {
  request_id: 'r-81',
  model: 'fraud',
  version: 'v7',
  event_time: 1_795_168_800_042,
  score: 0.83,
};
const OUTCOME = {
  request_id: 'r-81',
  model: 'fraud',
  event_time: 1_795_168_900_000,
  metric: 'late',
  value: 1,
};
const DECLARED = { features: { amount: 'number', country: 'string' } } as const;

function refusal(check: () => unknown): { code: string; field: unknown; text: string } {
  try {
    check();
  } catch (error) {
    if (!(error instanceof CoalmineError)) throw error;
    const { field } = error.cause as { field: unknown };
    return { code: error.code, field, text: [error.message, ...error.hints].join('; ') };
  }
  throw new Error('nothing was refused');
}

describe('a prediction', () => {
  it('is filled up with what its schema has besides', () => {
    expect(checkPrediction(PREDICTION, {})).toEqual({
      ...PREDICTION,
      row_index: 0,
      unit_id: null,
      session_start: null,
      served: true,
      label: null,
      class_probabilities: null,
      items: null,
      confidence: null,
      latency_ms: null,
      error: null,
      features: {},
      context: null,
      sampling_fraction: 1,
    });
  });

  it.each([
    ['event_time', { event_time: 1_795_168_800 }, /seconds; ms since 1970 are wanted/],
    ['request_id', { request_id: '' }, /empty/],
    ['request_id', { request_id: 'é'.repeat(REQUEST_ID_LENGTH_MAX / 2 + 1) }, /at most 512/],
    ['score', { score: '0.8' }, /must be a number, found the string "0.8"/],
    ['score', { score: null }, /give at least one of score, label, class_probabilities, items/],
    ['latency_ms', { latency_ms: -1 }, /cannot be negative/],
    ['sampling_fraction', { sampling_fraction: 0 }, /above 0 and at most 1/],
    ['scroe', { scroe: 0.8 }, /no field of this event; fields: request_id, .*, score,/],
    ['features', { features: { when: new Date(0) } }, /numbers, strings, booleans or null/],
    ['features.big', { features: { big: 2n } }, /features.big must be a number, a string/],
  ])('is refused for its %s (%#)', (field, over, wanted) => {
    const found = refusal(() => checkPrediction({ ...PREDICTION, ...over }, {}));
    expect(found).toMatchObject({ code: 'event_invalid', field });
    expect(found.text).toMatch(wanted);
  });

  it('may hold nothing but an error', () => {
    const record = checkPrediction({ ...PREDICTION, score: null, error: 'timeout' }, {});
    expect(record).toMatchObject({ score: null, error: 'timeout' });
  });

  it('keeps to the fields that were declared', () => {
    const withFeatures = (features: object) => () =>
      checkPrediction({ ...PREDICTION, features }, DECLARED);
    expect(withFeatures({ amount: 1, country: null })()).toMatchObject({ features: { amount: 1 } });
    expect(refusal(withFeatures({ amount: '1' })).text).toMatch(/amount must be a number, found/);
    expect(refusal(withFeatures({ toString: 1 })).text).toMatch(
      /features.toString is not declared; declared features: amount, country/,
    );
  });
});

describe('an outcome', () => {
  it('is filled up with the row', () => {
    expect(checkOutcome(OUTCOME)).toEqual({ ...OUTCOME, row_index: 0 });
  });

  it.each([
    ['value', { value: Number.NaN }, /finite/],
    ['metric', { metric: null }, /missing/],
    ['version', { version: 'v7' }, /no field of this event; fields: request_id, row_index, model/],
  ])('is refused for its %s (%#)', (field, over, wanted) => {
    const found = refusal(() => checkOutcome({ ...OUTCOME, ...over }));
    expect(found).toMatchObject({ code: 'event_invalid', field });
    expect(found.text).toMatch(wanted);
  });
});

it('refuses at the length of request ids that a silent plan takes', () => {
  const result = parsePlan(
    'apiVersion: coalmine.dev/v1\nkind: Rollout\nmetadata: { name: a }\n' +
      'spec: { model: m, current: v1, canary: v2, stepWeights: [100] }\n',
    'plan.yaml',
  );
  expect(result.ok && result.plan.limits.requestIdLengthMax).toBe(REQUEST_ID_LENGTH_MAX);
});
