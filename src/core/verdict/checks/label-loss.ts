import type { OutcomeMetric } from '../../events/plan.ts';
import { blocksToDecide } from '../../stats/planning/blocks-to-decide.ts';
import { logEvidence } from '../../stats/sequential/evidence.ts';
import {
  blockCountToDecide,
  initialSymmetric,
  type SymmetricState,
  updateSymmetric,
} from '../../stats/sequential/symmetric.ts';
import type { MaturedOutcome } from '../../windows/summary.ts';
import { count, counted, evidence, figure } from '../sentence.ts';
import {
  type CheckInput,
  cannotTell,
  type Finding,
  gateUnder,
  lineOf,
  ratioOrNull,
} from './check.ts';
import { latestDominates } from './latest.ts';
import { exceeds, widen } from './tolerance.ts';

/** Loss of both models on requests whose outcome is known, in blocks of event time. */
export interface LabelLossState {
  readonly type: 'labelLoss';
  readonly evidence: SymmetricState;
  /** Sum over blocks of what the evidence is about: loss of the canary beyond the tolerated one. */
  readonly excessSum: number;
  /** The block that is being filled; null between two. */
  readonly open: Block | null;
  readonly total: Losses;
  /** Weighted by 0.5 for every block since: what a late fault looks like right now. */
  readonly latest: Losses;
}

interface Losses {
  readonly labelled: number;
  readonly current: number;
  readonly canary: number;
}

interface Block extends Losses {
  readonly fromMs: number;
}

/**
 * Requests of one storm, one outage or one customer share their fate: losses are one observation
 * per block, and a block is no shorter than this (measured: 15 minutes removed what was left
 * of the false alarms under noise of 5 minutes). Longer windows are blocks of their own.
 */
const BLOCK_LENGTH_MIN_MS = 15 * 60_000;
const LATEST_DECAY = 0.5;
const NOTHING: Losses = { labelled: 0, current: 0, canary: 0 };

/** Label loss before its first block. */
export function initialLabelLoss(): LabelLossState {
  return {
    type: 'labelLoss',
    evidence: initialSymmetric(),
    excessSum: 0,
    open: null,
    total: NOTHING,
    latest: NOTHING,
  };
}

/** Folds the request windows that matured in one window, each once, in the order of their maturity. */
export function updateLabelLoss(
  state: LabelLossState,
  metric: OutcomeMetric,
  input: CheckInput,
): LabelLossState {
  let next = state;
  for (const matured of input.summary.maturedOutcomes) {
    if (matured.metric !== metric.name || matured.labelled === 0) continue;
    next = addMatured(next, matured, { metric, marginFactor: input.marginFactor });
  }
  return next;
}

/** Reads the label loss: judged over the whole rollout, since labels come long after their stage. */
export function labelLossFinding(
  state: LabelLossState,
  metric: OutcomeMetric,
  input: CheckInput,
): Finding {
  const line = lineOf(metric.onFail, input.lines);
  const logE = logEvidence(state.evidence);
  const { windowCount: blockCount } = state.evidence;
  const needed = Number.isFinite(line) ? blockCountToDecide(line) : null;
  if (blockCount === 0) {
    return cannotTell('no_labels', `no block of ${metric.outcome} is mature yet`, {
      gate: 'unknown',
      countOf: 'blocks',
      effectOf: 'loss ratio',
      logEvidence: logE,
    });
  }
  const perBlock = Math.max(1, BLOCK_LENGTH_MIN_MS / input.plan.window.lengthMs);
  return finding(state, metric, { line, logE, blockCount, needed, perBlock });
}

interface Rule {
  readonly metric: OutcomeMetric;
  readonly marginFactor: number;
}

function addMatured(state: LabelLossState, matured: MaturedOutcome, rule: Rule): LabelLossState {
  const fromMs =
    matured.requestWindowStartMs - (matured.requestWindowStartMs % BLOCK_LENGTH_MIN_MS);
  const closed = state.open !== null && state.open.fromMs !== fromMs ? close(state, rule) : state;
  const open: Block = {
    fromMs,
    ...addLosses(closed.open ?? NOTHING, {
      labelled: matured.labelled,
      current: matured.lossCurrentSum,
      canary: matured.lossCanarySum,
    }),
  };
  const filled = { ...closed, open };
  const isFull = matured.requestWindowEndMs >= fromMs + BLOCK_LENGTH_MIN_MS;
  return isFull ? close(filled, rule) : filled;
}

