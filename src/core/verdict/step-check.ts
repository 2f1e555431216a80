import type { Metric } from '../events/plan.ts';
import type { CheckReason } from '../events/verdict.ts';
import { type CheckInput, type Finding, type Lines, sampledByOutcome } from './checks/check.ts';
import { type CheckState, checkOf } from './checks/registry.ts';
import type { Judged } from './promotion.ts';
import { duration } from './sentence.ts';

type StepInput = Pick<CheckInput, 'plan' | 'summary' | 'stage'> & { readonly lines: Lines };

/** Margins of critical checks are so many times as wide in a window between two stages. */
const TRANSITION_MARGIN = 2;

/** Whether a window began before the stage that is judged: it lies between two. */
export function isTransition(input: Pick<CheckInput, 'summary' | 'stage'>): boolean {
  return input.summary.windowStartMs < input.stage.fromMs;
}

/**
 * Steps one check by one window: folds it, unless the window is set aside for this metric, and says
 * so then. Evidence gathered earlier stands: a check that failed goes on failing.
 */
export function stepCheck(
  metric: Metric,
  before: CheckState,
  input: StepInput,
): { readonly state: CheckState; readonly judged: Judged } {
  const aside = asideOf(metric, input);
  const { state, finding } = checkOf(metric).step(before, {
    plan: input.plan,
    summary: input.summary,
    stage: input.stage,
    folds: aside === null && input.summary.revision === 0,
    marginFactor: isTransition(input) ? TRANSITION_MARGIN : 1,
    lines: input.lines,
  });
  const said = aside === null || finding.status === 'fail' ? finding : setAside(finding, aside);
  return { state, judged: { metric, finding: metric.dryRun ? asDryRun(said) : said } };
}

interface Aside {
  readonly reason: CheckReason;
  readonly sentence: string;
}

function asideOf(metric: Metric, input: StepInput): Aside | null {
  if (sampledByOutcome(input.summary)) {
    return {
      reason: 'sampled_by_outcome',
      sentence: 'the log of one model was sampled at two rates in this window: nothing can be told',
    };
  }
  if (isTransition(input)) {
    if (metric.critical) return null;
    return {
      reason: 'transition',
      sentence: 'this window lies between two stages: only critical checks look at it',
    };
  }
  if (input.summary.windowStartMs >= input.stage.fromMs + metric.warmupMs) return null;
  return {
    reason: 'warming_up',
    sentence: `not judged for ${duration(metric.warmupMs)} after a stage begins`,
  };
}

function setAside(finding: Finding, aside: Aside): Finding {
  const gate = finding.gate === 'exempt' ? 'exempt' : 'unknown';
  return { ...finding, ...aside, status: 'inconclusive', asks: 'none', gate };
}

/** A dry run says what it would, and asks for nothing. */
function asDryRun(finding: Finding): Finding {
  return finding.asks === 'none' ? finding : { ...finding, asks: 'none', reason: 'dry_run' };
}
