import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroRecordCodecs } from '../../../../src/adapters/avro/record-codecs.ts';
import type { RolloutEvent, RoutingTable } from '../../../../src/core/events/routing.ts';
import { OWN_TOPICS } from '../../../../src/pipeline/stream/messages.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';
import { appliedRollouts } from '../../../support/messages.ts';

const registry = memoryRegistry();
const codecs = avroRecordCodecs(registry, OWN_TOPICS);

const TABLE: RoutingTable = {
  rolloutId: 'fraud-v7.1',
  model: 'fraud',
  currentVersion: 'v6',
  canaryVersion: 'v7',
  salt: 'fraud/fraud-v7.1',
  hash: 'murmur3',
  total: 10_000,
  key: 'unit_id',
  boundary: 'session',
  sessionMaxAgeMs: 86_400_000,
  shares: [
    { fromMs: 0, share: 0 },
    { fromMs: 60_000, share: 0.05 },
  ],
  endMs: null,
  sequence: 2,
};

const EVENT: RolloutEvent = {
  rolloutId: 'fraud-v7.1',
  sequence: 4,
  kind: 'rolled_back',
  stageIndex: 2,
  share: 0.05,
  fromMs: 120_000,
  verdictId: 'v1',
  reason: 'errors crossed their bound',
};

describe('records of ours on the wire', () => {
  it('are applied rollouts that come back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(appliedRollouts, async (applied) => {
        const bytes = await codecs.applied.encode(applied);
        expect(await codecs.applied.decode(bytes)).toEqual(applied);
      }),
    );
  });

  it('are routing tables and events that come back as they were', async () => {
    for (const table of [TABLE, { ...TABLE, shares: [], endMs: 1 }])
      expect(await codecs.routing.decode(await codecs.routing.encode(table))).toEqual(table);
    for (const event of [EVENT, { ...EVENT, verdictId: null }])
      expect(await codecs.rolloutEvent.decode(await codecs.rolloutEvent.encode(event))).toEqual(
        event,
      );
  });

  it('have a subject for each topic', async () => {
    expect([...registry.subjects.keys()].toSorted()).toEqual([
      'coalmine.rollout-events-value',
      'coalmine.rollouts-value',
      'coalmine.routing-value',
    ]);
  });
});
