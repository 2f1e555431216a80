import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import {
  commonPartitionCount,
  type NamedTopics,
  rolloutTopics,
} from '../../../../src/app/service/rollout-topics.ts';
import type { InputTopic, ServiceConfig } from '../../../../src/app/service/service-config.ts';
import { PLAN_TEXT } from '../../cli/plan-text.ts';

const NOBODY: NamedTopics = { current: null, canary: null, outcomes: null };

const WITH_OUTCOMES = `${PLAN_TEXT}  metrics:
    - { name: label-loss, type: outcome, outcome: late, attribution: label, loss: log, tolerance: { ratio: 1.05 }, weight: 1 }
`;

function inputs(...topics: readonly string[]): readonly InputTopic[] {
  return topics.map((topic) => ({
    topic,
    format: 'avro',
    fieldMap: null,
    privacy: { drop: [], hash: [], keep: null, keepDeadLetterPayload: false },
  }));
}

function choose(
  named: Partial<NamedTopics>,
  config: Partial<Pick<ServiceConfig, 'inputs' | 'rollouts'>>,
  text: string = PLAN_TEXT,
) {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(result.problems[0]?.message);
  const of = {
    plan: result.plan,
    planFile: 'plan.yaml',
    config: { inputs: [], rollouts: [], ...config },
  };
  return rolloutTopics({ ...NOBODY, ...named }, of);
}

describe('the topics of a rollout', () => {
  const usual = inputs('predictions.current', 'predictions.canary', 'outcomes', 'p');

  it('are the usual ones of the config when nobody says otherwise', () => {
    expect(choose({}, { inputs: usual })).toEqual({
      current: 'predictions.current',
      canary: 'predictions.canary',
      outcomes: null,
    });
  });

  it('have outcomes when the plan has a metric of them', () => {
    expect(choose({}, { inputs: usual }, WITH_OUTCOMES)).toMatchObject({ outcomes: 'outcomes' });
  });

  it('are those of the rollout that the config has for the plan, and named ones before these', () => {
    const rollouts: ServiceConfig['rollouts'] = [
      { planFile: './plan.yaml', current: 'p', canary: 'p', outcomes: null, startAt: 'latest' },
    ];
    expect(choose({}, { inputs: usual, rollouts })).toMatchObject({ current: 'p', canary: 'p' });
    expect(choose({ canary: 'outcomes' }, { inputs: usual, rollouts })).toMatchObject({
      current: 'p',
      canary: 'outcomes',
    });
  });

  it('are asked for when nothing tells them', () => {
    expect(() => choose({}, { inputs: inputs('p') })).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'which topic holds the predictions of the current version?',
        hints: ['--current TOPIC names it', 'inputs of the config: p'],
      }),
    );
  });

  it('must be inputs of the config', () => {
    expect(() => choose({ current: 'predictions.curent' }, { inputs: usual })).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        hints: expect.arrayContaining(['did you mean predictions.current?']),
      }),
    );
  });

  it('have no outcomes that the plan does not ask for', () => {
    expect(() => choose({ outcomes: 'outcomes' }, { inputs: usual })).toThrow(
      'plan.yaml has no metric of outcomes',
    );
  });
});

describe('the partitions of a rollout', () => {
  const topics = { current: 'a', canary: 'b', outcomes: 'c' };

  it('are as many in each topic', () => {
    const counts = new Map([
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ]);
    expect(commonPartitionCount(topics, counts)).toBe(4);
    expect(() => commonPartitionCount(topics, new Map([...counts, ['b', 8]]))).toThrow(
      expect.objectContaining({
        code: 'topic_invalid',
        hints: expect.arrayContaining(['b has 8']),
      }),
    );
  });

  it('cannot be told when a topic does not exist', () => {
    expect(() => commonPartitionCount(topics, new Map([['a', 4]]))).toThrow(
      'the topic b does not exist',
    );
  });
});
