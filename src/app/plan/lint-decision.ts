import type { Finding } from './problem.ts';
import type { PlanSpec } from './shape.ts';

/** Settings of the decision that contradict each other. */
export function lintDecision({ decision }: PlanSpec): readonly Finding[] {
  return decision.of === 'score'
    ? [...onlyOfItems(decision), ...twoRules(decision)]
    : onlyOfScore(decision);
}

/** What means little where rankings decide, or needs a score that may not be logged beside them. */
export function lintItemMetrics({ decision, metrics }: PlanSpec): readonly Finding[] {
  if (decision.of !== 'items') return [];
  return (metrics ?? []).flatMap((metric, i): readonly Finding[] => {
    const path = ['spec', 'metrics', i];
    if (metric.type === 'outcome' && metric.attribution === 'label') {
      const message =
        'decision.of is items, and a loss is of a score: log one beside the items, or nothing is judged';
      return [{ path, message, validValues: ['attribution: served'] }];
    }
    if (metric.type === 'disagreement' && metric.of === 'minority') {
      const message = 'no ranking is that of a majority: the rate is of all pairs';
      return [{ path: [...path, 'of'], message, validValues: ['all'] }];
    }
    const isAnswer = metric.type === 'divergence' && /^(?:score|label|confidence)$/.test(metric.of);
    if (!isAnswer) return [];
    const message = `decision.of is items: log ${metric.of} beside the items, or nothing is judged`;
    return [{ path: [...path, 'of'], message, validValues: ['a feature or a context field'] }];
  });
}

type Decision = PlanSpec['decision'];

function twoRules({ threshold, tolerance }: Decision): readonly Finding[] {
  if (threshold === undefined || tolerance === undefined) return [];
  return [
    {
      path: ['spec', 'decision', 'tolerance'],
      message: 'conflicts with threshold: scores are compared by one of them',
      validValues: ['either threshold or tolerance'],
    },
  ];
}

function onlyOfItems(decision: Decision): readonly Finding[] {
  return (['overlapMin', 'k'] as const)
    .filter((key) => decision[key] !== undefined)
    .map((key) => ({
      path: ['spec', 'decision', key],
      message: 'is of rankings, and decision.of is score',
      validValues: ['of: items beside it'],
    }));
}

function onlyOfScore(decision: Decision): readonly Finding[] {
  return (['threshold', 'tolerance'] as const)
    .filter((key) => decision[key] !== undefined)
    .map((key) => ({
      path: ['spec', 'decision', key],
      message: 'conflicts with of: items: rankings are compared by their overlap',
      validValues: ['overlapMin', 'or of: score'],
    }));
}
