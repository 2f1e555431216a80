import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../../src/app/plan/parse.ts';
import { findRollout } from '../../../src/app/shadow-rollout.ts';
import type { AppliedRollout } from '../../../src/pipeline/stream/messages.ts';

function planText(name: string): string {
  return (
    `apiVersion: coalmine.dev/v1\nkind: Rollout\nmetadata: { name: ${name} }\n` +
    'spec: { model: fraud, current: v6, canary: v7, stepWeights: [100] }\n'
  );
}

function planOf(name: string) {
  const result = parsePlan(planText(name), 'plan.yaml');
  if (!result.ok) throw new Error('the plan is valid');
  return result.plan;
}

function applied(rolloutId: string, canary = 'b'): AppliedRollout {
  return {
    rolloutId,
    planText: planText(rolloutId.slice(0, rolloutId.lastIndexOf('.'))),
    planFile: 'plan.yaml',
    policyDigest: '',
    topics: { current: 'a', canary, outcomes: null },
    partitionCount: 1,
    startAt: 'latest',
  };
}

const QUERY = { plan: null, rolloutId: null, from: 'a', to: 'b' };

describe('the rollout of two topics', () => {
  it('is the one that was applied to them last', () => {
    const all = [applied('one.2'), applied('one.10'), applied('one.9'), applied('two.1', 'c')];
    const { rolloutId, plan, startAt } = findRollout(QUERY, all, []);
    expect([rolloutId, plan.name, plan.canaryVersion]).toEqual(['one.10', 'one', 'v7']);
    expect(startAt).toBe('latest');
  });

  it('must be named where there are several', () => {
    const all = [applied('one.1'), applied('two.3')];
    expect(() => findRollout(QUERY, all, [])).toThrow(
      expect.objectContaining({ code: 'usage', hints: ['--rollout one.1', '--rollout two.3'] }),
    );
    expect(findRollout({ ...QUERY, rolloutId: 'two.3' }, all, []).rolloutId).toBe('two.3');
  });

  it('is that of the config file where none is applied', () => {
    const configured = [
      { plan: planOf('one'), current: 'a', canary: 'b', startAt: 'earliest' as const },
      { plan: planOf('two'), current: 'a', canary: 'c', startAt: 'latest' as const },
    ];
    expect(findRollout(QUERY, [], configured).rolloutId).toBe('one.1');
    expect(findRollout({ ...QUERY, to: 'c' }, [], configured)).toMatchObject({
      rolloutId: 'two.1',
      startAt: 'latest',
    });
  });

  it('is that of a given plan, with the number that is in force', () => {
    const query = { ...QUERY, plan: planOf('one') };
    expect(findRollout(query, [], [])).toMatchObject({ rolloutId: 'one.1', startAt: 'earliest' });
    expect(findRollout(query, [applied('one.4', 'else')], []).rolloutId).toBe('one.4');
    expect(findRollout({ ...query, rolloutId: 'one.3' }, [], []).rolloutId).toBe('one.3');
  });

  it('is asked for where nothing says it', () => {
    expect(() => findRollout(QUERY, [applied('two.1', 'c')], [])).toThrow(
      expect.objectContaining({ code: 'usage', message: 'no rollout reads a and b' }),
    );
  });
});
