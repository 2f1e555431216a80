import { describe, expect, test } from 'vitest';
import {
  cannotTell,
  consequenceOfLimit,
  dispersionOf,
  gateUnder,
  limitTriggers,
  lineOf,
  ratioOrNull,
  sampledByOutcome,
  windowsFor,
} from '../../../../../src/core/verdict/checks/check.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const SHADOW = { index: 0, share: 0 };
const FIRST = { index: 0, share: 0.01 };
const LATER = { index: 1, share: 0.05 };

describe('a limit on what a better model does too', () => {
  test('does what the plan says where the user wrote it', () => {
    for (const stage of [SHADOW, FIRST, LATER]) {
      for (const onFail of ['rollback', 'hold', 'warn'] as const) {
        expect(consequenceOfLimit({ limitWritten: true, onFail }, stage)).toBe(onFail);
      }
    }
  });

  test('by default holds in shadow and in the first step, where a human can look first, and warns elsewhere', () => {
    const byDefault = { limitWritten: false, onFail: 'hold' } as const;
    expect(consequenceOfLimit(byDefault, SHADOW)).toBe('hold');
    expect(consequenceOfLimit(byDefault, FIRST)).toBe('hold');
    expect(consequenceOfLimit(byDefault, LATER)).toBe('warn');
    expect(consequenceOfLimit({ ...byDefault, onFail: 'warn' }, SHADOW)).toBe('warn');
  });

  test('rolls back only where the user wrote it', () => {
    expect(limitTriggers({ limitWritten: true, onFail: 'rollback' })).toBe(true);
    expect(limitTriggers({ limitWritten: true, onFail: 'hold' })).toBe(false);
    expect(limitTriggers({ limitWritten: false, onFail: 'rollback' })).toBe(false);
  });
});

describe('what all checks share', () => {
  test('counts the evidence of checks that are not critical for a quarter', () => {
    expect(dispersionOf({ critical: true })).toBe(1);
    expect(dispersionOf({ critical: false })).toBe(4);
  });

  test('lets a warning keep no rollout waiting, at the line of a hold', () => {
    expect(gateUnder('warn', 'shut')).toBe('exempt');
    expect(gateUnder('hold', 'shut')).toBe('shut');
    const lines = { rollback: 9, hold: 3 };
    expect(lineOf('rollback', lines)).toBe(9);
    expect(lineOf('hold', lines)).toBe(3);
    expect(lineOf('warn', lines)).toBe(3);
  });

  test('knows a log that was sampled at two rates, and asks only arms that answered', () => {
    const twoRates = { samplingFractionMin: 0.1, samplingFractionMax: 1 };
    expect(sampledByOutcome(summaryOf({ canary: { predictions: 9, ...twoRates } }))).toBe(true);
    expect(sampledByOutcome(summaryOf({ canary: { predictions: 0, ...twoRates } }))).toBe(false);
    const oneRate = { samplingFractionMin: 0.1, samplingFractionMax: 0.1 };
    expect(sampledByOutcome(summaryOf({ canary: { predictions: 9, ...oneRate } }))).toBe(false);
  });

  test('never passes where nothing can be told', () => {
    const rest = { gate: 'unknown', countOf: 'pairs', effectOf: 'rate', logEvidence: 0 } as const;
    expect(cannotTell('no_data', 'nothing yet', rest)).toMatchObject({
      status: 'inconclusive',
      asks: 'none',
      effect: null,
      bound: null,
    });
  });

  test('gives a ratio and a number of windows only where there is one', () => {
    expect(ratioOrNull(3, 2)).toBe(1.5);
    expect([ratioOrNull(1, 0), ratioOrNull(0, 0)]).toEqual([null, null]);
    expect(windowsFor(450, 100)).toBe(5);
    expect(windowsFor(0, 100)).toBe(1);
    expect([windowsFor(null, 100), windowsFor(450, 0), windowsFor(450, Number.NaN)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
