import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOutcome } from '../../../../src/core/events/parse-outcome.ts';

const LIMITS = { requestIdLengthMax: 16 };
const CLICK = {
  request_id: 'r',
  model: 'm',
  event_time: 986_947_200_000,
  metric: 'click',
  value: 1,
};

function reasonOf(value: unknown): string {
  const parsed = parseOutcome(value, LIMITS);
  return parsed.ok ? 'ok' : `${parsed.reason} ${parsed.field}`;
}

describe('parseOutcome', () => {
  test('reads every field of the contract', () => {
    expect(parseOutcome({ ...CLICK, row_index: 2, arrival_time: 986_947_200_001 }, LIMITS)).toEqual(
      {
        ok: true,
        value: {
          requestId: 'r',
          rowIndex: 2,
          model: 'm',
          eventTimeMs: 986_947_200_000,
          metric: 'click',
          value: 1,
          arrivalTimeMs: 986_947_200_001,
        },
      },
    );
  });

  test.each([
    [[CLICK], 'not_an_object null'],
    ['click', 'not_an_object null'],
    [{ ...CLICK, model: null }, 'missing_field model'],
    [{ ...CLICK, request_id: '' }, 'empty_request_id request_id'],
    [{ ...CLICK, event_time: 986_947_200 }, 'bad_event_time event_time'],
    [{ ...CLICK, event_time: undefined }, 'missing_field event_time'],
    [{ ...CLICK, metric: undefined }, 'missing_field metric'],
    [{ ...CLICK, metric: 5 }, 'wrong_type metric'],
    [{ ...CLICK, value: undefined }, 'missing_field value'],
    [{ ...CLICK, value: '1' }, 'wrong_type value'],
    [{ ...CLICK, value: Infinity }, 'wrong_type value'],
    [{ ...CLICK, row_index: 1.5 }, 'bad_row_index row_index'],
  ])('rejects %j', (value, reason) => {
    expect(reasonOf(value)).toBe(reason);
  });

  test('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseOutcome(value, LIMITS).ok).toBe(false);
      }),
    );
  });
});
