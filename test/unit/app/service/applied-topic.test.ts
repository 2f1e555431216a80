import { describe, expect, it } from 'vitest';
import { avroRecordCodecs } from '../../../../src/adapters/avro/record-codecs.ts';
import { memoryBroker } from '../../../../src/adapters/memory/broker/broker.ts';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import type { ApplyRequest } from '../../../../src/app/service/applied.ts';
import {
  type AppliedTopics,
  applyRollout,
  deleteRollout,
  readApplied,
} from '../../../../src/app/service/applied-topic.ts';
import { firstTable, withEnd } from '../../../../src/core/rollout/routing-table.ts';
import { OWN_TOPICS } from '../../../../src/pipeline/stream/messages.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';
import { PLAN_TEXT } from '../../cli/plan-text.ts';

const TABLE = firstTable(
  {
    rolloutId: 'fraud-v7.1',
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    key: 'unit_id',
    boundary: 'request',
    sessionMaxAgeMs: 0,
  },
  0,
);

function requestOf(text: string = PLAN_TEXT): ApplyRequest {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return {
    plan: result.plan,
    planText: text,
    planFile: 'plan.yaml',
    policyDigest: result.digest,
    topics: { current: 'a', canary: 'b', outcomes: null },
    partitionCount: 4,
    startAt: 'latest',
    rolloutCountMax: 3,
  };
}

function setUp() {
  const broker = memoryBroker({ nowMs: () => 0 });
  const names = [OWN_TOPICS.rollouts, OWN_TOPICS.routing, OWN_TOPICS.positions] as const;
  for (const name of names) broker.createTopic(name, 1);
  const codecs = avroRecordCodecs(memoryRegistry(), OWN_TOPICS);
  const open = (): AppliedTopics => ({
    topic: OWN_TOPICS.rollouts,
    rollouts: broker.table(OWN_TOPICS.rollouts),
    routing: broker.table(OWN_TOPICS.routing),
    traces: [broker.table(OWN_TOPICS.positions)],
    writer: broker.writer(),
    codecs,
  });
  return { broker, codecs, topics: open(), open };
}

describe('applied rollouts', () => {
  it('are listed by everybody after they were applied, and not after they were deleted', async () => {
    const { topics, open } = setUp();
    await applyRollout(topics, requestOf());
    const list = await readApplied(open());
    expect(list.rollouts).toMatchObject([
      { applied: { rolloutId: 'fraud-v7.1' }, plan: { model: 'fraud' }, phase: null, table: null },
    ]);
    await deleteRollout(open(), 'fraud-v7.1');
    expect((await readApplied(topics)).rollouts).toEqual([]);
  });

  it('are written once, however often the same plan is applied', async () => {
    const { topics, broker } = setUp();
    await applyRollout(topics, requestOf());
    expect(await applyRollout(topics, requestOf())).toMatchObject({ kind: 'unchanged' });
    expect(broker.records(OWN_TOPICS.rollouts, 0)).toHaveLength(1);
  });

  it('follow one another, and the last one is taken away', async () => {
    const { topics, broker, codecs } = setUp();
    await applyRollout(topics, requestOf());
    const over = await codecs.routing.encode(withEnd(TABLE, { fromMs: 60_000, share: 0 }));
    broker.append(OWN_TOPICS.routing, 0, [{ key: 'fraud-v7.1', value: over }]);
    expect(await applyRollout(topics, requestOf())).toMatchObject({
      kind: 'started',
      ended: ['fraud-v7.1'],
    });
    const list = await readApplied(topics);
    expect(list.rollouts.map(({ applied }) => applied.rolloutId)).toEqual(['fraud-v7.2']);
  });

  it('never get the number of one that left a trace', async () => {
    const { topics, broker } = setUp();
    const value = new Uint8Array([1]);
    broker.append(OWN_TOPICS.positions, 0, [{ key: 'fraud-v7.4/2', value }]);
    expect(await applyRollout(topics, requestOf())).toMatchObject({
      applied: { rolloutId: 'fraud-v7.5' },
    });
  });

  it('that cannot be read are named, and hide no other', async () => {
    const { topics, broker, codecs } = setUp();
    await applyRollout(topics, requestOf());
    const { rollouts } = await readApplied(topics);
    const applied = rollouts.map((known) => known.applied)[0];
    if (applied === undefined) throw new Error('one is applied');
    const newer = await codecs.applied.encode({ ...applied, planText: 'kind: Later' });
    broker.append(OWN_TOPICS.rollouts, 0, [
      { key: 'odd.1', value: new Uint8Array([1, 2, 3]) },
      { key: 'newer.1', value: newer },
    ]);
    const list = await readApplied(topics);
    expect(list.rollouts).toHaveLength(1);
    expect(list.unreadable.map(({ rolloutId }) => rolloutId)).toEqual(['odd.1', 'newer.1']);
  });

  it('say so when somebody else applied at the same time', async () => {
    const { topics, open } = setUp();
    const writer = topics.writer;
    const slow: AppliedTopics = {
      ...topics,
      writer: {
        async send(topic, records) {
          const sent = await writer.send(topic, records);
          const other = requestOf(PLAN_TEXT.replace('minPairs: 2000', 'minPairs: 500'));
          await applyRollout(open(), other);
          return sent;
        },
        close: async () => await writer.close(),
      },
    };
    await expect(applyRollout(slow, requestOf())).rejects.toMatchObject({ code: 'fenced' });
  });

  it('can only be deleted when they are there', async () => {
    const { topics } = setUp();
    await expect(deleteRollout(topics, 'fraud-v7.1')).rejects.toMatchObject({
      code: 'not_found',
      hints: ['no rollout is'],
    });
    await applyRollout(topics, requestOf());
    await expect(deleteRollout(topics, 'fraud-v7.2')).rejects.toMatchObject({
      hints: ['did you mean fraud-v7.1?', 'applied: fraud-v7.1'],
    });
  });
});
