import fc from 'fast-check';
import type { FieldCells, ReferenceProfile } from '../../src/core/events/profile.ts';
import type {
  AppliedRollout,
  HeartbeatMessage,
  JoinerMessage,
  PartialMessage,
  PositionsRecord,
  ReferenceState,
  SampledRecord,
  SampleMessage,
  StreamMark,
} from '../../src/pipeline/stream/messages.ts';

/** Where a long is exact with avsc: beyond it the zigzag form leaves the safe integers. */
const LONG_MAX = 2 ** 52;
const long = fc.integer({ min: -LONG_MAX, max: LONG_MAX });
const count = fc.integer({ min: 0, max: LONG_MAX });
const int = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const hash32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'grapheme' });
const timeMs = fc.integer({ min: 631_152_000_000, max: 4_102_444_800_000 });
/** What is not known yet is -Infinity. */
const heardMs = fc.oneof(timeMs, fc.constant(-Infinity));
const unitSum = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
/** Names as users choose them, and those that a plain object would lose. */
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', '1', 'a_bC.d'));

function named<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries));
}

const counters = fc.record({ read: count, late: count, deadLettered: count, ignored: count });
const positions = fc.array(fc.record({ topic: text, nextOffset: count, replayOffset: count }), {
  maxLength: 3,
});

const head = {
  rolloutId: text,
  partition: int,
  reportedThroughMs: heardMs,
  profileHash: fc.option(text),
  watermarkMs: heardMs,
  positions,
  counters,
};

const stratum = fc.record({
  window: long,
  pairs: count,
  currentServed: count,
  canaryServed: count,
});

const valueCells = fc.array(
  fc.record({
    cell: int,
    currentCount: count,
    canaryCount: count,
    currentUnits: unitSum,
    canaryUnits: unitSum,
  }),
  { maxLength: 3 },
);

const increment = fc.record({
  metric: int,
  requestWindow: long,
  labelled: count,
  lossCurrent: unitSum,
  lossCanary: unitSum,
  currentEvents: count,
  canaryEvents: count,
  currentValue: unitSum,
  canaryValue: unitSum,
  cells: valueCells,
});

export const partialMessages: fc.Arbitrary<PartialMessage> = fc.record({
  ...head,
  kind: fc.constant('partial'),
  windowStartMs: timeMs,
  windowEndMs: timeMs,
  revision: int,
  windowProfileHash: fc.option(text),
  countIndex: fc.array(int),
  countValue: fc.array(count),
  sumIndex: fc.array(int),
  sumHigh: fc.array(long),
  sumLow: fc.array(fc.integer({ min: 0, max: LONG_MAX - 1 })),
  sampling: fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 4 }),
  outcomes: fc.record({
    strata: fc.array(stratum, { maxLength: 3 }),
    increments: fc.array(increment, { maxLength: 3 }),
    letGoThrough: fc.option(long),
  }),
  sampleSeen: count,
  sampleChunkCount: int,
});

export const sampledRecords: fc.Arbitrary<SampledRecord> = fc.record({
  hashHigh: hash32,
  hashLow: hash32,
  eventTimeMs: timeMs,
  values: named(fc.oneof(fc.double(), text, fc.constant(null))),
});

const sampleMessages: fc.Arbitrary<SampleMessage> = fc.record({
  kind: fc.constant('sample'),
  rolloutId: text,
  partition: int,
  windowStartMs: timeMs,
  chunk: int,
  rows: fc.array(sampledRecords, { maxLength: 5 }),
});

const heartbeats: fc.Arbitrary<HeartbeatMessage> = fc.record({
  ...head,
  kind: fc.constant('heartbeat'),
});

export const joinerMessages: fc.Arbitrary<JoinerMessage> = fc.oneof(
  partialMessages,
  sampleMessages,
  heartbeats,
);

const factMs = fc.option(fc.oneof(timeMs, fc.constant(Infinity)));

const marks: fc.Arbitrary<StreamMark> = fc.record({
  sequence: count,
  offsets: named(count),
  clockMs: fc.option(timeMs),
  facts: fc.record({
    highestCurrentMs: factMs,
    highestCanaryMs: factMs,
    heardCurrentMs: factMs,
    heardCanaryMs: factMs,
    watermarkMs: factMs,
  }),
});

export const positionsRecords: fc.Arbitrary<PositionsRecord> = fc.record({
  rolloutId: text,
  partition: int,
  positions,
  watermarkMs: heardMs,
  reportedThroughMs: heardMs,
  profileHash: fc.option(text),
  folderId: text,
  mark: marks,
  originMark: marks,
  counters,
  countedOffsets: named(count),
  silentMoves: fc.array(fc.record({ offsets: named(count), watermarkMs: fc.integer() }), {
    maxLength: 3,
  }),
});

const role = fc.constantFrom(
  'score' as const,
  'label' as const,
  'class_probability' as const,
  'confidence' as const,
  'feature' as const,
  'context' as const,
);

const cells: fc.Arbitrary<FieldCells> = fc.oneof(
  fc.record({
    field: fc.record({ name, role, kind: fc.constant('number' as const) }),
    edges: fc.array(fc.double({ noNaN: true })),
    scaleBits: fc.integer({ min: -1000, max: 1000 }),
    referenceCounts: fc.array(count),
  }),
  fc.record({
    field: fc.record({ name, role, kind: fc.constant('category' as const) }),
    categories: fc.array(text),
    overflow: fc.boolean(),
    referenceCounts: fc.array(count),
  }),
);

const profiles: fc.Arbitrary<ReferenceProfile> = fc.record({
  model: text,
  currentVersion: text,
  sampleCount: count,
  fromMs: timeMs,
  toMs: timeMs,
  fields: fc.array(cells, { maxLength: 4 }),
  notWatched: fc.array(name),
});

export const referenceStates: fc.Arbitrary<ReferenceState> = fc.record({
  rolloutId: text,
  mergedThroughMs: fc.option(timeMs),
  profile: fc.option(fc.record({ hash: text, fromMs: fc.option(timeMs), profile: profiles })),
});

export const appliedRollouts: fc.Arbitrary<AppliedRollout> = fc.record({
  rolloutId: text,
  planText: text,
  planFile: text,
  policyDigest: text,
  topics: fc.record({ current: text, canary: text, outcomes: fc.option(text) }),
  partitionCount: int,
  startAt: fc.constantFrom('earliest', 'latest'),
});
