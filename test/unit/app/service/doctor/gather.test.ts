import { describe, expect, it } from 'vitest';
import { createBatchDecoder } from '../../../../../src/adapters/avro/decode/batch-decoder.ts';
import { memoryBroker } from '../../../../../src/adapters/memory/broker/broker.ts';
import { partitionOfKey } from '../../../../../src/adapters/memory/broker/partition-of-key.ts';
import { memoryTopicAdmin } from '../../../../../src/adapters/memory/topic-admin.ts';
import { memorySchemas } from '../../../../../src/adapters/registry/memory-schemas.ts';
import { type DoctorWorld, gatherFacts } from '../../../../../src/app/service/doctor/gather.ts';
import { CoalmineError } from '../../../../../src/core/foundation/error.ts';
import { configOf, LEAST } from '../configs.ts';
import { facts, input, planned } from './facts.ts';

const CONFIG = configOf(
  `${LEAST}inputs: [{ topic: predictions.current, format: json }, { topic: predictions.canary }]\n`,
);
const NOW_MS = 1_700_000_000_000;

function prediction(requestId: string, version: string): Uint8Array {
  const record = { request_id: requestId, model: 'fraud', version, event_time: NOW_MS, score: 0.5 };
  return new TextEncoder().encode(JSON.stringify(record));
}

/** A world in memory: one broker with two topics, of which one is filled. */
function world(over: Partial<DoctorWorld> = {}): DoctorWorld {
  const broker = memoryBroker({ nowMs: () => NOW_MS });
  for (const topic of ['predictions.current', 'predictions.canary']) broker.createTopic(topic, 4);
  for (let i = 0; i < 400; i += 1) {
    const key = `r${i}`;
    const value = prediction(i % 10 === 0 ? 'another' : key, i % 2 === 0 ? 'v6' : 'v9');
    broker.append('predictions.current', partitionOfKey(key, 4), [{ key, value }]);
  }
  broker.append('predictions.current', 0, [{ key: null, value: null }]);
  const { nodeVersion, nodeVersionMin, folder } = facts();
  return {
    nodeVersion,
    nodeVersionMin,
    clock: { nowMs: () => NOW_MS, wait: () => Promise.resolve() },
    folder: () => Promise.resolve(folder),
    probe: () => Promise.resolve({ kind: 'answers', tookMs: 1, apis: [] }),
    admin: memoryTopicAdmin([input('predictions.current'), input('predictions.canary')]),
    configured: () => Promise.resolve([{ ok: true, rollout: planned() }]),
    applied: () => Promise.resolve([{ ok: false, name: 'old.1', why: 'unreadable' }]),
    openSource: (topics) => broker.source('doctor', topics, 'doctor'),
    decoder: createBatchDecoder({
      topics: CONFIG.inputs,
      schemas: memorySchemas({}),
      schemaCountMax: 10,
      hashText: String,
    }),
    registry: {
      greet: () =>
        Promise.resolve({
          tookMs: 1,
          dateMs: NOW_MS,
          subjects: ['predictions.current-value', 'predictions.canary-value'],
        }),
      tryBreaking: () => Promise.resolve({ kind: 'refused' }),
      tryBreakingAnew: () => Promise.resolve({ kind: 'accepted' }),
    },
    ...over,
  };
}

describe('what the doctor looks at', () => {
  it('are the latest records, just as a joiner would read them', async () => {
    const { samples } = await gatherFacts(CONFIG, world());
    if (samples?.ok !== true) throw new Error('they can be read');
    const [current, canary] = samples.value;
    expect(current).toMatchObject({
      topic: 'predictions.current',
      recordCount: 200,
      keyless: 1,
      elsewhere: 0,
      newestTimeMs: NOW_MS,
    });
    const dead = current?.dead.map(({ reason }) => reason);
    expect(dead?.toSorted()).toEqual(['tombstone', 'wrong_key']);
    const rows = (current?.used ?? 0) + (current?.ignored ?? 0);
    const deadCount = current?.dead.reduce((sum, { count }) => sum + count, 0) ?? 0;
    // Each record is a row, dead, or of nobody: for both sides of the rollout once.
    expect(rows + deadCount).toBe(200);
    expect(canary).toMatchObject({ recordCount: 0, newestTimeMs: null });
  });

  it('are the subjects of the topics in Avro, and the rule of new ones', async () => {
    const { registry } = await gatherFacts(CONFIG, world());
    expect(registry).toMatchObject({
      ok: true,
      value: {
        anew: { kind: 'accepted' },
        subjects: [{ subject: 'predictions.canary-value', breaking: { kind: 'refused' } }],
      },
    });
  });

  it('are the brokers of the config, and those that they send clients to', async () => {
    const brokers = [
      { nodeId: 1, host: '127.0.0.1', port: 9092 },
      { nodeId: 2, host: 'other', port: 9092 },
    ];
    const found = await gatherFacts(CONFIG, world({ admin: memoryTopicAdmin([], brokers) }));
    expect(found.brokers.map(({ address, namedBy }) => [address, namedBy])).toEqual([
      ['127.0.0.1:9092', 'config'],
      ['other:9092', 'cluster'],
    ]);
    expect(found.samples).toEqual({ ok: true, value: [] });
  });

  it('are rollouts of the config and applied ones', async () => {
    const { rollouts } = await gatherFacts(CONFIG, world());
    expect(rollouts).toMatchObject([{ ok: true }, { ok: false, name: 'old.1' }]);
  });

  it('is less when no broker answers: nothing is asked of the cluster then', async () => {
    const refuse = () => Promise.reject(new Error('must not be asked'));
    const found = await gatherFacts(
      CONFIG,
      world({
        probe: () => Promise.resolve({ kind: 'silent', why: 'refused' }),
        admin: { describe: refuse, create: refuse, brokerInfo: refuse },
        applied: refuse,
      }),
    );
    expect(found).toMatchObject({ cluster: { ok: false }, topics: null, samples: null });
  });

  it('is less when something refuses, and the refusal is a fact', async () => {
    const refuse = () => Promise.reject(new CoalmineError('broker_refused', 'not allowed'));
    const admin = memoryTopicAdmin();
    const found = await gatherFacts(CONFIG, world({ admin: { ...admin, describe: refuse } }));
    expect(found.topics).toEqual({ ok: false, why: 'not allowed' });
    expect(found.samples).toBeNull();
  });
});
