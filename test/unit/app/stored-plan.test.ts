import { describe, expect, it } from 'vitest';
import { planDigest } from '../../../src/app/plan/digest.ts';
import { changedPlanMeta, planMeta, plansOfMeta } from '../../../src/app/stored-plan.ts';
import { errorRate, planOf } from '../../support/plans.ts';

const PLAN = planOf([errorRate()], {
  notifications: [{ kind: 'webhook', url: 'https://hooks.example/T0/secret', secret: 's' }],
});
const CHANGED = { ...PLAN, falseRollbackRate: 0.02 };

describe('the plans of a store', () => {
  it('are kept without those who are told, under the digest that verdicts name', () => {
    const meta = planMeta(PLAN);
    expect([...meta.values()].join('')).not.toContain('hooks.example');
    expect([...plansOfMeta(meta).keys()]).toEqual([planDigest(PLAN)]);
  });

  it('are all kept when one follows the other', () => {
    const first = changedPlanMeta(PLAN, new Map());
    const meta = new Map([...first, ...changedPlanMeta(CHANGED, first)]);
    expect([...plansOfMeta(meta)]).toEqual([
      [planDigest(PLAN), { ...PLAN, notifications: [] }],
      [planDigest(CHANGED), { ...CHANGED, notifications: [] }],
    ]);
  });

  it('are not kept twice', () => {
    const meta = planMeta(PLAN);
    expect(changedPlanMeta({ ...PLAN, routing: [{ kind: 'memory' }] }, meta).size).toBe(0);
  });

  it('are none where none was kept', () => {
    expect(plansOfMeta(new Map([['log', 'x']])).size).toBe(0);
  });
});