function close(state: LabelLossState, rule: Rule): LabelLossState {
  const { open } = state;
  if (open === null) return state;
  const { ratio, difference } = widen(rule.metric.tolerance, rule.marginFactor);
  // Out of tolerance is what exceeds both parts: the larger of the two is tolerated.
  const tolerated = Math.max(open.current * ratio, open.current + open.labelled * difference);
  const excess = open.canary - tolerated;
  const decayed = {
    labelled: state.latest.labelled * LATEST_DECAY,
    current: state.latest.current * LATEST_DECAY,
    canary: state.latest.canary * LATEST_DECAY,
  };
  return {
    type: 'labelLoss',
    evidence: updateSymmetric(state.evidence, excess),
    excessSum: state.excessSum + excess,
    open: null,
    total: addLosses(state.total, open),
    latest: addLosses(decayed, open),
  };
}

function addLosses(a: Losses, b: Losses): Losses {
  return {
    labelled: a.labelled + b.labelled,
    current: a.current + b.current,
    canary: a.canary + b.canary,
  };
}

interface Reading {
  readonly line: number;
  readonly logE: number;
  readonly blockCount: number;
  /** Fewest blocks in which the test can decide at all; null: this check never does. */
  readonly needed: number | null;
  readonly perBlock: number;
}

function finding(state: LabelLossState, metric: OutcomeMetric, reading: Reading): Finding {
  const { logE, blockCount, needed } = reading;
  const crossed = logE >= reading.line;
  const { total } = state;
  const perLabel = (loss: number) => loss / total.labelled;
  const outside = exceeds(perLabel(total.canary), perLabel(total.current), metric.tolerance);
  const few = needed === null || blockCount < needed;
  const shown = latestDominates(state.evidence) ? state.latest : total;
  return {
    status: crossed ? 'fail' : few || outside ? 'inconclusive' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed
      ? 'bound_crossed'
      : few
        ? 'too_few_samples'
        : outside
          ? 'not_enough_evidence'
          : 'within_tolerance',
    sentence: sentenceOf(shown, metric, { ...reading, late: shown !== total }),
    currentCount: blockCount,
    canaryCount: blockCount,
    countOf: 'blocks',
    effect: ratioOrNull(shown.canary, shown.current),
    effectOf: 'loss ratio',
    bound: null,
    threshold: metric.tolerance.ratio,
    logEvidence: logE,
    decidableInWindowCount: crossed ? null : windowsLeft(state, reading),
    gate: gateUnder(metric.onFail, few ? 'unknown' : outside ? 'shut' : 'open'),
  };
}

/** Windows until it can decide at all, or would at the losses seen so far. */
function windowsLeft(state: LabelLossState, reading: Reading): number | null {
  const { needed, blockCount, line, logE } = reading;
  if (needed === null) return null;
  const { squareSum } = state.evidence;
  if (blockCount < needed) return Math.ceil((needed - blockCount) * reading.perBlock);
  if (squareSum === 0) return null;
  const shift = state.excessSum / Math.sqrt(blockCount * squareSum);
  const blocks = blocksToDecide(shift, line - Math.max(0, logE));
  return blocks === null ? null : Math.ceil(blocks * reading.perBlock);
}

function sentenceOf(
  shown: Losses,
  metric: OutcomeMetric,
  at: Reading & { readonly late: boolean },
): string {
  const name = metric.loss ?? 'loss';
  const canary = shown.canary / shown.labelled;
  const current = shown.current / shown.labelled;
  const needed =
    at.needed === null ? '' : ` (it can decide from ${counted(at.needed, 'block')} on)`;
  return (
    `${name} loss of the canary on ${metric.outcome} is ${figure(canary)}, of the current model ` +
    `${figure(current)}, in ${count(shown.labelled)} labelled pairs` +
    `${at.late ? ' of the latest blocks' : ''}, ${counted(at.blockCount, 'block')}${needed}; ` +
    `limit ${figure(metric.tolerance.ratio)} times; ${evidence(at.logE)}`
  );
}
