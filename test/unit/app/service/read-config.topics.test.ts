import { describe, expect, it } from 'vitest';
import { configOf, LEAST, problemsOf } from './configs.ts';

describe('topics', () => {
  it('of ours can have other names and sizes', () => {
    const { topics } = configOf(
      `${LEAST}topics: { replicationFactor: 3, partials: { name: p, partitions: 64, retention: forever }, routing: { replicationFactor: 1 } }\n`,
    );
    expect(topics.partials).toEqual({
      name: 'p',
      partitionCount: 64,
      replicationFactor: 3,
      retentionMs: -1,
    });
    expect(topics.routing.replicationFactor).toBe(1);
    expect(topics.verdicts.replicationFactor).toBe(3);
  });

  it.each([
    [
      'topics: { partials: { name: coalmine.verdicts } }',
      'topics.verdicts.name: coalmine.verdicts is the name of topics.partials too (valid: another name)',
    ],
    [
      'topics: { routing: { retention: 7d } }',
      'topics.routing.retention: a compacted topic keeps the latest record of each key for ever (valid: name, partitions, replicationFactor)',
    ],
    [
      'topics: { verdict: {} }',
      'topics.verdict: unknown key; did you mean verdicts? (valid: replicationFactor, partials, positions, profiles, verdicts, routing, rollouts, rolloutEvents, deadLetters)',
    ],
    [
      'inputs: [{ topic: coalmine.verdicts }]',
      'inputs.0.topic: coalmine.verdicts is a topic of the service itself (topics.verdicts)',
    ],
    ['inputs: [{ topic: a }, { topic: a }]', 'inputs.1.topic: a is listed twice (valid: once)'],
    [
      'inputs: [{ topic: a, format: jsn }]',
      'inputs.0.format: must be one of avro, json, not jsn; did you mean json? (valid: avro, json)',
    ],
    [
      'inputs: [{ topic: a, privacy: { hash: [unit_id] } }]',
      'inputs.0.privacy.hash: needs a key: write privacyKeyFrom: { env: NAME } or privacyKeyFrom: { file: PATH }',
    ],
    [
      'inputs: [{ topic: a, privacy: { drop: [email] } }]',
      "inputs.0.privacy.drop: 'email' is no field that can be treated; valid: feature.<name>, context.<name> or unit_id",
    ],
  ])('are refused when they cannot be meant: %s', (line, problem) => {
    const [first, ...more] = problemsOf(`${LEAST}${line}\n`);
    expect(first?.replace(/^\S+ /, '')).toBe(problem);
    expect(more).toEqual([]);
  });
});

describe('a field map', () => {
  const mapOf = (fieldMap: string) =>
    configOf(`${LEAST}inputs: [{ topic: a, format: json, fieldMap: ${fieldMap} }]\n`).inputs[0]
      ?.fieldMap;

  it('takes a path as a text, and everything else as the same for every record', () => {
    expect(
      mapOf(
        '{ fields: { score: $.p, served: false, row_index: 0, model: { constant: $x } }, features: [amount, country], rows: "$.rows[*]" }',
      ),
    ).toEqual({
      fields: {
        score: { path: '$.p' },
        served: { constant: false },
        row_index: { constant: 0 },
        model: { constant: '$x' },
      },
      features: { fields: ['amount', 'country'] },
      context: null,
      arms: null,
      rows: '$.rows[*]',
    });
  });

  it('finds an arm by the path of its object, but for what is said to be elsewhere', () => {
    const map = mapOf(
      '{ fields: { served: $.to }, arms: { current: $.old, canary: { score: $.new_score } } }',
    );
    expect(map?.arms?.canary).toEqual({ score: { path: '$.new_score' } });
    expect(map?.arms?.current).toMatchObject({
      score: { path: '$.old.score' },
      version: { path: '$.old.version' },
    });
    expect(map?.arms?.current).not.toHaveProperty('served');
  });

  it('is refused with the place of each problem', () => {
    const found = problemsOf(
      `${LEAST}inputs:\n  - topic: a\n    fieldMap:\n      fields: { score: score, scroe: $.a, label: [1] }\n`,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(
      'coalmine.yaml:6:43 inputs.0.fieldMap.fields.label: must be a path or a number or true or false or a mapping, not a list',
    );
    const [selector, field] = problemsOf(
      `${LEAST}inputs:\n  - topic: a\n    fieldMap:\n      fields: { score: score, scroe: $.a }\n`,
    );
    expect(selector).toContain(
      "coalmine.yaml:6:17 inputs.0.fieldMap.fields.score: 'score' is no selector",
    );
    expect(field).toContain('coalmine.yaml:6:31 inputs.0.fieldMap.fields.scroe: there is no field');
  });
});

describe('rollouts', () => {
  it('read outcomes only where inputs, once written, list the topic', () => {
    const inputs = 'inputs: [{ topic: predictions.current }, { topic: predictions.canary }]';
    const { rollouts } = configOf(`${LEAST}${inputs}\nrollouts: [{ plan: /p.yaml }]\n`);
    expect(rollouts).toMatchObject([{ planFile: '/p.yaml', outcomes: null }]);
  });

  it('may not read a topic that the inputs, once written, do not list', () => {
    const [problem] = problemsOf(
      `${LEAST}inputs: [{ topic: predictions.curent }, { topic: b }]\nrollouts: [{ plan: p.yaml, canary: b }]\n`,
    );
    expect(problem).toBe(
      'coalmine.yaml:4:12 rollouts.0.current: predictions.current is none of the inputs that are written: list it there; did you mean predictions.curent? (valid: predictions.curent, b)',
    );
  });

  it('have plans of their own, and no more than are allowed', () => {
    const found = problemsOf(
      `${LEAST}rollouts: [{ plan: p.yaml }, { plan: p.yaml }]\nlimits: { rolloutCountMax: 1 }\n`,
    );
    expect(found).toEqual([
      'coalmine.yaml:3:1 rollouts: 2 rollouts are more than limits.rolloutCountMax (1)',
      'coalmine.yaml:3:32 rollouts.1.plan: p.yaml is the plan of another rollout too',
    ]);
  });

  it('are optional, and so is HTTP', () => {
    expect(configOf(`${LEAST}http: false\n`)).toMatchObject({ http: null, rollouts: [] });
  });
});
