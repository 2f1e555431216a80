import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultMetrics, defaultPlanText } from '../../../../src/app/plan/defaults.ts';
import { loadPlan, type PlanResult, parsePlan } from '../../../../src/app/plan/parse.ts';
import { formatProblems } from '../../../../src/app/plan/problem.ts';
import type { EnvironmentLookup } from '../../../../src/app/plan/targets.ts';
import type { Plan } from '../../../../src/core/events/plan.ts';
import { BROKEN_METRICS } from './broken-metrics.ts';
import { BROKEN_SPECS } from './broken-specs.ts';
import {
  FULL_PLAN,
  planInstead,
  planWith,
  planWithMetric,
  planWithSteps,
  SHORT_PLAN,
} from './plans.ts';

const SLACK: EnvironmentLookup = (name) =>
  name === 'SLACK_URL' ? 'https://hooks.example.com/T1' : undefined;

function planOf(text: string, environment: EnvironmentLookup | null = null): Plan {
  return success(parsePlan(text, 'plan.yaml', environment)).plan;
}

function success(result: PlanResult): Extract<PlanResult, { ok: true }> {
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result;
}

function problemsOf(text: string, environment: EnvironmentLookup | null = null): readonly string[] {
  const result = parsePlan(text, 'plan.yaml', environment);
  return result.ok ? [] : result.problems.map(withoutValidValues);
}

function warningsOf(text: string, environment: EnvironmentLookup | null = null): readonly string[] {
  return success(parsePlan(text, 'plan.yaml', environment)).warnings.map(withoutValidValues);
}

/** Those that are not about the short plan's lack of a shadow step. */
function otherWarningsOf(text: string): readonly string[] {
  return warningsOf(text).filter((warning) => !warning.includes('there is no shadow step'));
}

function withoutValidValues(problem: Parameters<typeof formatProblems>[0][number]): string {
  return formatProblems([{ ...problem, validValues: [] }]).replace('plan.yaml:', '');
}

describe('a broken plan', () => {
  it.each([...BROKEN_SPECS, ...BROKEN_METRICS])('is refused with its line: %s', (_, text, said) => {
    expect(problemsOf(text)).toEqual(said);
  });

  it.each([...BROKEN_SPECS, ...BROKEN_METRICS])('names the valid values: %s', (_, text) => {
    const result = parsePlan(text, 'plan.yaml');
    const silent = result.ok ? [] : result.problems.filter((p) => p.validValues.length === 0);
    expect(silent.filter(({ message }) => !message.startsWith('not YAML'))).toEqual([]);
  });

  it('shows file, place, key, message, suggestion and valid values on one line', () => {
    const result = parsePlan(planWith('window: { lte: drop }'), 'plans/fraud.yaml');
    expect(result.ok ? '' : formatProblems(result.problems)).toBe(
      'plans/fraud.yaml:9:13 spec.window.lte: unknown key; did you mean late? ' +
        '(valid: length, grace, skewMax, outOfOrderness, futureMax, idleTimeout, late)',
    );
  });

  it('tells of all its problems at once, in the order of the text', () => {
    const text = planWith('falseHoldRate: 5', 'window: { late: never }', 'promotOn: proof');
    expect(problemsOf(text)).toHaveLength(3);
    expect(problemsOf(text).map((said) => said.split(':')[0])).toEqual(['9', '10', '11']);
  });

  it('has at most 32 outcome metrics: a waiting request has a bit for each', () => {
    const outcomes = (count: number) =>
      planWithMetric(
        ...Array.from(
          { length: count },
          (_, i) => `name: m${i}, type: outcome, outcome: late, attribution: label, loss: log`,
        ),
      );
    expect(problemsOf(outcomes(32))).toEqual([]);
    expect(problemsOf(outcomes(34))).toEqual([
      '42:20 spec.metrics.32.type: there are 34 outcome metrics, more than 32',
    ]);
  });

  it('points through an alias to the line that is wrong', () => {
    const text = planWith('bake: &long 3', 'window: { length: *long }');
    expect(problemsOf(text).map((said) => said.split(' ')[0])).toEqual(['9:3', '10:13']);
  });
});

