import { describe, expect, it } from 'vitest';
import { type Check, worstOf } from '../../../../../src/app/service/doctor/check.ts';
import { diagnose } from '../../../../../src/app/service/doctor/diagnose.ts';
import type { DoctorFacts, SampleFact } from '../../../../../src/app/service/doctor/facts.ts';
import { configOf, LEAST, outside } from '../configs.ts';
import { facts, planned, sample } from './facts.ts';

/** What is not as it should be. */
function found(over: Partial<DoctorFacts>): readonly Check[] {
  return diagnose(facts(over)).filter(({ status }) => status !== 'ok');
}

function foundInSamples(...samples: readonly SampleFact[]): readonly Check[] {
  return found({ samples: { ok: true, value: samples } });
}

describe('a service that has all it needs', () => {
  it('is told so, line by line, with nothing to mend', () => {
    const checks = diagnose(facts());
    expect(worstOf(checks)).toBe('ok');
    expect([...new Set(checks.map(({ area }) => area))]).toEqual([
      'machine',
      'brokers',
      'registry',
      'rollouts',
      'topics',
      'records',
      'partitioner',
      'clock',
    ]);
    expect(checks.filter(({ mend }) => mend !== null)).toEqual([]);
  });

  it('may not have run yet: its own topics are made then', () => {
    const seen = diagnose(facts()).filter(({ subject }) => subject.startsWith('coalmine.'));
    expect(seen).toHaveLength(8);
    expect(seen[0]?.seen).toBe('does not exist yet: it is made when the service starts');
  });
});

describe('the machine', () => {
  it.each([
    ['22.21.9', 1],
    ['22.22.0', 0],
    ['23.0.0', 0],
    ['9.99.0', 1],
  ])('with Node %s has %d errors', (nodeVersion, count) => {
    expect(found({ nodeVersion })).toHaveLength(count);
  });

  it.each([
    [{ isWritable: false }, 'error', 'cannot be written'],
    [{ exists: false, isWritable: false }, 'error', 'does not exist, and cannot be made'],
    [{ freeBytes: 3_000_000_000 }, 'warning', '3 GB free'],
    [{ freeBytes: 20_000_000 }, 'error', '20 MB free'],
    [{ freeBytes: null }, 'warning', 'the file system does not tell how much is free'],
  ] as const)('with a folder of %j', (over, status, seen) => {
    expect(found({ folder: { ...facts().folder, ...over } })).toMatchObject([
      { area: 'machine', status, seen },
    ]);
  });
});

describe('brokers', () => {
  const [broker] = facts().brokers;
  if (broker === undefined) throw new Error('there is one');

  it('that do not answer are errors, and nothing else is said of the cluster', () => {
    const silent = { ...broker, answer: { kind: 'silent' as const, why: 'connect ECONNREFUSED' } };
    const checks = found({
      brokers: [silent],
      cluster: { ok: false, why: 'no broker answers' },
      topics: null,
      samples: null,
    });
    expect(checks).toMatchObject([
      { subject: '127.0.0.1:9092', status: 'error', seen: 'does not answer: connect ECONNREFUSED' },
    ]);
  });

  it('that send clients where nobody answers are told so', () => {
    const advertised = {
      address: 'kafka:19092',
      namedBy: 'cluster' as const,
      answer: { kind: 'silent' as const, why: 'getaddrinfo ENOTFOUND kafka' },
    };
    const [check] = found({ brokers: [broker, advertised] });
    expect(check?.seen).toContain('the brokers send clients there');
    expect(check?.mend).toContain('advertised.listeners');
  });

  it('with another protocol are errors that name it', () => {
    const apis = [{ api: 0, min: 8, max: 12 }];
    const [check] = found({
      brokers: [{ ...broker, answer: { kind: 'answers', tookMs: 1, apis } }],
    });
    expect(check?.seen).toContain('Produce 8 to 12, spoken 3 to 7; Fetch: not understood');
  });

  it('that refuse the login say what', () => {
    const why = 'asking for the brokers: the broker refuses (SASL authentication failed)';
    expect(found({ cluster: { ok: false, why }, topics: null, samples: null })).toMatchObject([
      { subject: 'cluster', status: 'error', seen: why },
    ]);
  });

  it('that say why they cannot be reached are mended by what that tells', () => {
    const hint = 'Write kafka.tls into the config.';
    const silent = { ...broker, answer: { kind: 'silent' as const, why: 'speaks TLS', hint } };
    expect(found({ brokers: [silent] })).toMatchObject([{ mend: hint }]);
    const cluster = { ok: false as const, why: 'wants a login', hints: ['Write', 'kafka.sasl.'] };
    expect(found({ cluster, topics: null, samples: null })).toMatchObject([
      { subject: 'cluster', mend: 'Write kafka.sasl.' },
    ]);
  });

  it('with a login that everybody can read on the way are a warning', () => {
    const sasl = '{ mechanism: plain, username: me, passwordFrom: { env: PW } }';
    const text = LEAST.replace(' }\n', `, sasl: ${sasl} }\n`);
    expect(found({ config: configOf(text, outside({ PW: 'hunter2' })) })).toMatchObject([
      { subject: 'encryption', status: 'warning' },
    ]);
  });

  it.each([
    [3, 1, 'warning', 'write topics.replicationFactor: 3 before the topics are made'],
    [1, 3, 'error', 'write topics.replicationFactor: 1'],
  ])('%d of them with %d replicas', (count, replicas, status, mend) => {
    const value = Array.from({ length: count }, (_, nodeId) => ({ nodeId, host: 'h', port: 1 }));
    const config = configOf(`${LEAST}topics: { replicationFactor: ${replicas} }\n`);
    expect(found({ config, cluster: { ok: true, value } })).toMatchObject([{ status, mend }]);
  });
});

