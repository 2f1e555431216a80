import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReferenceProfile } from '../../src/core/events/profile.ts';
import {
  countOffset,
  layoutOf,
  type PartialLayout,
  type ScalarCount,
} from '../../src/core/windows/layout.ts';
import { canonicalise, emptyPartial, type WindowPartial } from '../../src/core/windows/partial.ts';
import { fromSparse } from '../../src/core/windows/sparse.ts';
import type { JoinerMessage, PartialMessage } from '../../src/pipeline/stream/messages.ts';
import { hasBroker, type TestBroker, testBroker } from '../support/broker/test-broker.ts';
import { MODEL } from '../support/predictions.ts';
import { mergedOf } from './flink/merged.ts';
import {
  EMPTY_WINDOW,
  HALF_QUIET_WINDOW,
  PARTITIONS,
  requestsOf,
  START_MS,
  WINDOW_MS,
} from './flink/requests.ts';
import { runRecipe } from './flink/run-flink.ts';
import { readPartials, writeTopics } from './flink/topics.ts';
import { placeOf, THRESHOLD, truthOf } from './flink/truth.ts';

const REQUEST_COUNT = 40_000;
const ROLLOUT_ID = 'fraud.flink';
const PROFILE_HASH = 'the-hash';
const EDGES = [0.01, 0.04, 0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8];
const PROFILE: ReferenceProfile = {
  model: MODEL.model,
  currentVersion: MODEL.currentVersion,
  sampleCount: 100,
  fromMs: 0,
  toMs: WINDOW_MS,
  fields: [
    {
      field: { name: 'score', role: 'score', kind: 'number' },
      edges: EDGES,
      scaleBits: 20,
      referenceCounts: Array.from({ length: 13 }, () => 10),
    },
  ],
  notWatched: [],
};

describe.runIf(hasBroker)('the Flink recipe', () => {
  it.each([
    ['in the cells of a profile', PROFILE],
    ['while there is no profile', null],
  ])('counts every window as the truth of the seed, %s', async (_, profile) => {
    const broker = await testBroker();
    const requests = requestsOf(7, REQUEST_COUNT);
    const layout = layoutOf(profile);
    // A given broker may hold the topics of an earlier run.
    const stem = `flink.${randomUUID()}`;
    const topics = {
      current: `${stem}.current`,
      canary: `${stem}.canary`,
      partials: `${stem}.partials`,
    };
    await writeTopics(broker, topics, requests);
    await run(broker, topics, layout);

    const written = await readPartials(broker, topics.partials);
    const partials = written.map(({ message }) => message).filter(isPartial);
    const found = new Map(
      partials.map((partial) => [
        placeOf(partial.partition, partial.windowStartMs),
        fromSparse(partial, layout),
      ]),
    );
    const truth = truthOf(requests, layout);
    expect(new Set(written.map(({ key }) => key))).toEqual(new Set([ROLLOUT_ID]));
    expect(found.size).toBe(written.length);
    // In a window that has rows somewhere, every partition has its say.
    const starts = new Set([...truth.keys()].map((place) => Number(place.split('/')[1])));
    const places = [...starts].flatMap((startMs) => PARTITIONS.map((p) => placeOf(p, startMs)));
    expect([...found.keys()].toSorted()).toEqual(places.toSorted());
    for (const place of places) {
      const expected = truth.get(place) ?? emptyPartial(layout);
      expect({ place, ...numbersOf(found.get(place)) }).toEqual({ place, ...numbersOf(expected) });
    }
    expect(truth.has(placeOf(3, START_MS + HALF_QUIET_WINDOW * WINDOW_MS))).toBe(false);
    expectInOrder(partials);
    expectMerged(partials, truth, profile);
    const matched = [...truth.values()].map(({ counts }) => counts[countOffset('matched')] ?? 0);
    const pairCount = matched.reduce((sum, count) => sum + count, 0);
    process.stdout.write(`${written.length} partials of ${pairCount} pairs, all as the truth\n`);
  });
});

