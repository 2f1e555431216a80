import { describe, expect, test } from 'vitest';
import { budgetOf, isAveraged, logAverage } from '../../../../src/core/verdict/budget.ts';
import {
  disagreement,
  divergence,
  errorRate,
  latency,
  missing,
  planOf,
  sampleRatio,
} from '../../../support/plans.ts';

describe('the budget of a plan', () => {
  test('gives a check alone its weight of the rollback rate, and each hold an even part', () => {
    const plan = planOf([errorRate({ weight: 0.5 }), latency(), missing(), sampleRatio()]);
    const budget = budgetOf(plan);
    expect(budget.logLimit).toBeCloseTo(Math.log(100));
    expect(budget.lines[0]?.rollback).toBeCloseTo(Math.log(200));
    expect(budget.lines[0]?.hold).toBeCloseTo(Math.log(3 / 0.05));
  });

  test('has no line for a metric of weight 0', () => {
    const budget = budgetOf(planOf([errorRate({ weight: 0 })]));
    expect(budget.lines[0]?.rollback).toBe(Infinity);
  });

  test('sets a tenth aside for divergences that may roll back', () => {
    const two = [divergence({ onFail: 'rollback' }), divergence({ onFailUnpaired: 'rollback' })];
    const budget = budgetOf(planOf([errorRate({ weight: 1 }), ...two]));
    expect(budget.logLimit).toBeCloseTo(-Math.log(0.009));
    expect(budget.lines[1]?.rollback).toBeCloseTo(-Math.log(0.0005));
  });

  test('averages only what may roll back', () => {
    expect(isAveraged(errorRate())).toBe(true);
    expect(isAveraged(errorRate({ dryRun: true }))).toBe(false);
    expect(isAveraged(errorRate({ onFail: 'hold' }))).toBe(false);
    expect(isAveraged(disagreement({ limitWritten: false }))).toBe(false);
    expect(isAveraged(divergence({ onFail: 'rollback' }))).toBe(false);
    expect(isAveraged(missing())).toBe(true);
    expect(isAveraged(missing({ rollbackAbove: null }))).toBe(false);
  });
});

describe('the average of e-values', () => {
  test('is weighted, and the rest of the weight stays at 1', () => {
    const parts = [{ name: 'errors', weight: 0.5, logEvidence: Math.log(9) }];
    expect(logAverage(parts, 0.5)).toBeCloseTo(Math.log(5));
  });

  test('is 1 without checks, and finite for evidence that no double holds', () => {
    expect(logAverage([], 1)).toBe(0);
    expect(logAverage([{ name: 'a', weight: 0.1, logEvidence: 5_000 }], 0.9)).toBeCloseTo(
      5_000 + Math.log(0.1),
    );
    expect(logAverage([{ name: 'a', weight: 1, logEvidence: -5_000 }], 0)).toBe(0);
  });
});
