import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEAD_LETTER_REASONS } from '../../../../src/core/events/dead-letter.ts';
import { parsePrediction } from '../../../../src/core/events/parse-prediction.ts';

const LIMITS = { requestIdLengthMax: 16 };
const LEAST = { request_id: 'r', model: 'm', version: 'v1', event_time: 986_947_200_000 };

function reasonOf(value: unknown): string {
  const parsed = parsePrediction(value, LIMITS);
  return parsed.ok ? 'ok' : `${parsed.reason} ${parsed.field}`;
}

describe('parsePrediction', () => {
  test('fills what is absent: row 0, no fraction sampled away, nothing else known', () => {
    expect(parsePrediction(LEAST, LIMITS)).toEqual({
      ok: true,
      value: {
        requestId: 'r',
        rowIndex: 0,
        model: 'm',
        version: 'v1',
        eventTimeMs: 986_947_200_000,
        unitId: null,
        sessionStartMs: null,
        served: null,
        score: null,
        label: null,
        classProbabilities: null,
        items: null,
        confidence: null,
        latencyMs: null,
        error: null,
        features: {},
        context: {},
        samplingFraction: 1,
        arrivalTimeMs: null,
      },
    });
  });

  test('reads every field of the contract by its exact name and ignores others', () => {
    const parsed = parsePrediction(
      {
        ...LEAST,
        row_index: 3,
        unit_id: 'u',
        session_start: 986_947_100_000,
        served: false,
        score: 0.5,
        label: 'yes',
        class_probabilities: { yes: 0.5, no: 0.5 },
        items: ['a', 'b'],
        confidence: 0.9,
        latency_ms: 12.5,
        error: 'timeout',
        features: { a: 1, b: 'x', c: true, d: null },
        context: { e: 2 },
        sampling_fraction: 0.1,
        arrival_time: 986_947_200_009,
        Score: 'ignored',
        extra: [1, { a: 2 }],
      },
      LIMITS,
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        rowIndex: 3,
        unitId: 'u',
        sessionStartMs: 986_947_100_000,
        served: false,
        score: 0.5,
        label: 'yes',
        classProbabilities: { yes: 0.5, no: 0.5 },
        items: ['a', 'b'],
        confidence: 0.9,
        latencyMs: 12.5,
        error: 'timeout',
        features: { a: 1, b: 'x', c: true, d: null },
        context: { e: 2 },
        samplingFraction: 0.1,
        arrivalTimeMs: 986_947_200_009,
      },
    });
  });

  test('measures a request id in bytes, not in letters', () => {
    expect(reasonOf({ ...LEAST, request_id: 'x'.repeat(16) })).toBe('ok');
    expect(reasonOf({ ...LEAST, request_id: 'é'.repeat(8) })).toBe('ok');
    expect(reasonOf({ ...LEAST, request_id: 'é'.repeat(9) })).toBe('long_request_id request_id');
    expect(reasonOf({ ...LEAST, request_id: '😀'.repeat(4) })).toBe('ok');
    expect(reasonOf({ ...LEAST, request_id: '😀'.repeat(5) })).toBe('long_request_id request_id');
  });

  test('believes times from 1990 up to 2100 and cuts fractions of a ms', () => {
    expect(reasonOf({ ...LEAST, event_time: 631_152_000_000 })).toBe('ok');
    expect(reasonOf({ ...LEAST, event_time: 631_151_999_999 })).toBe('bad_event_time event_time');
    expect(reasonOf({ ...LEAST, event_time: 4_102_444_799_999 })).toBe('ok');
    expect(reasonOf({ ...LEAST, event_time: 4_102_444_800_000 })).toBe('bad_event_time event_time');
    expect(reasonOf({ ...LEAST, event_time: Number.NaN })).toBe('bad_event_time event_time');
    expect(parsePrediction({ ...LEAST, event_time: 986_947_200_000.75 }, LIMITS)).toMatchObject({
      value: { eventTimeMs: 986_947_200_000 },
    });
  });

  test('lets numbers be not finite, except where a range is promised', () => {
    const value = { ...LEAST, score: Infinity, features: { a: -Infinity }, latency_ms: Infinity };
    expect(reasonOf(value)).toBe('ok');
    expect(reasonOf({ ...LEAST, sampling_fraction: Infinity })).toBe(
      'bad_sampling_fraction sampling_fraction',
    );
    expect(reasonOf({ ...LEAST, row_index: Infinity })).toBe('bad_row_index row_index');
  });

  test('looks at model and version first, then reports the first problem only', () => {
    expect(reasonOf({ request_id: 7, event_time: -1 })).toBe('missing_field model');
    expect(reasonOf({ model: 'm', request_id: 7, event_time: -1 })).toBe('missing_field version');
    expect(reasonOf({ model: 'm', version: 'v', request_id: 7, event_time: -1 })).toBe(
      'wrong_type request_id',
    );
  });

  test('reads own fields only: what an object inherits is not in the record', () => {
    expect(reasonOf({ model: 'm', version: 'v', toString: 1 })).toBe('missing_field request_id');
    expect(parsePrediction(JSON.parse('{"__proto__": {"model": "m"}}'), LIMITS)).toMatchObject({
      reason: 'missing_field',
      field: 'model',
    });
  });

  test('never throws, whatever it is given, and gives a reason of the list or a usable record', () => {
    const keys = ['request_id', 'event_time', 'items', 'features', 'class_probabilities', 'served'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.anything()), (fields) => {
        const parsed = parsePrediction({ ...LEAST, ...fields }, LIMITS);
        const isKnown = parsed.ok || Object.hasOwn(DEAD_LETTER_REASONS, parsed.reason);
        expect(isKnown && !(parsed.ok && parsed.value.requestId === '')).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parsePrediction(value, LIMITS).ok).toBe(false);
      }),
    );
  });
});
