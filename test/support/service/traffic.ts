import { Kafka, logLevel } from 'kafkajs';
import { partitionOfKey } from '../../../src/adapters/memory/broker/partition-of-key.ts';
import type { FieldTypes, PredictionEvent } from '../../../src/producer/prediction-schema.ts';
import {
  createProducer,
  type OutcomeEvent,
  type Producer,
} from '../../../src/producer/producer.ts';
import { mulberry32 } from '../random.ts';
import type { ServicePlace } from './place.ts';

/** Writes what two versions answer, in the order of event time, second after second. */
export interface Traffic {
  /** Event time of what comes next. */
  readonly nowMs: () => number;
  /** Writes the next stretch of event time; resolves when all of it is acknowledged. */
  readonly write: (lengthMs: number) => Promise<void>;
  /**
   * Writes a pair far ahead on every partition, so that all windows before it close. Returns where
   * the windows end that must be closed then.
   */
  readonly close: () => Promise<number>;
  readonly end: () => Promise<void>;
}

export interface TrafficOptions {
  readonly seed: number;
  /** Event time of the first request; default: in an hour, where no clock makes it late. */
  readonly startMs?: number;
  readonly requestsPerSecond?: number;
  /** Features written as a record of their own, with a schema of its own; default: a map. */
  readonly features?: FieldTypes;
  /** Half of the requests have an outcome (`late`), so long after. */
  readonly outcomesAfterMs?: number;
}

const HOUR_MS = 3_600_000;
const FEATURES = ['DE', 'FR', 'BR'] as const;

export async function trafficOn(place: ServicePlace, options: TrafficOptions): Promise<Traffic> {
  const { seed, requestsPerSecond = 200, outcomesAfterMs } = options;
  const { lengthMs } = place.plan.window;
  const random = mulberry32(seed);
  const startMs = options.startMs ?? Math.floor((Date.now() + HOUR_MS) / lengthMs) * lengthMs;
  const producer = await producerOf(place, options.features);
  let count = 0;
  let writtenToMs = startMs;
  /** Outcomes that have not happened yet. */
  const owed: OutcomeEvent[] = [];
  const payOne = async (): Promise<void> => {
    const outcome = owed.shift();
    if (outcome !== undefined) await producer.outcome(outcome);
  };
  const write = async (stretchMs: number): Promise<void> => {
    const gapMs = 1000 / requestsPerSecond;
    const untilMs = writtenToMs + stretchMs;
    for (let atMs = writtenToMs; atMs < untilMs; atMs += gapMs) {
      const requestId = `r${seed}-${count++}`;
      for (const event of answersOf(requestId, Math.floor(atMs), random))
        await producer.predict(event);
      while ((owed[0]?.event_time ?? Infinity) <= atMs) await payOne();
      if (outcomesAfterMs !== undefined && random() < 0.5) {
        const event_time = Math.floor(atMs + outcomesAfterMs);
        const value = random() < 0.3 ? 1 : 0;
        owed.push({ request_id: requestId, model: 'fraud', event_time, metric: 'late', value });
      }
    }
    writtenToMs = untilMs;
    await producer.flush();
  };
  return {
    nowMs: () => writtenToMs,
    write,
    async close() {
      const { graceMs, outOfOrdernessMs } = place.plan.window;
      const closedMs = Math.ceil((writtenToMs + 500) / lengthMs) * lengthMs;
      const atMs = closedMs + graceMs + outOfOrdernessMs + lengthMs;
      for (const requestId of onePerPartition(place.partitionCount, `close${seed}`)) {
        for (const version of ['v6', 'v7'])
          await producer.predict({ ...plain(requestId, atMs), version, served: version === 'v6' });
      }
      await producer.flush();
      return closedMs;
    },
    end: async () => {
      await producer.close();
    },
  };
}

/** A broker that is stopped comes back. */
function patientClient(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 100, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
}

async function producerOf(
  { broker, inputs }: ServicePlace,
  features: FieldTypes | undefined,
): Promise<Producer<FieldTypes, FieldTypes>> {
  return await createProducer({
    schema: features === undefined ? {} : { features },
    kafka: patientClient(broker.brokers),
    registryUrl: broker.registryUrl,
    topics: {
      predictions: ({ version }) => (version === 'v6' ? inputs.current : inputs.canary),
      outcomes: inputs.outcomes,
    },
    limits: { queuedBytesMax: 64 * 1024 * 1024 },
  });
}

function plain(requestId: string, atMs: number) {
  return { request_id: requestId, model: 'fraud', event_time: atMs, score: 0.5 };
}

/** What the log holds of one request: mostly two answers, sometimes one, twice, or another one. */
function answersOf(
  requestId: string,
  atMs: number,
  random: () => number,
): readonly PredictionEvent[] {
  const score = random();
  const features = {
    amount: Math.round(random() * 100),
    country: FEATURES[Math.floor(random() * 3)] ?? 'DE',
  };
  const shared = { ...plain(requestId, atMs), features, unit_id: `u${Math.floor(random() * 500)}` };
  const answer = (version: string, own: number): PredictionEvent => ({
    ...shared,
    version,
    served: version === 'v6',
    event_time: atMs + Math.floor(random() * 200),
    latency_ms: 5 + random() * 20,
    ...(random() < 0.01 ? { score: null, error: 'TIMEOUT' } : { score: own }),
  });
  const current = answer('v6', score);
  const canary = answer('v7', Math.min(1, score + random() * 0.05));
  const all: PredictionEvent[] = [];
  if (random() < 0.98) all.push(current);
  if (random() < 0.97) all.push(canary);
  if (random() < 0.01) all.push(random() < 0.5 ? current : canary);
  if (random() < 0.01) all.push({ ...canary, score: 0.125, error: null });
  return all;
}

/** A request id for each partition. */
export function onePerPartition(partitionCount: number, prefix: string): readonly string[] {
  const found = new Map<number, string>();
  for (let i = 0; found.size < partitionCount; i++) {
    const requestId = `${prefix}-${i}`;
    const partition = partitionOfKey(requestId, partitionCount);
    if (!found.has(partition)) found.set(partition, requestId);
  }
  return [...found.values()];
}
