import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { parsePrediction } from '../../../src/core/events/parse-prediction.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { processingTime } from '../../../src/core/foundation/time.ts';
import { type PlainRecord, plainJoin } from '../../../src/core/join/plain-join.ts';
import type { JoinCounters } from '../../../src/core/join/sink.ts';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import { addPartial, emptyPartial, type WindowPartial } from '../../../src/core/windows/partial.ts';
import { plainFold } from '../../../src/core/windows/plain-fold.ts';
import type { Lying } from '../kafka-topics.ts';
import { current } from '../predictions.ts';
import { countsOf } from '../stream/oracle.ts';
import type { ServicePlace } from './place.ts';
import { readAll } from './read-topics.ts';

/** What the windows must hold, by the log that lies on the topics and the join in plain words. */
export interface Truth {
  /** Counts that are not zero, by window start. */
  readonly windows: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** The same by partition. */
  readonly partitions: readonly PartitionTruth[];
  /** Records that cannot be used, as `topic/partition/offset`. */
  readonly dead: ReadonlySet<string>;
}

export interface PartitionTruth {
  readonly counters: JoinCounters;
  readonly windows: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

interface ReadRecord extends PlainRecord {
  readonly arrivalMs: number;
  readonly place: string;
}

/** Reads the topics of predictions and joins them in batch. */
export async function truthOf(place: ServicePlace, settings = place.plan.window): Promise<Truth> {
  const { kafka, inputs, partitionCount } = place;
  const lying = await readAll(kafka, [inputs.current, inputs.canary]);
  const partitions: ReadRecord[][] = Array.from({ length: partitionCount }, () => []);
  const registry = new SchemaRegistry({ host: place.broker.registryUrl });
  for (const one of lying) partitions[one.partition]?.push(await read(place, registry, one));
  const dead = new Set<string>();
  const merged = new Map<number, WindowPartial>();
  const truths = partitions.map((records): PartitionTruth => {
    const ordered = withClocks(records);
    for (const { status, place: at } of ordered) if (status === 'dead') dead.add(at);
    const joined = plainJoin(ordered, settings, {
      served: ({ served }) => served !== false,
      due: (_, served) => (served ? 'in_shadow' : true),
    });
    const windows = new Map<number, Readonly<Record<string, number>>>();
    for (const [number, window] of joined.windows) {
      const { decision, watch } = place.plan;
      const layout = layoutOf(null);
      const folded = plainFold(window, { layout, decision, skewTolerance: watch.skewTolerance });
      const startMs = number * settings.lengthMs;
      windows.set(startMs, countsInShadow(folded));
      const sum = merged.get(startMs) ?? emptyPartial(layout);
      addPartial(sum, folded);
      merged.set(startMs, sum);
    }
    return { counters: joined.counters, windows };
  });
  const windows = [...merged].map(
    ([startMs, partial]) => [startMs, countsInShadow(partial)] as const,
  );
  return {
    windows: new Map(windows.sort(([left], [right]) => left - right)),
    partitions: truths,
    dead,
  };
}

async function read(
  place: ServicePlace,
  registry: SchemaRegistry,
  lying: Lying,
): Promise<ReadRecord> {
  const { topic, partition, message } = lying;
  const arrivalMs = Number(message.timestamp);
  const prediction = await predictionOf(registry, message.value);
  const arm = topic === place.inputs.canary ? 'canary' : 'current';
  const rest = {
    arm,
    arrivalMs,
    clockMs: 0,
    place: `${topic}/${partition}/${message.offset}`,
  } as const;
  const isKeyed = message.key?.toString() === prediction?.requestId;
  if (prediction === null || !isKeyed) return { ...rest, status: 'dead', prediction: NOTHING };
  const isFuture = prediction.eventTimeMs > arrivalMs + place.plan.window.futureMaxMs;
  const isOurs = prediction.model === place.plan.model;
  const status = isOurs ? (isFuture ? 'dead' : 'usable') : 'ignored';
  return {
    ...rest,
    status,
    prediction: { ...prediction, arrivalTimeMs: processingTime(arrivalMs) },
  };
}

/** Stands where there is no prediction: such a record is only counted. */
const NOTHING = current('-', 0);

async function predictionOf(
  registry: SchemaRegistry,
  value: Buffer | null,
): Promise<Prediction | null> {
  if (value === null) return null;
  const plain: unknown = await registry.decode(value).catch(() => null);
  const parsed = parsePrediction(plain, { requestIdLengthMax: 512 });
  return parsed.ok ? parsed.value : null;
}

/** In the order of arrival, each with the latest arrival before it. */
function withClocks(records: readonly ReadRecord[]): readonly ReadRecord[] {
  let clockMs = -Infinity;
  const ordered = records.toSorted((left, right) => left.arrivalMs - right.arrivalMs);
  return ordered.map((record) => {
    const before = clockMs;
    if (record.status === 'usable') clockMs = Math.max(clockMs, record.arrivalMs);
    return { ...record, clockMs: before };
  });
}

/** In shadow a lone served answer was due in the other arm. */
function countsInShadow(partial: WindowPartial): Readonly<Record<string, number>> {
  const { dueInShadowCurrent = 0, dueInShadowCanary = 0, ...counts } = countsOf(partial);
  return Object.fromEntries(
    Object.entries({
      ...counts,
      unmatchedCurrent: (counts['unmatchedCurrent'] ?? 0) + dueInShadowCurrent,
      unmatchedCanary: (counts['unmatchedCanary'] ?? 0) + dueInShadowCanary,
    }).filter(([, value]) => value !== 0),
  );
}