describe('the registry', () => {
  it('that does not answer is an error', () => {
    const checks = found({ registry: { ok: false, why: 'the registry does not answer' } });
    expect(checks).toMatchObject([{ area: 'registry', status: 'error' }]);
  });

  it('that does not let this client in is mended by what that tells', () => {
    const registry = { ok: false as const, why: 'HTTP 401', hints: ['check registry.auth'] };
    expect(found({ registry })).toMatchObject([{ mend: 'check registry.auth' }]);
  });

  it('that lets breaking schemas in is a warning, for each subject', () => {
    const { registry } = facts();
    if (!registry.ok) throw new Error('it is');
    const value = {
      ...registry.value,
      anew: { kind: 'not_told' as const, why: 'HTTP 403' },
      subjects: [
        { subject: 'predictions.canary-value', breaking: { kind: 'accepted' as const } },
        { subject: 'predictions.current-value', breaking: { kind: 'refused' as const } },
      ],
    };
    expect(found({ registry: { ok: true, value } })).toMatchObject([
      { subject: 'compatibility of new subjects', seen: 'could not be tried: HTTP 403' },
      {
        subject: 'compatibility of predictions.canary-value',
        status: 'warning',
        mend: 'set it in the registry: PUT /config/predictions.canary-value {"compatibility": "BACKWARD"}',
      },
    ]);
  });
});

describe('rollouts and topics', () => {
  it('none of which there is are a warning', () => {
    expect(found({ rollouts: [], samples: { ok: true, value: [] } })).toMatchObject([
      { area: 'rollouts', status: 'warning' },
    ]);
  });

  it('whose plan is wrong are an error with the place', () => {
    const why = 'plan.yaml:3:1 spec.model: is missing';
    expect(found({ rollouts: [{ ok: false, name: 'plan.yaml', why }] })).toMatchObject([
      { area: 'rollouts', status: 'error', seen: why },
    ]);
  });

  it('are told with what mends them', () => {
    const checks = found({ topics: { ok: true, value: new Map() } });
    expect(checks.map(({ subject, status }) => [subject, status])).toEqual([
      ['predictions.current', 'error'],
      ['predictions.canary', 'error'],
    ]);
    expect(checks[0]?.mend).toContain('kafka-topics.sh');
  });

  it('that may not be looked at are an error', () => {
    const why = 'describing topics: the broker refuses (Not authorized)';
    expect(found({ topics: { ok: false, why }, samples: null })).toMatchObject([
      { area: 'topics', status: 'error', seen: why },
    ]);
  });
});

