import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type PlanResult, parsePlan } from '../../../../src/app/plan/parse.ts';
import { formatProblems } from '../../../../src/app/plan/problem.ts';
import { FULL_PLAN, SHORT_PLAN } from './plans.ts';
import { writtenPlan } from './written.ts';

function success(text: string): Extract<PlanResult, { ok: true }> {
  const result = parsePlan(text, 'plan.yaml', () => 'https://hooks.example.com/T1');
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result;
}

const rate = fc.double({ min: 1e-6, max: 0.5, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const duration = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom('ms', 's', 'm', 'h'))
  .map(([number, unit]) => `${number}${unit}`);
const consequence = fc.constantFrom('rollback', 'hold', 'warn');
const ratio = fc.double({ min: 1, max: 10, noNaN: true });

function optional(keys: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  return fc.record(keys, { requiredKeys: [] });
}

const common = optional({
  critical: fc.boolean(),
  dryRun: fc.boolean(),
  gates: fc.constantFrom('all', 'last', 'none'),
  warmup: duration,
});
const weight = optional({ weight: fc.double({ min: 0, max: 0.1, noNaN: true }) });

function metric(fixed: object, ...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  return fc.tuple(common, ...parts).map((drawn) => Object.assign({}, fixed, ...drawn));
}

const tolerance = fc.oneof(
  fc.record({ ratio }),
  fc.record({ difference: rate }),
  fc.record({ ratio, difference: rate }),
);
const label = { type: 'outcome', outcome: 'late', attribution: 'label', loss: 'log' };
const served = { type: 'outcome', outcome: 'click', attribution: 'served' };

const metrics = fc
  .array(
    fc.oneof(
      metric({ type: 'errorRate' }, weight, optional({ tolerance, onFail: consequence })),
      metric(
        { type: 'latency' },
        weight,
        optional({ quantile: rate, max: duration, onFail: consequence }),
      ),
      metric(
        { type: 'missing' },
        weight,
        optional({ max: fc.constant(0.05), onFail: consequence }),
      ),
      metric({ type: 'missing', rollbackAbove: 'never' }, weight),
      metric({ type: 'disagreement' }, weight, optional({ max: rate })),
      metric(
        { type: 'disagreement', of: 'all' },
        weight,
        fc.record({ max: rate, onFail: consequence }),
      ),
      metric(label, weight, optional({ tolerance, matureShare: rate, outcomeHorizon: duration })),
      metric(
        served,
        weight,
        fc.record({ floor: rate }),
        optional({ relativeTo: fc.constant('current') }),
      ),
      metric(
        { ...served, floor: 0.9, relativeTo: 'current' },
        weight,
        optional({ of: fc.constantFrom('events', 'value') }),
      ),
      metric(
        { type: 'scoreShift', max: 0.02 },
        weight,
        optional({
          direction: fc.constantFrom('either', 'increase', 'decrease'),
          onFail: consequence,
        }),
      ),
      metric(
        { type: 'divergence', max: 0.3 },
        optional({ onFail: consequence, of: fc.constant('label') }),
      ),
      metric({ type: 'segment', max: 0.3 }, weight, optional({ onFail: consequence })),
      metric({ type: 'segment' }, weight, optional({ onFail: fc.constantFrom('hold', 'warn') })),
      metric({ type: 'sampleRatio' }, optional({ onFail: fc.constantFrom('hold', 'warn') })),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((drawn) => drawn.map((one, i) => ({ name: `m${i}`, ...one })));

const percents = fc
  .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 6 })
  .map((buckets) => buckets.toSorted((a, b) => a - b).map((bucket) => bucket / 100));

const windows = fc
  .tuple(duration, fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 600 }))
  .map(([length, skew, extra]) => ({ length, skewMax: `${skew}s`, grace: `${skew + extra}s` }));

const specs = fc.tuple(
  fc.record({ stepWeights: percents, metrics }),
  optional({
    window: windows,
    bake: duration,
    decision: fc.oneof(
      fc.record({ threshold: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record({
        of: fc.constant('items'),
        k: fc.integer({ min: 1, max: 100 }),
        overlapMin: fc.double({ min: 0.01, max: 1, noNaN: true }),
      }),
    ),
    reference: fc.oneof(fc.constant({ file: 'profile.json' }), fc.constant({ minSamples: 7 })),
    mirror: fc.record({ current: share, canary: share }),
    falseRollbackRate: rate,
    promoteOn: fc.constantFrom('noHarm', 'proof'),
    keepPairs: optional({ share, retention: duration }),
    notifications: fc.constantFrom([], [{ webhook: { url: 'http://127.0.0.1/x' } }]),
    routing: fc.constantFrom([], [{ file: { path: 'r.json' } }]),
  }),
);

describe('any valid plan', () => {
  it('is the same when every value that it stands for is written out', () => {
    fc.assert(
      fc.property(specs, ([needed, extra]) => {
        const versions = { model: 'fraud', current: 'v6', canary: 'v7' };
        const document = {
          apiVersion: 'coalmine.dev/v1',
          kind: 'Rollout',
          metadata: { name: 'any' },
          spec: { ...versions, ...needed, ...extra },
        };
        const read = success(stringify(document));
        const again = success(stringify(writtenPlan(read.plan), { aliasDuplicateObjects: false }));
        expect(again.plan).toEqual(read.plan);
        expect(again.digest).toBe(read.digest);
      }),
      { numRuns: 150 },
    );
  });

  it('gives each step the share that its weight says, in whole buckets', () => {
    fc.assert(
      fc.property(percents, (weights) => {
        const { plan } = success(SHORT_PLAN.replace('[1, 100]', `[${weights.join(', ')}]`));
        expect(plan.steps.map((step) => step.share * 10_000)).toEqual(
          weights.map((percent) => expect.closeTo(percent * 100, 9)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('holds for the plan of the contract', () => {
    const read = success(FULL_PLAN);
    expect(success(stringify(writtenPlan(read.plan))).plan).toEqual(read.plan);
  });
});