describe('the plan of the contract', () => {
  it('is read whole', () => {
    const plan = planOf(FULL_PLAN, SLACK);
    expect(plan).toMatchObject({
      name: 'fraud-v7',
      model: 'fraud',
      currentVersion: 'v6',
      canaryVersion: 'v7',
      decision: { threshold: 0.5, tolerance: null, ranking: null },
      mirror: null,
      sessionAffinity: { key: 'unit_id', boundary: 'session', maxAgeMs: 86_400_000 },
      mustCatch: { errors: { ratio: 2, difference: 0.005 }, latencyRatio: 1.25 },
      notifications: [{ kind: 'webhook', url: 'https://hooks.example.com/T1', secret: null }],
      routing: [{ kind: 'file', path: 'routing.json' }],
    });
    expect(plan.window).toEqual({
      lengthMs: 60_000,
      graceMs: 30_000,
      skewMaxMs: 30_000,
      outOfOrdernessMs: 5000,
      futureMaxMs: 60_000,
      idleTimeoutMs: 30_000,
      late: 'drop',
    });
    expect(plan.steps).toEqual([
      { share: 0, bakeMs: 3_600_000, minSampleCount: 0, minPairCount: 2000 },
      { share: 0.01, bakeMs: 1_800_000, minSampleCount: 500, minPairCount: 0 },
      { share: 0.05, bakeMs: 1_800_000, minSampleCount: 500, minPairCount: 0 },
      { share: 1, bakeMs: 7_200_000, minSampleCount: 500, minPairCount: 0 },
    ]);
  });

  it('has metrics with their consequences', () => {
    const metrics = planOf(FULL_PLAN, SLACK).metrics;
    expect(metrics.map(({ name, onFail, weight }) => [name, onFail, weight])).toEqual([
      ['error-rate', 'rollback', 0.3],
      ['latency-p95', 'rollback', 0.25],
      ['label-loss', 'rollback', 0.2],
      ['click-rate', 'rollback', 0],
      ['disagreement', 'rollback', 0.2],
      ['missing', 'hold', 0.05],
      ['segments', 'hold', 0],
      ['divergence', 'warn', 0],
      ['sample-ratio', 'hold', 0],
    ]);
    expect(metrics[1]).toMatchObject({ maxMs: 250, warmupMs: 120_000, gates: 'all' });
    expect(metrics[4]).toMatchObject({ of: 'all', max: 0.12, limitWritten: true });
    expect(metrics[7]).toMatchObject({ onFailUnpaired: 'hold', measure: 'psi', of: 'score' });
  });

  it('is warned of a metric without weight, and of a slowness that must be caught but is tolerated', () => {
    expect(warningsOf(FULL_PLAN)).toEqual([
      '20:7 spec.metrics.3: no weight is left for this metric: it can hold, never roll back',
      '29:57 spec.mustCatch.latencyP95: 1.25 is not above the ratio 1.25 that latency-p95 tolerates: such a canary would pass',
      '32:22 spec.notifications.0.slack: not looked up here: SLACK_URL',
    ]);
  });
});