describe('the latest records', () => {
  it('tell nothing where there are none', () => {
    const none = { recordCount: 0, used: 0, newestTimeMs: null };
    expect(foundInSamples(sample('predictions.current', none))).toEqual([]);
  });

  it('that would be dead letters are errors, by reason', () => {
    const dead = [
      { reason: 'wrong_key' as const, count: 60, detail: 'the key is k1, the request id r1' },
      { reason: 'bad_latency' as const, count: 1, detail: 'latency_ms is -3' },
    ];
    expect(foundInSamples(sample('predictions.canary', { dead, used: 39 }))).toMatchObject([
      {
        area: 'records',
        status: 'error',
        seen: '60 of the latest 100 records would be dead letters (wrong_key): the key is k1, the request id r1',
        mend: 'send records with the request id as their key',
      },
      { status: 'error', mend: 'correct the producer, or the fieldMap of this input' },
    ]);
  });

  it('without keys, or of other models only, are told', () => {
    const checks = foundInSamples(
      sample('predictions.current', { keyless: 7 }),
      sample('predictions.canary', { used: 0, ignored: 100 }),
    );
    expect(checks).toMatchObject([
      { subject: 'predictions.current', status: 'error' },
      { subject: 'predictions.canary', status: 'warning' },
    ]);
  });

  const places = (entries: readonly (readonly [string, ...number[]])[]) =>
    new Map<string, ReadonlySet<number>>(
      entries.map(([key, ...numbers]) => [key, new Set(numbers)]),
    );

  it('that lie elsewhere are an error when halves lie apart, or nobody can tell', () => {
    const current = sample('predictions.current', { places: places([['r1', 0]]) });
    const apart = { elsewhere: 50, places: places([['r1', 2]]) };
    const [check] = foundInSamples(current, sample('predictions.canary', apart));
    expect(check).toMatchObject({ area: 'partitioner', status: 'error' });
    expect(check?.seen).toContain(
      'predictions.canary (50 of 100); 1 keys lie on different partition numbers',
    );
    const untold = sample('predictions.canary', { elsewhere: 50, places: places([['r2', 2]]) });
    expect(foundInSamples(current, untold)).toMatchObject([{ status: 'error' }]);
  });

  it('that lie here and there within one topic are an error, in whatever order they were read', () => {
    const current = sample('predictions.current', { places: places([['r1', 0]]) });
    for (const numbers of [
      [0, 2],
      [2, 0],
    ]) {
      const twice = { elsewhere: 1, places: places([['r1', ...numbers]]) };
      const [check] = foundInSamples(current, sample('predictions.canary', twice));
      expect(check).toMatchObject({ area: 'partitioner', status: 'error' });
    }
  });

  it('that lie elsewhere together are a warning', () => {
    const together = { elsewhere: 50, places: places([['r1', 2]]) };
    const checks = foundInSamples(
      sample('predictions.current', together),
      sample('predictions.canary', together),
    );
    expect(checks).toMatchObject([
      { area: 'partitioner', status: 'warning', subject: 'plan.yaml' },
    ]);
  });

  it('of topics of another rollout do not count', () => {
    const other = {
      ...planned('other.yaml'),
      topics: { current: 'a', canary: 'a', outcomes: null },
    };
    const checks = diagnose(
      facts({
        rollouts: [{ ok: true, rollout: other }],
        samples: { ok: true, value: [sample('predictions.canary', { elsewhere: 9 })] },
      }),
    );
    expect(checks.filter(({ area }) => area === 'partitioner')).toEqual([]);
  });

  it('that may not be read are an error', () => {
    expect(found({ samples: { ok: false, why: 'not allowed' } })).toMatchObject([
      { area: 'records', status: 'error', seen: 'not allowed' },
    ]);
  });
});

describe('clocks', () => {
  it.each([
    [1_000, null, ''],
    [-1_900, null, ''],
    [5_000, 'warning', 'its clock is 5s ahead of this one'],
    [-3_600_000, 'error', 'its clock is 1h behind this one'],
  ])('of the registry %d ms ahead', (aheadMs, status, seen) => {
    const { registry } = facts();
    if (!registry.ok) throw new Error('it is');
    const greeting = { ...registry.value.greeting, dateMs: 1_000_000 + aheadMs };
    const checks = found({ registry: { ok: true, value: { ...registry.value, greeting } } });
    expect(checks.map((check) => [check.status, check.seen])).toEqual(
      status === null ? [] : [[status, seen]],
    );
  });

  it('of brokers and producers are known to be ahead by records from the future', () => {
    const ahead = { newestTimeMs: 1_000_000 + 3_600_000 };
    expect(
      foundInSamples(
        sample('predictions.current', ahead),
        sample('predictions.canary', { ...ahead, timestampType: 'CreateTime' }),
      ),
    ).toMatchObject([
      {
        area: 'clock',
        status: 'error',
        seen: 'the clock of the brokers is at least 1h ahead of this one',
      },
      {
        area: 'clock',
        status: 'error',
        seen: 'the clock of a producer is at least 1h ahead of this one',
      },
    ]);
  });
});
