import type { StageRef } from '../../src/core/events/verdict.ts';
import type {
  MaturedOutcome,
  ServedOutcome,
  WindowSummary,
} from '../../src/core/windows/summary.ts';
import { binomialDraw, type Random, sum12 } from './random.ts';
import { fieldOf, latencies, MINUTE_MS, summaryOf } from './summaries.ts';

/** How both models behave; rates in [0, 1], latencies in ms. */
export interface Behaviour {
  readonly requests: number;
  readonly currentErrors: number;
  readonly canaryErrors: number;
  readonly currentLatencyMs: number;
  readonly canaryLatencyMs: number;
  readonly missing: number;
  readonly flips: number;
  readonly positives: number;
  readonly canaryLoss: number;
  readonly canaryClicks: number;
  /** Whether requests are also sent to the canary in shadow, in split stages. */
  readonly mirrored: boolean;
}

/** Two models alike: 1,200 requests a window, 1 % errors, 20 ms, 3 % flips. */
export const ALIKE: Behaviour = {
  requests: 1_200,
  currentErrors: 0.01,
  canaryErrors: 0.01,
  currentLatencyMs: 20,
  canaryLatencyMs: 20,
  missing: 0.001,
  flips: 0.03,
  positives: 0.2,
  canaryLoss: 0.4,
  canaryClicks: 0.05,
  mirrored: false,
};

const CLICK_RATE = 0.05;
const CURRENT_LOSS = 0.4;
/** Outcomes of a request window arrive so many windows later. */
const MATURE_AFTER = 5;

/** Binomial counts of any size: drawn in parts small enough for the exact inversion. */
export function draw(random: Random, trials: number, rate: number): number {
  if (rate > 0.5) return trials - draw(random, trials, 1 - rate);
  const part = Math.max(1, Math.floor(200 / Math.max(rate, 1e-9)));
  let events = 0;
  for (let left = trials; left > 0; left -= part) {
    events += binomialDraw(random, Math.min(left, part), rate);
  }
  return events;
}

/** One window of seeded traffic in a stage: everything that a summary can hold, drawn. */
export function trafficWindow(
  random: Random,
  behaviour: Behaviour,
  at: { readonly window: number; readonly stage: StageRef },
): WindowSummary {
  const { requests } = behaviour;
  const { share } = at.stage;
  const served = draw(random, requests, share);
  const shadow = share === 0 || behaviour.mirrored;
  const due = shadow ? requests : 0;
  const unmatchedCurrent = draw(random, due, behaviour.missing);
  const matched = due - unmatchedCurrent;
  const canaryCount = shadow ? matched : served;
  const currentCount = shadow ? requests : requests - served;
  return summaryOf({
    window: at.window,
    profileHash: 'h1',
    counts: { matched, unmatchedCurrent },
    current: armNumbers(random, {
      predictions: currentCount,
      served: requests - served,
      errors: behaviour.currentErrors,
      latencyMs: behaviour.currentLatencyMs,
    }),
    canary: armNumbers(random, {
      predictions: canaryCount,
      served,
      errors: behaviour.canaryErrors,
      latencyMs: behaviour.canaryLatencyMs,
    }),
    paired: pairs(random, matched, behaviour),
    fields: [fieldOf('score', scoreCells(random, currentCount), scoreCells(random, canaryCount))],
    maturedOutcomes: matured(random, behaviour, { ...at, pairs: matched }),
    servedOutcomes: clicks(random, behaviour, { ...at, served }),
  });
}

function armNumbers(
  random: Random,
  arm: { predictions: number; served: number; errors: number; latencyMs: number },
) {
  const latencyCells = latencySpread(random, arm.predictions, arm.latencyMs);
  const errors = draw(random, arm.predictions, arm.errors);
  return { predictions: arm.predictions, served: arm.served, errors, latencyCells };
}

/** Log-normal latencies of 0.3 in ln, drawn in bulk: 40 values stand for all. */
function latencySpread(random: Random, answers: number, medianMs: number): readonly number[] {
  const counts: Record<number, number> = {};
  let left = answers;
  for (let i = 0; left > 0; i += 1) {
    const part = Math.min(left, Math.max(1, Math.round(answers / 40)));
    counts[medianMs * Math.exp(0.3 * sum12(random)) + i * 1e-9] = part;
    left -= part;
  }
  return latencies(counts);
}

function pairs(random: Random, compared: number, behaviour: Behaviour) {
  const flips = draw(random, compared, behaviour.flips);
  const flipsUp = draw(random, flips, 0.5);
  const bothPositive = draw(random, compared - flips, behaviour.positives);
  return {
    compared,
    flipsUp,
    flipsDown: flips - flipsUp,
    bothPositive,
    bothNegative: compared - flips - bothPositive,
  };
}

function scoreCells(random: Random, answers: number): readonly number[] {
  const half = draw(random, answers, 0.5);
  const low = draw(random, half, 0.5);
  const high = draw(random, answers - half, 0.5);
  return [low, half - low, high, answers - half - high];
}

function matured(
  random: Random,
  behaviour: Behaviour,
  at: { window: number; pairs: number },
): readonly MaturedOutcome[] {
  const window = at.window - MATURE_AFTER;
  if (window < 0 || at.pairs === 0) return [];
  const noise = () => 1 + 0.05 * sum12(random);
  return [
    {
      metric: 'label-loss',
      requestWindowStartMs: window * MINUTE_MS,
      requestWindowEndMs: (window + 1) * MINUTE_MS,
      pairs: at.pairs,
      labelled: at.pairs,
      because: 'mature',
      lossCurrentSum: at.pairs * CURRENT_LOSS * noise(),
      lossCanarySum: at.pairs * behaviour.canaryLoss * noise(),
    },
  ];
}

function clicks(
  random: Random,
  behaviour: Behaviour,
  at: { window: number; served: number },
): readonly ServedOutcome[] {
  const currentOpen = behaviour.requests - at.served;
  const currentEvents = draw(random, currentOpen, CLICK_RATE);
  const canaryEvents = draw(random, at.served, behaviour.canaryClicks);
  return [
    {
      metric: 'click-rate',
      requestWindowStartMs: at.window * MINUTE_MS,
      currentOpen,
      canaryOpen: at.served,
      currentEvents,
      canaryEvents,
      currentValueSum: currentEvents,
      canaryValueSum: canaryEvents,
    },
  ];
}
