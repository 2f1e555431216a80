import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { avroMessageCodec } from '../../src/adapters/avro/message-codec.ts';
import type { ReferenceProfile } from '../../src/core/events/profile.ts';
import { Slots } from '../../src/core/join/slots.ts';
import { layoutOf } from '../../src/core/windows/layout.ts';
import { OWN_TOPICS, type PartialMessage } from '../../src/pipeline/stream/messages.ts';
import { RolloutMerger } from '../../src/pipeline/stream/rollout-merger.ts';
import { GrowingSchema } from '../../src/pipeline/stream/stream-schema.ts';
import { memoryRegistry } from '../support/memory-registry.ts';
import { disagreement, errorRate, planOf } from '../support/plans.ts';
import { heartbeatOf, partialOf, positionsOf } from '../support/stream/messages-of.ts';

/** Sizes and rates that docs/scale.md computes with: `node test/bench/stream-sizes.ts [--out FILE]`. */

const PARTITIONS = 512;
const WINDOWS = 20;
const codec = avroMessageCodec(memoryRegistry(), OWN_TOPICS);
const positions = ['predictions.current', 'predictions.canary'].map((topic) => ({
  topic,
  nextOffset: 1e9,
  replayOffset: 1e9,
}));

function profileOf(featureCount: number): ReferenceProfile {
  const edges = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const cells = {
    edges,
    scaleBits: 14,
    referenceCounts: Array.from({ length: edges.length + 4 }, () => 10),
  };
  const features = Array.from({ length: featureCount }, (_, i) => ({
    field: { name: `feature.f${i}`, role: 'feature', kind: 'number' } as const,
    ...cells,
  }));
  const score = { field: { name: 'score', role: 'score', kind: 'number' } as const, ...cells };
  const span = { sampleCount: 100, fromMs: 0, toMs: 1, notWatched: [] };
  return { model: 'fraud', currentVersion: 'v6', ...span, fields: [score, ...features] };
}

/** A partial in which every so many-th cell holds something. */
function messageOf(profile: ReferenceProfile, filledShare: number): PartialMessage {
  const layout = layoutOf(profile);
  const indexes = (length: number): number[] =>
    Array.from({ length }, (_, i) => i).filter((i) => (i * 7_919) % 1_000 < 1_000 * filledShare);
  const countIndex = indexes(layout.countLength);
  const sumIndex = indexes(layout.sumLength);
  return partialOf(3, 5, {
    positions,
    countIndex,
    countValue: countIndex.map((i) => (i % 500) + 1),
    sumIndex,
    sumHigh: sumIndex.map(() => 0),
    sumLow: sumIndex.map((i) => i * 1e9),
    windowProfileHash: 'p',
    profileHash: 'p',
    sampling: [1, 1, 1, 1],
  });
}

function mergerOf(profile: ReferenceProfile): RolloutMerger {
  const merger = new RolloutMerger({
    target: {
      rolloutId: 'fraud-v7.1',
      plan: planOf([disagreement(), errorRate()]),
      partitionCount: PARTITIONS,
      topics: { current: 'a', canary: 'b', outcomes: null },
      startAt: 'earliest',
      schema: new GrowingSchema(),
    },
    policyDigest: 'p',
    outcomeMetrics: [],
    digest: (text) => String(text.length),
    partialDeadlineMs: 1e12,
    routerLeadMs: 0,
  });
  const given = { hash: 'p', fromMs: null, profile };
  merger.adopt({ rolloutId: 'fraud-v7.1', mergedThroughMs: null, profile: given });
  return merger;
}

/** Microseconds for each partial of a window from so many partitions, the window's verdict included. */
function mergeUs(profile: ReferenceProfile, message: PartialMessage): number {
  const merger = mergerOf(profile);
  const { lengthMs } = planOf([]).window;
  const beganMs = performance.now();
  for (let window = 0; window < WINDOWS; window++) {
    const windowStartMs = window * lengthMs;
    const windowEndMs = windowStartMs + lengthMs;
    const times = { windowStartMs, windowEndMs, reportedThroughMs: windowEndMs };
    for (let partition = 0; partition < PARTITIONS; partition++)
      merger.add({ ...message, ...times, partition }, { offset: window, nowMs: 0 });
    merger.close(0);
  }
  return (1e3 * (performance.now() - beganMs)) / (WINDOWS * PARTITIONS);
}

async function decodeUs(bytes: Uint8Array): Promise<number> {
  const beganMs = performance.now();
  for (let i = 0; i < PARTITIONS; i++) await codec.decodeJoinerMessage(bytes);
  return (1e3 * (performance.now() - beganMs)) / PARTITIONS;
}

/** Bytes of one open request id with so many numbers and one category. */
function slotBytes(numberCount: number): number {
  const field = { name: 'f', role: 'feature' } as const;
  const numbers = Array.from({ length: numberCount }, () => ({
    ...field,
    kind: 'number' as const,
  }));
  const categories = [{ ...field, kind: 'category' as const }];
  const slots = new Slots({
    layout: { numbers, categories },
    dictionaries: [],
    rankedItemCount: 0,
  });
  const arrays = Object.values(slots)
    .flat()
    .filter((one) => ArrayBuffer.isView(one));
  return arrays.reduce((sum, array) => sum + array.byteLength, 0) / slots.capacity;
}

const lines = [
  '| features | cells filled | cells | partial, bytes | decode, us | merge and judge, us |',
  '| --- | --- | --- | --- | --- | --- |',
];
for (const featureCount of [0, 12, 200]) {
  const profile = profileOf(featureCount);
  for (const filledShare of [0.1, 0.5]) {
    const message = messageOf(profile, filledShare);
    const bytes = await codec.encodeJoinerMessage(message);
    const { countLength, sumLength } = layoutOf(profile);
    const [decoded, merged] = [await decodeUs(bytes), mergeUs(profile, message)];
    const row = [
      featureCount,
      `${100 * filledShare} %`,
      countLength + sumLength,
      bytes.length,
      decoded.toFixed(0),
      merged.toFixed(0),
    ];
    lines.push(`| ${row.join(' | ')} |`);
  }
}
const heartbeat = await codec.encodeJoinerMessage(heartbeatOf(3, 5, { positions }));
const place = await codec.encodePositions(positionsOf());
lines.push(
  '',
  `A heartbeat has ${heartbeat.length} bytes, a positions record from ${place.length}.`,
  `An open request id has ${slotBytes(1)} bytes with a score and a label, ${slotBytes(13)} with 12 features more.`,
);
const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) process.stdout.write(`${lines.join('\n')}\n`);
else writeFileSync(values.out, `${lines.join('\n')}\n`);
