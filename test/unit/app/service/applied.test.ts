import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import {
  type ApplyRequest,
  applyPlan,
  type KnownRollout,
  type KnownRollouts,
  nextRolloutId,
  phaseOf,
} from '../../../../src/app/service/applied.ts';
import type { RolloutPhase, RoutingTable } from '../../../../src/core/events/routing.ts';
import { PLAN_TEXT } from '../../cli/plan-text.ts';

const TOPICS = { current: 'predictions.current', canary: 'predictions.canary', outcomes: null };

function request(text: string = PLAN_TEXT, other: Partial<ApplyRequest> = {}): ApplyRequest {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return {
    plan: result.plan,
    planText: text,
    planFile: 'plan.yaml',
    policyDigest: result.digest,
    topics: TOPICS,
    partitionCount: 4,
    startAt: 'latest',
    rolloutCountMax: 3,
    ...other,
  };
}

function known(rolloutId: string, phase: RolloutPhase | null, text?: string): KnownRollout {
  const { plan, rolloutCountMax: _, ...applied } = request(text);
  return {
    applied: { rolloutId, ...applied },
    plan,
    phase,
  };
}

function among(...rollouts: readonly KnownRollout[]): KnownRollouts {
  return { rollouts, usedIds: rollouts.map(({ applied }) => applied.rolloutId) };
}

const OTHER_MODEL = PLAN_TEXT.replace('model: fraud', 'model: ads').replace('fraud-v7', 'ads-v2');
const NEXT_CANARY = PLAN_TEXT.replace('canary: v7', 'canary: v8').replace('fraud-v7', 'fraud-v8');

describe('a plan that is applied', () => {
  it('is the first rollout of its name', () => {
    expect(applyPlan(request(), among())).toMatchObject({
      kind: 'started',
      applied: { rolloutId: 'fraud-v7.1', topics: TOPICS, partitionCount: 4 },
      ended: [],
    });
  });

  it.each([null, 'shadow', 'split', 'watching'] as const)(
    'changes nothing when just it runs (%s)',
    (phase) => {
      const running = known('fraud-v7.3', phase);
      expect(applyPlan(request(), among(running))).toEqual({
        kind: 'unchanged',
        applied: running.applied,
      });
    },
  );

  it('keeps its number when the policy changes, and begins the evidence anew', () => {
    const text = PLAN_TEXT.replace('minPairs: 2000', 'minPairs: 500');
    expect(applyPlan(request(text), among(known('fraud-v7.3', 'shadow')))).toMatchObject({
      kind: 'changed',
      evidence: 'anew',
      applied: { rolloutId: 'fraud-v7.3', planText: text },
    });
  });

  it('goes on where it reads, whatever place a new one would begin at', () => {
    const text = PLAN_TEXT.replace('minPairs: 2000', 'minPairs: 500');
    const asked = request(text, { startAt: 'earliest' });
    expect(applyPlan(asked, among()).applied.startAt).toBe('earliest');
    expect(applyPlan(asked, among(known('fraud-v7.3', 'shadow'))).applied.startAt).toBe('latest');
  });

  it('keeps the evidence when only what is outside of it changes', () => {
    const text = `${PLAN_TEXT}  routing: [ { file: { path: routing.json } } ]\n`;
    expect(applyPlan(request(text), among(known('fraud-v7.3', 'shadow')))).toMatchObject({
      kind: 'changed',
      evidence: 'kept',
      applied: { rolloutId: 'fraud-v7.3', planText: text },
    });
  });

  it.each([
    ['another canary', request(PLAN_TEXT.replace('canary: v7', 'canary: v8')), 'canary: v7 there'],
    ['another topic', request(PLAN_TEXT, { topics: { ...TOPICS, canary: 'x' } }), 'topic of the'],
    [
      'another window',
      request(`${PLAN_TEXT}  window: { length: 120s }\n`),
      'window.length in ms: 60000 there, 120000 here',
    ],
    ['other partitions', request(PLAN_TEXT, { partitionCount: 8 }), 'partitions: 4 there, 8 here'],
  ])('cannot turn a running rollout into one with %s', (_, asked, difference) => {
    expect(() => applyPlan(asked, among(known('fraud-v7.1', 'split')))).toThrow(
      expect.objectContaining({
        code: 'usage',
        hints: expect.arrayContaining([expect.stringContaining(difference)]),
      }),
    );
  });

  it.each(['rolled_back', 'promoted'] as const)(
    'is a retry with a new number when the last one is %s',
    (phase) => {
      expect(applyPlan(request(), among(known('fraud-v7.1', phase)))).toMatchObject({
        kind: 'started',
        applied: { rolloutId: 'fraud-v7.2' },
        ended: ['fraud-v7.1'],
      });
    },
  );

  it('ends the watch of the last rollout of its model, and leaves other models alone', () => {
    const before = among(known('fraud-v7.1', 'watching'), known('ads-v2.1', 'split', OTHER_MODEL));
    expect(applyPlan(request(NEXT_CANARY), before)).toMatchObject({
      kind: 'started',
      applied: { rolloutId: 'fraud-v8.1' },
      ended: ['fraud-v7.1'],
    });
  });

  it('waits for the rollout that its model has', () => {
    const before = among(known('fraud-v7.1', 'split'));
    expect(() => applyPlan(request(NEXT_CANARY), before)).toThrow(
      'fraud-v7.1 of model fraud still runs',
    );
  });

  it('is refused beyond the limit on rollouts, those that it ends left out', () => {
    const full = among(known('fraud-v7.1', 'watching'), known('ads-v2.1', null, OTHER_MODEL));
    expect(applyPlan(request(NEXT_CANARY, { rolloutCountMax: 2 }), full).kind).toBe('started');
    expect(() => applyPlan(request(NEXT_CANARY, { rolloutCountMax: 1 }), full)).toThrow(
      expect.objectContaining({ code: 'limit_reached' }),
    );
  });
});

describe('the number of a rollout', () => {
  it('is never given twice', () => {
    const used = ['fraud-v7.2', 'fraud-v7.10', 'fraud.9', 'fraud-v7.x.40', 'fraud-v7.z', ''];
    expect(nextRolloutId('fraud-v7', used)).toBe('fraud-v7.11');
    expect(nextRolloutId('fraud', used)).toBe('fraud.10');
    expect(nextRolloutId('new', used)).toBe('new.1');
  });
});

describe('where a rollout stands', () => {
  const table: RoutingTable = {
    rolloutId: 'fraud-v7.1',
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    salt: 'fraud/fraud-v7.1',
    hash: 'murmur3',
    total: 10_000,
    key: 'unit_id',
    boundary: 'request',
    sessionMaxAgeMs: 0,
    shares: [{ fromMs: 0, share: 0 }],
    endMs: null,
    sequence: 1,
  };

  it.each([
    ['shadow', [0], null],
    ['split', [0, 0.05], null],
    ['watching', [0, 0.05, 1], null],
    ['promoted', [0, 1], 9],
    ['rolled_back', [0, 0.05, 0], 9],
    ['rolled_back', [0], 9],
  ] as const)('is %s with shares %j and end %s', (phase, shares, endMs) => {
    const history = shares.map((share, i) => ({ fromMs: i, share }));
    expect(phaseOf({ ...table, shares: history, endMs })).toBe(phase);
  });

  it('is not known before it has a routing table', () => {
    expect(phaseOf(null)).toBeNull();
  });
});