async function run(
  broker: TestBroker,
  topics: Readonly<Record<'current' | 'canary' | 'partials', string>>,
  layout: PartialLayout,
): Promise<void> {
  const checkpoints = await mkdtemp(join(tmpdir(), 'coalmine-flink-'));
  const [score] = layout.fields;
  try {
    await runRecipe({
      BROKERS: broker.brokers.join(','),
      REGISTRY: broker.registryUrl,
      CURRENT_TOPIC: topics.current,
      CANARY_TOPIC: topics.canary,
      PARTIALS_TOPIC: topics.partials,
      PARTITIONS: PARTITIONS.join(', '),
      UNTIL: 'latest-offset',
      ROLLOUT_ID,
      MODEL: MODEL.model,
      CURRENT_VERSION: MODEL.currentVersion,
      CANARY_VERSION: MODEL.canaryVersion,
      WINDOW: "'1' MINUTE",
      SKEW_MAX: "'30' SECOND",
      OUT_OF_ORDER: "'5' SECOND",
      IDLE_SECONDS: '10',
      THRESHOLD: String(THRESHOLD),
      PROFILE_HASH: score === undefined ? '' : PROFILE_HASH,
      SCORE_BITS: String(layout.scoreScaleBits),
      SCORE_EDGES: EDGES.map((edge) => `${edge}E0`).join(', '),
      CURRENT_SCORE_AT: String(score?.current ?? -1),
      CANARY_SCORE_AT: String(score?.canary ?? -1),
      CUT_SUMS_AT: String(layout.cutSums),
      CHECKPOINTS: `file://${checkpoints}`,
    });
  } finally {
    await rm(checkpoints, { recursive: true, force: true });
  }
}

function isPartial(message: JoinerMessage): message is PartialMessage {
  return message.kind === 'partial';
}

/** Our merger closes every window that has rows, with every partition, and with the truth's sums. */
function expectMerged(
  partials: readonly PartialMessage[],
  truth: ReadonlyMap<string, WindowPartial>,
  profile: ReferenceProfile | null,
): void {
  const of = { rolloutId: ROLLOUT_ID, profile, profileHash: PROFILE_HASH };
  const merged = mergedOf(partials, of).map((summary) => ({
    startMs: summary.windowStartMs,
    missing: summary.missingPartitions,
    matched: summary.counts.matched,
    flipsUp: summary.paired.flipsUp,
    canaryScores: summary.arms.canary.scoreCount,
  }));
  const starts = [...new Set(partials.map(({ windowStartMs }) => windowStartMs))];
  const sumOf = (startMs: number, name: ScalarCount): number =>
    PARTITIONS.map((p) => truth.get(placeOf(p, startMs))?.counts[countOffset(name)] ?? 0).reduce(
      (sum, count) => sum + count,
      0,
    );
  expect(merged).toEqual(
    starts
      .toSorted((left, right) => left - right)
      .map((startMs) => ({
        startMs,
        missing: [],
        matched: sumOf(startMs, 'matched'),
        flipsUp: sumOf(startMs, 'flipsUp'),
        canaryScores: sumOf(startMs, 'canaryScores'),
      })),
  );
}

/** A partial says that all windows of its partition up to its end are out: it must be true. */
function expectInOrder(partials: readonly PartialMessage[]): void {
  for (const partition of PARTITIONS) {
    const own = partials.filter((partial) => partial.partition === partition);
    const ends = own.map(({ windowEndMs }) => windowEndMs);
    expect(ends).toEqual(ends.toSorted((left, right) => left - right));
    expect(own.map(({ reportedThroughMs }) => reportedThroughMs)).toEqual(ends);
    // The window in which nobody asked anything is told by the one after it.
    expect(ends).not.toContain(START_MS + (EMPTY_WINDOW + 1) * WINDOW_MS);
  }
}

/** All numbers that are not zero, by place, and sums in their canonical form. */
function numbersOf(partial: WindowPartial | undefined): object | null {
  if (partial === undefined) return null;
  canonicalise(partial);
  const present = (values: Float64Array) =>
    Object.fromEntries([...values.entries()].filter(([, value]) => value !== 0));
  const { counts, sumLow, sumHigh, sampling } = partial;
  return {
    counts: present(counts),
    sumLow: present(sumLow),
    sumHigh: present(sumHigh),
    sampling: [...sampling],
  };
}
