import { trialsToDecide } from '../../stats/planning/samples-to-decide.ts';
import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import { rateLowerBound } from '../../stats/sequential/rate-bound.ts';
import { updateTilt } from '../../stats/sequential/tilt.ts';
import type { Counts, Tallies } from '../tallies.ts';
import { addCounts, noTallies, stageCounts } from '../tallies.ts';
import { type Gate, windowsFor } from './check.ts';
import { latestDominates } from './latest.ts';

/** Events among trials against a limit: the core of every check of one rate. */
export interface RateTest {
  readonly evidence: EvidenceState;
  readonly tallies: Tallies<'events' | 'trials'>;
}

/** How the increments of a rate test are taken. */
export interface RateRule {
  /** The tolerated rate. Kept off 0 and 1, where one event would be infinite evidence. */
  readonly limit: number;
  readonly dispersion: number;
  readonly stageFromMs: number | null;
}

/** What a rate test says at its line. */
export interface RateView {
  readonly crossed: boolean;
  readonly gate: Gate;
  readonly logEvidence: number;
  /** The counts that the sentence quotes, and over which span. */
  readonly shown: Counts<'events' | 'trials'>;
  readonly over: 'total' | 'stage' | 'latest';
  readonly span: string;
  /** Events per trial in `shown`; null without trials. */
  readonly rate: number | null;
  readonly bound: number | null;
  readonly windowsLeft: number | null;
}

const LIMIT_MIN = 1e-6;
const NOTHING = { events: 0, trials: 0 };

/**
 * A rate test before its first window: E = 1.
 *
 * @example initialRateTest().tallies.total.trials // 0
 */
export function initialRateTest(): RateTest {
  return { evidence: initialEvidence(), tallies: noTallies(NOTHING) };
}

/**
 * Folds one window's counts: a binomial tilt with the limit as the share (one-sample
 * Tilt, K = trials). Empty windows change the counts by nothing.
 *
 * @example updateRateTest(initialRateTest(), { events: 5, trials: 10 }, { limit: 0.1, dispersion: 1, stageFromMs: 0 })
 */
export function updateRateTest(
  test: RateTest,
  counts: Counts<'events' | 'trials'>,
  rule: RateRule,
): RateTest {
  const tilt = { events: counts.events, trials: counts.trials, share: insideLimit(rule.limit) };
  return {
    evidence: updateTilt(
      test.evidence,
      { ...tilt, logMargin: 0 },
      { direction: 1, dispersion: rule.dispersion },
    ),
    tallies: addCounts(test.tallies, counts, rule.stageFromMs),
  };
}

/**
 * Reads a rate test: crossed when ln E has reached the line; the gate compares the rate of this
 * stage with the limit, and is `unknown` without a trial in it.
 *
 * @example viewRateTest(initialRateTest(), { limit: 0.1, dispersion: 1, stageFromMs: 0, line: 4.6 }).gate // 'unknown'
 */
export function viewRateTest(
  test: RateTest,
  rule: { limit: number; dispersion: number; stageFromMs: number; line: number },
): RateView {
  const stage = stageCounts(test.tallies, rule.stageFromMs);
  const gate = gateOf(stage, rule.limit);
  const logE = logEvidence(test.evidence);
  const late = latestDominates(test.evidence);
  const over = late ? 'latest' : gate === 'shut' ? 'stage' : 'total';
  const shown = over === 'stage' ? stage : test.tallies[over];
  const { recent, total } = test.tallies;
  return {
    crossed: logE >= rule.line,
    gate,
    logEvidence: logE,
    shown,
    over,
    span: late ? ' of the latest windows' : shown.trials < total.trials ? ' of this stage' : '',
    rate: shown.trials > 0 ? shown.events / shown.trials : null,
    bound: rateLowerBound(total, { logLine: rule.line, dispersion: rule.dispersion }),
    windowsLeft: windowsLeft(recent, { ...rule, logE }),
  };
}

function windowsLeft(
  recent: Counts<'events' | 'trials' | 'windows'>,
  at: { limit: number; dispersion: number; line: number; logE: number },
): number | null {
  if (recent.trials === 0) return null;
  const rates = { rate: recent.events / recent.trials, limit: insideLimit(at.limit) };
  const trials = trialsToDecide(rates, at.line - Math.max(0, at.logE));
  const perWindow = recent.trials / recent.windows / at.dispersion;
  return windowsFor(trials, perWindow);
}

function gateOf(stage: Counts<'events' | 'trials'>, limit: number): Gate {
  if (stage.trials === 0) return 'unknown';
  return stage.events > limit * stage.trials ? 'shut' : 'open';
}

/** Off 0 and 1, where one event would be infinite evidence. @example insideLimit(0) // 0.000001 */
export function insideLimit(limit: number): number {
  return Math.min(1 - LIMIT_MIN, Math.max(LIMIT_MIN, limit));
}
