import { parsePlan } from '../../../../../src/app/plan/parse.ts';
import type { DoctorFacts, SampleFact } from '../../../../../src/app/service/doctor/facts.ts';
import type { PlannedTopics } from '../../../../../src/app/service/topic-needs.ts';
import type { TopicDescription } from '../../../../../src/pipeline/stream/admin-port.ts';
import { PLAN_TEXT } from '../../../cli/plan-text.ts';
import { configOf, LEAST } from '../configs.ts';

/** A broker that understands everything. */
const ALL_APIS = Array.from({ length: 40 }, (_, api) => ({ api, min: 0, max: 20 }));

export function planned(name = 'plan.yaml'): PlannedTopics {
  const result = parsePlan(PLAN_TEXT, name);
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return {
    name,
    plan: result.plan,
    topics: { current: 'predictions.current', canary: 'predictions.canary', outcomes: null },
  };
}

export function input(name: string, over: Partial<TopicDescription> = {}): TopicDescription {
  return {
    name,
    partitionCount: 4,
    replicationFactor: 1,
    cleanupPolicy: 'delete',
    retentionMs: -1,
    timestampType: 'LogAppendTime',
    messageBytesMax: 1_000_000,
    ...over,
  };
}

export function sample(topic: string, over: Partial<SampleFact> = {}): SampleFact {
  return {
    topic,
    recordCount: 100,
    keyless: 0,
    elsewhere: 0,
    places: new Map(),
    newestTimeMs: 0,
    timestampType: 'LogAppendTime',
    used: 100,
    ignored: 0,
    dead: [],
    ...over,
  };
}

/** Everything as it should be; tests change what they are about. */
export function facts(over: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    config: configOf(LEAST),
    nodeVersion: '24.1.0',
    nodeVersionMin: '22.22',
    nowMs: 1_000_000,
    brokers: [
      {
        address: '127.0.0.1:9092',
        namedBy: 'config',
        answer: { kind: 'answers', tookMs: 2.4, apis: ALL_APIS },
      },
    ],
    cluster: { ok: true, value: [{ nodeId: 1, host: '127.0.0.1', port: 9092 }] },
    rollouts: [{ ok: true, rollout: planned() }],
    topics: {
      ok: true,
      value: new Map(
        ['predictions.current', 'predictions.canary'].map((name) => [name, input(name)]),
      ),
    },
    samples: { ok: true, value: [sample('predictions.current'), sample('predictions.canary')] },
    registry: {
      ok: true,
      value: {
        greeting: { tookMs: 3, dateMs: 1_000_000, subjects: [] },
        anew: { kind: 'refused' },
        subjects: [],
      },
    },
    folder: { folder: '/data', exists: true, isWritable: true, freeBytes: 50_000_000_000 },
    ...over,
  };
}