describe('defaults', () => {
  it('are what the default plan says, except for its steps', () => {
    const written = planOf(defaultPlanText());
    const silent = planOf(SHORT_PLAN);
    const own = {
      name: '',
      model: '',
      currentVersion: '',
      canaryVersion: '',
      steps: [],
      metrics: [],
    };
    expect({ ...silent, ...own }).toEqual({ ...written, ...own });
  });

  it('give a plan without metrics those of the default plan, none of whose limits is its own', () => {
    const { metrics } = planOf(SHORT_PLAN);
    expect(metrics).toEqual(defaultMetrics());
    expect(metrics.find(({ type }) => type === 'disagreement')).toMatchObject({
      of: 'minority',
      max: 0.5,
      limitWritten: false,
      onFail: 'hold',
    });
    expect(metrics.find(({ type }) => type === 'segment')).toMatchObject({ limitWritten: false });
    expect(metrics.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('of segments count as the limit of the user only where max is written', () => {
    const { metrics } = planOf(
      planWithMetric('name: a, type: segment', 'name: b, type: segment, max: 0.2'),
    );
    expect(metrics).toMatchObject([
      { max: 0.25, limitWritten: false, onFail: 'hold' },
      { max: 0.2, limitWritten: true, onFail: 'rollback' },
    ]);
  });

  it('of onFail follow the kind of metric and whose limit it is', () => {
    const { metrics } = planOf(
      planWithMetric(
        'name: a, type: errorRate',
        'name: b, type: latency',
        'name: c, type: missing',
        'name: d, type: disagreement',
        'name: e, type: disagreement, max: 0.2',
        'name: f, type: segment',
        'name: g, type: segment, max: 0.2',
        'name: h, type: divergence, max: 0.2',
        'name: i, type: divergence, onFail: hold',
        'name: j, type: sampleRatio',
      ),
    );
    expect(metrics.map(({ name, onFail }) => `${name}: ${onFail}`).join(', ')).toBe(
      'a: rollback, b: rollback, c: hold, d: hold, e: rollback, f: hold, g: rollback, ' +
        'h: warn, i: hold, j: hold',
    );
    expect(metrics[2]).toMatchObject({ max: 0.01, rollbackAbove: 0.1 });
    expect(metrics[8]).toMatchObject({ onFail: 'hold', onFailUnpaired: 'hold' });
  });

  it('of weights split what is left over evenly, but not to metrics outside the average', () => {
    const { metrics } = planOf(
      planWithMetric(
        'name: a, type: errorRate, weight: 0.5',
        'name: b, type: latency',
        'name: c, type: missing',
        'name: d, type: divergence',
        'name: e, type: errorRate, dryRun: true',
      ),
    );
    expect(metrics.map(({ weight }) => weight)).toEqual([0.5, 0.25, 0.25, 0, 0]);
  });

  it('take a part of a tolerance that is not written as exceeded by anything', () => {
    const { metrics } = planOf(
      planWithMetric(
        'name: a, type: errorRate, tolerance: { ratio: 1.5 }',
        'name: b, type: errorRate, tolerance: { difference: 0.01 }',
      ),
    );
    expect(metrics.map((metric) => 'tolerance' in metric && metric.tolerance)).toEqual([
      { ratio: 1.5, difference: 0 },
      { ratio: 1, difference: 0.01 },
    ]);
  });
});

describe('forms of a plan', () => {
  it('stepWeights with bake is short for steps', () => {
    const short = planOf(planInstead('[1, 100]', '[0.07, 25, 100]\n  bake: 2h'));
    const long = planOf(
      planWithSteps(
        'setWeight: 0.07, bake: 2h',
        'setWeight: 25, bake: 2h',
        'setWeight: 100, bake: 2h',
      ),
    );
    expect(short.steps).toEqual(long.steps);
    expect(short.steps[0]?.share).toBe(0.0007);
  });

  it('minSamples: auto leaves the number to mustCatch', () => {
    const { steps } = planOf(planWithSteps('setWeight: 1, minSamples: auto', 'setWeight: 100'));
    expect(steps.map(({ minSampleCount }) => minSampleCount)).toEqual([null, 500]);
  });

  it('a floor without relativeTo is absolute, an outcome that never comes may count as zero', () => {
    const metric =
      'name: a, type: outcome, outcome: click, attribution: served, floor: 0.02, absent: 0';
    expect(planOf(planWithMetric(metric)).metrics[0]).toMatchObject({
      floor: 0.02,
      relativeTo: null,
      absent: 'zero',
      gates: 'last',
      horizonMs: 86_400_000,
    });
  });

  it('a plan without decision is warned that only labels can tell a disagreement', () => {
    const text = planWithMetric('name: d, type: disagreement, max: 0.1');
    expect(otherWarningsOf(text)).toEqual([
      '10:7 spec.metrics.0: spec.decision has neither threshold nor tolerance: ' +
        'pairs are compared only where both models log a label',
    ]);
  });

  it('a bake shorter than a window is warned, where it is written or where its default applies', () => {
    const window = 'window: { length: 2h }\n  decision: { threshold: 0.5 }';
    const short = 'is shorter than a window of 2h: the step lasts a whole window';
    expect(otherWarningsOf(planWith(window))).toEqual([`4:1 spec.bake: 30m ${short}`]);
    const steps = planWithSteps('shadow: { duration: 1h }', 'setWeight: 100, bake: 3h');
    expect(otherWarningsOf(`${steps}  ${window}\n`)).toEqual([
      `9:19 spec.steps.0.shadow.duration: 1h ${short}`,
    ]);
  });

  it('a harm that must be caught but is tolerated is warned, of the default metrics too', () => {
    const decision = 'decision: { threshold: 0.5 }';
    const within = (mustCatch: string, ...metrics: readonly string[]) =>
      otherWarningsOf(
        metrics.length === 0
          ? planWith(decision, `mustCatch: { ${mustCatch} }`)
          : planWithMetric(...metrics).concat(`  ${decision}\n  mustCatch: { ${mustCatch} }\n`),
      );
    expect(within('latencyP95: 1.2')).toEqual([
      '10:16 spec.mustCatch.latencyP95: 1.2 is not above the ratio 1.25 that latency-p95 tolerates: such a canary would pass',
    ]);
    const errors =
      '10:16 spec.mustCatch.errors: is not above what error-rate tolerates (ratio 1.25, difference 0.001): such a canary would pass';
    expect(within('errors: { ratio: 1.25 }')).toEqual([errors]);
    expect(within('errors: { difference: 0.001 }')).toEqual([errors]);
    expect(within('errors: { ratio: 1.3, difference: 0.002 }, latencyP95: 1.3')).toEqual([]);
    expect(within('errors: { difference: 0 }', 'name: a, type: errorRate')).toHaveLength(1);
    const byRatio = 'name: a, type: errorRate, tolerance: { ratio: 1.25 }';
    expect(within('errors: { difference: 0 }', byRatio)).toEqual([]);
    expect(within('latencyP95: 2', 'name: a, type: missing')).toEqual([]);
  });

  it('a plan whose requests never go to both models is warned, unless nothing compares them', () => {
    const said =
      'there is no shadow step and no mirror: disagreement, segments and skew are judged only where the logs hold both answers to a request';
    const decision = 'decision: { threshold: 0.5 }';
    expect(warningsOf(planWith(decision))).toEqual([`8:3 spec.stepWeights: ${said}`]);
    expect(warningsOf(`${planWithSteps('setWeight: 100')}  ${decision}\n`)).toEqual([
      `8:3 spec.steps: ${said}`,
    ]);
    expect(warningsOf(planWith(decision, 'mirror: { current: 1 }'))).toEqual([]);
    const shadowFirst = planWithSteps('shadow: { duration: 1h }', 'setWeight: 100');
    expect(warningsOf(`${shadowFirst}  ${decision}\n`)).toEqual([]);
    expect(warningsOf(planWithMetric('name: m, type: missing'))).toEqual([]);
  });

  it('a rollout that ends below all of the traffic is warned', () => {
    const text = planInstead('[1, 100]', '[1, 50]\n  decision: { threshold: 0.5 }');
    expect(otherWarningsOf(text)).toEqual([
      '8:3 spec.stepWeights: the last step is 50 %: the rollout ends below 100 %',
    ]);
  });
});

describe('addresses from the environment', () => {
  const text = planWith(
    'notifications: [{ webhook: { urlFrom: HOOK, secretFrom: KEY } }, { log: {} }]',
  );

  it('are read through the lookup of the caller', () => {
    const values: Readonly<Record<string, string>> = {
      HOOK: 'http://127.0.0.1:9/x',
      KEY: 's3cret',
    };
    expect(planOf(text, (name) => values[name]).notifications).toEqual([
      { kind: 'webhook', url: 'http://127.0.0.1:9/x', secret: 's3cret' },
      { kind: 'log' },
    ]);
  });

  it('are an error when they are not set, or no address', () => {
    expect(problemsOf(text, () => undefined)).toEqual([
      '9:32 spec.notifications.0.webhook.urlFrom: the environment variable HOOK is not set',
      '9:47 spec.notifications.0.webhook.secretFrom: the environment variable KEY is not set',
    ]);
    expect(problemsOf(text, () => 'nowhere')).toEqual([
      '9:32 spec.notifications.0.webhook.urlFrom: ' +
        'the environment variable HOOK must hold an http or https address',
    ]);
  });

  it('are left out with a warning where they may be missing, as in a replay', () => {
    expect(planOf(text, () => null).notifications).toEqual([{ kind: 'log' }]);
    expect(warningsOf(text, () => null).at(-1)).toBe(
      '9:21 spec.notifications.0.webhook: HOOK, KEY is not set: nobody is told through this',
    );
  });

  it('are left out with a warning where there is no environment', () => {
    expect(planOf(text).notifications).toEqual([{ kind: 'log' }]);
    expect(otherWarningsOf(text)[1]).toBe(
      '9:21 spec.notifications.0.webhook: not looked up here: HOOK, KEY',
    );
  });
});

describe('a plan file', () => {
  it('is read from its path', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'plan-')), 'plan.yaml');
    await writeFile(path, SHORT_PLAN);
    expect(success(await loadPlan(path)).plan).toEqual(planOf(SHORT_PLAN));
  });

  it('that is missing or a folder is an error for the user', async () => {
    await expect(loadPlan('/nowhere/plan.yaml')).rejects.toMatchObject({ code: 'input_missing' });
    await expect(loadPlan(tmpdir())).rejects.toMatchObject({ code: 'input_unreadable' });
  });
});
