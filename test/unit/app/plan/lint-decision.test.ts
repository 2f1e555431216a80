import { describe, expect, it } from 'vitest';
import { type PlanResult, parsePlan } from '../../../../src/app/plan/parse.ts';
import { planWith } from './plans.ts';

const RANKED = ['name: d, type: disagreement, max: 0.1', 'name: s, type: segment'];

function readOf(decision: string, ...metrics: readonly string[]): PlanResult {
  const listed = metrics.map((metric) => `  - { ${metric} }`);
  const lines = metrics.length === 0 ? [] : ['metrics:', ...listed];
  return parsePlan(planWith(`decision: ${decision}`, ...lines), 'plan.yaml');
}

function rankingOf(decision: string) {
  const result = readOf(decision, ...RANKED);
  return result.ok ? result.plan.decision : result.problems;
}

function saidOf(result: PlanResult): readonly string[] {
  const problems = result.ok ? result.warnings : result.problems;
  return problems
    .map(({ key, message }) => `${key}: ${message}`)
    .filter((line) => !line.includes('there is no shadow step'));
}

describe('a decision by items', () => {
  it('compares the first ten by an overlap of 0.6, unless the plan says otherwise', () => {
    const byDefault = { itemCount: 10, overlapMin: 0.6 };
    expect(rankingOf('{ of: items }')).toEqual({
      threshold: null,
      tolerance: null,
      ranking: byDefault,
    });
    expect(rankingOf('{ of: items, k: 100, overlapMin: 1 }')).toMatchObject({
      ranking: { itemCount: 100, overlapMin: 1 },
    });
  });

  it('is not what a plan gets that does not ask for it', () => {
    expect(rankingOf('{ threshold: 0.5 }')).toMatchObject({ ranking: null });
  });

  it('needs no threshold, and nothing is warned of', () => {
    expect(saidOf(readOf('{ of: items }', ...RANKED))).toEqual([]);
    expect(saidOf(readOf('{ of: items }'))).toEqual([]);
  });

  it.each([
    ['{ of: items, k: 0 }', 'spec.decision.k: '],
    ['{ of: items, k: 101 }', 'spec.decision.k: '],
    ['{ of: items, k: 2.5 }', 'spec.decision.k: '],
    ['{ of: items, overlapMin: 0 }', 'spec.decision.overlapMin: '],
    ['{ of: items, overlapMin: 60 }', 'spec.decision.overlapMin: '],
    ['{ of: labels }', 'spec.decision.of: '],
    ['{ k: 5 }', 'spec.decision.k: is of rankings, and decision.of is score'],
    ['{ overlapMin: 0.5 }', 'spec.decision.overlapMin: is of rankings, and decision.of is score'],
    ['{ of: items, threshold: 0.5 }', 'spec.decision.threshold: conflicts with of: items'],
    ['{ of: items, tolerance: 0.5 }', 'spec.decision.tolerance: conflicts with of: items'],
  ])('%s is refused where it is wrong', (decision, said) => {
    const result = readOf(decision);
    expect(result.ok).toBe(false);
    expect(saidOf(result)).toEqual([expect.stringContaining(said)]);
    const valid = result.ok ? [] : result.problems.flatMap(({ validValues }) => validValues);
    expect(valid).not.toEqual([]);
  });

  it('warns of a disagreement of the minority: there is none', () => {
    const result = readOf('{ of: items }', 'name: d, type: disagreement, of: minority');
    expect(result.ok).toBe(true);
    expect(saidOf(result)).toEqual([
      'spec.metrics.0.of: no ranking is that of a majority: the rate is of all pairs',
    ]);
  });

  it('warns of metrics that need what may not be logged beside the items', () => {
    const said = saidOf(
      readOf(
        '{ of: items }',
        'name: loss, type: outcome, outcome: late, attribution: label, loss: log, tolerance: { ratio: 1.1 }',
        'name: psi, type: divergence, of: score',
        'name: input, type: divergence, of: feature.amount',
        'name: clicks, type: outcome, outcome: click, attribution: served, floor: 0.9',
      ),
    );
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^spec\.metrics\.0: decision\.of is items, and a loss is of a score/);
    expect(said[1]).toMatch(/^spec\.metrics\.1\.of: decision\.of is items: log score beside/);
  });
});
