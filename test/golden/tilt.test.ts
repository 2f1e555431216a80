import { describe, expect, it } from 'vitest';
import {
  type EvidenceState,
  initialEvidence,
  logEvidence,
  logPlain,
} from '../../src/core/stats/sequential/evidence.ts';
import { tiltLogFactor, updateTilt } from '../../src/core/stats/sequential/tilt.ts';
import { type GoldenCase, goldenCases, goldenMisses, listAt, numberAt } from './golden.ts';

/** ln E after each window of a case, by one of the two readings of the state. */
function series(
  one: GoldenCase,
  read: (state: EvidenceState) => number,
  dispersion = 1,
): readonly number[] {
  const logMargin = Math.log(numberAt(one.input, 'ratio'));
  const direction = numberAt(one.input, 'direction') === 1 ? 1 : -1;
  let state = initialEvidence();
  return listAt(one.input, 'windows').map((window) => {
    const nCanary = numberAt(window, 'nCanary');
    const kCanary = numberAt(window, 'kCanary');
    const counts = {
      events: kCanary,
      trials: kCanary + numberAt(window, 'kCurrent'),
      share: nCanary / (nCanary + numberAt(window, 'nCurrent')),
      logMargin,
    };
    state = updateTilt(state, counts, { direction, dispersion });
    return read(state);
  });
}

describe('the tilt e-process against its reference values', () => {
  it('the plain half follows the reference window by window', () => {
    for (const one of goldenCases('sequential', 'tiltSeries', 7)) {
      expect(goldenMisses(one, { lnE: series(one, logPlain) })).toEqual([]);
    }
  });

  it('half plain, half restart follows the reference window by window', () => {
    for (const one of goldenCases('sequential', 'tiltWithRestart', 4)) {
      expect(goldenMisses(one, { lnE: series(one, logEvidence) })).toEqual([]);
    }
  });

  it('tempered by a dispersion it follows the reference window by window', () => {
    for (const one of goldenCases('sequential', 'tiltTempered', 4)) {
      expect(goldenMisses(one, { lnE: series(one, logPlain, numberAt(one.input, 'phi')) })).toEqual(
        [],
      );
    }
  });

  it('the factor of one window agrees', () => {
    for (const one of goldenCases('sequential', 'tiltLogFactor', 7)) {
      const n = numberAt(one.input, 'nCanary');
      const counts = {
        events: numberAt(one.input, 'kCanary'),
        trials: numberAt(one.input, 'events'),
        share: n / (n + numberAt(one.input, 'nCurrent')),
        logMargin: 0,
      };
      expect(
        goldenMisses(one, { lnFactor: tiltLogFactor(counts, numberAt(one.input, 'logRatio')) }),
      ).toEqual([]);
    }
  });

  it('the same factor tests one sample against a limit', () => {
    for (const one of goldenCases('sequential', 'oneSampleLogFactor', 4)) {
      const counts = {
        events: numberAt(one.input, 'events'),
        trials: numberAt(one.input, 'trials'),
        share: numberAt(one.input, 'q0'),
        logMargin: 0,
      };
      const tilt = Math.log(numberAt(one.input, 'ratio'));
      expect(goldenMisses(one, { lnFactor: tiltLogFactor(counts, tilt) })).toEqual([]);
    }
  });

  it('the same factor tests the direction of discordant pairs', () => {
    for (const one of goldenCases('sequential', 'discordanceLogFactor', 5)) {
      const events = numberAt(one.input, 'onlyCanaryWrong');
      const trials = events + numberAt(one.input, 'onlyCurrentWrong');
      const tilt = Math.log(numberAt(one.input, 'ratio'));
      const counts = { events, trials, share: 0.5, logMargin: 0 };
      expect(goldenMisses(one, { lnFactor: tiltLogFactor(counts, tilt) })).toEqual([]);
    }
  });
});
