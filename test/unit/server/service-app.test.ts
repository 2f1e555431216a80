import { describe, expect, it } from 'vitest';
import { liveness, readiness, type ServiceFacts } from '../../../src/server/health.ts';
import { type RolloutRow, serviceApp } from '../../../src/server/service-app.ts';

const FACTS: ServiceFacts = {
  nowMs: 100_000,
  startedAtMs: 50_000,
  stuckAfterMs: 30_000,
  loops: [
    { name: 'join', turnedAtMs: 99_000, failure: null },
    { name: 'judge', turnedAtMs: 70_000, failure: null },
  ],
  groups: [{ name: 'coalmine-join', isAssigned: true }],
  tables: [{ name: 'coalmine.rollouts', isRead: true }],
  isRegistryAnswering: true,
  isStopping: false,
};

const ROLLOUT: RolloutRow = {
  rolloutId: 'fraud-v7.1',
  phase: 'split',
  stageIndex: 1,
  share: 0.05,
  lastVerdict: { id: 'v1', decision: 'hold', reason: 'too few samples', windowEndMs: 60_000 },
  lagRecords: 12,
};

function app(facts: Partial<ServiceFacts> = {}, rollouts: readonly RolloutRow[] = []) {
  return serviceApp({
    facts: () => ({ ...FACTS, ...facts }),
    rollouts: () => rollouts,
    metrics: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      scrape: async () => 'coalmine_rollouts_running 1\n',
    },
  });
}

describe('liveness', () => {
  it('asks only that every loop turns', () => {
    const facts: ServiceFacts = { ...FACTS, groups: [], tables: [], isRegistryAnswering: false };
    expect(liveness(facts).isOk).toBe(true);
  });

  it.each([
    [
      'ended',
      { name: 'judge', turnedAtMs: 99_000, failure: 'the disk is full' },
      'the disk is full',
    ],
    ['is stuck', { name: 'judge', turnedAtMs: 69_999, failure: null }, 'it did not turn for 30 s'],
    ['never began', { name: 'judge', turnedAtMs: null, failure: null }, 'it did not turn for 50 s'],
  ])('says which loop %s', (_, loop, problem) => {
    const health = liveness({ ...FACTS, loops: [loop] });
    expect(health).toEqual({ isOk: false, checks: [{ name: 'judge', problem }] });
  });

  it('gives a loop time for its first turn', () => {
    const loop = { name: 'join', turnedAtMs: null, failure: null };
    expect(liveness({ ...FACTS, nowMs: 80_000, loops: [loop] }).isOk).toBe(true);
  });
});

describe('readiness', () => {
  it('is there when all is assigned, read and seen', () => {
    expect(readiness(FACTS).isOk).toBe(true);
  });

  it.each([
    ['a group is not joined', { groups: [{ name: 'g', isAssigned: false }] }],
    ['a table is not read', { tables: [{ name: 't', isRead: false }] }],
    ['the registry does not answer', { isRegistryAnswering: false }],
    ['it is stopping', { isStopping: true }],
  ])('is not there while %s', (_, facts) => {
    expect(readiness({ ...FACTS, ...facts }).isOk).toBe(false);
  });
});

describe('the service over HTTP', () => {
  it('answers probes with 200, and with 503 and what is wrong', async () => {
    expect((await app().request('/healthz')).status).toBe(200);
    expect((await app().request('/readyz')).status).toBe(200);
    const failing = await app({ isRegistryAnswering: false }).request('/readyz');
    expect(failing.status).toBe(503);
    expect(await failing.json()).toMatchObject({
      status: 'failing',
      checks: [
        { name: 'running', ok: true },
        { name: 'group coalmine-join', ok: true },
        { name: 'table coalmine.rollouts', ok: true },
        { name: 'schema registry', ok: false, problem: 'it does not answer' },
      ],
    });
    expect(
      (await app({ loops: [{ name: 'a', turnedAtMs: 0, failure: 'x' }] }).request('/healthz'))
        .status,
    ).toBe(503);
  });

  it('is scraped', async () => {
    const answer = await app().request('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('coalmine_rollouts_running 1\n');
  });

  it('lists rollouts in snake_case', async () => {
    const answer = await app({}, [ROLLOUT, { ...ROLLOUT, lastVerdict: null }]).request('/rollouts');
    expect(await answer.json()).toEqual([
      {
        rollout_id: 'fraud-v7.1',
        phase: 'split',
        stage_index: 1,
        share: 0.05,
        last_verdict: {
          id: 'v1',
          decision: 'hold',
          reason: 'too few samples',
          window_end_ms: 60_000,
        },
        lag_records: 12,
      },
      expect.objectContaining({ last_verdict: null }),
    ]);
  });

  it('knows no other path and changes nothing', async () => {
    expect((await app().request('/')).status).toBe(404);
    expect((await app().request('/rollouts', { method: 'POST' })).status).toBe(404);
  });
});
