import { type MemoryBroker, memoryBroker } from '../../src/adapters/memory/broker/broker.ts';
import { parsePrediction } from '../../src/core/events/parse-prediction.ts';
import type {
  AnswerWriter,
  ModelAnswer,
  ModelCaller,
  ModelRequest,
  PredictionReader,
} from '../../src/pipeline/shadow/ports.ts';
import { SHADOW_TOPIC } from '../../src/pipeline/shadow/progress.ts';
import { runShadow, type ShadowOptions, type ShadowPorts } from '../../src/pipeline/shadow/run.ts';
import { DEFAULT_BODY } from '../../src/pipeline/shadow/template.ts';
import type { TopicWriter } from '../../src/pipeline/stream/ports.ts';
import { MODEL } from './predictions.ts';
import { VirtualClock } from './virtual-clock.ts';

export const FROM = 'predictions.current';
export const TO = 'predictions.canary';
export const DEAD = 'coalmine.dead-letters';
export const ROLLOUT = 'fraud-v7.1';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

export function valueOf(bytes: Uint8Array | null): Record<string, unknown> {
  return bytes === null ? {} : JSON.parse(decoder.decode(bytes));
}

/** Records in JSON, in the fields of the contract. */
export const jsonReader: PredictionReader = {
  read: (batch) =>
    Promise.resolve(
      batch.records.map((record) => {
        const parsed = parsePrediction(valueOf(record.value), { requestIdLengthMax: 256 });
        return { record, parsed: parsed.ok ? { ok: true, value: [parsed.value] } : parsed };
      }),
    ),
};

const answers: AnswerWriter = {
  encodePrediction: (prediction) => Promise.resolve(bytesOf(prediction)),
  encodeDeadLetter: (dead) =>
    Promise.resolve({ key: dead.topic, value: bytesOf({ ...dead, key: null, value: null }) }),
};

/** What the canary says to a request, and how long it takes. */
export type Says = (
  request: ModelRequest,
  attempt: number,
) => {
  readonly afterMs: number;
  readonly answer: ModelAnswer;
};

export function scored(score: number, afterMs = 10): ReturnType<Says> {
  return { afterMs, answer: { kind: 'answered', body: { score }, latencyMs: afterMs } };
}

export function unwell(error: string, given: { isPassing?: boolean; retryAfterMs?: number } = {}) {
  const { isPassing = true, retryAfterMs = null } = given;
  const answer: ModelAnswer = { kind: 'failed', error, isPassing, retryAfterMs, latencyMs: 5 };
  return { afterMs: 5, answer };
}

export interface Shadowing {
  readonly broker: MemoryBroker;
  readonly clock: VirtualClock;
  /** Requests in the order in which they were asked, with the time. */
  readonly asked: { readonly requestId: string; readonly atMs: number }[];
  /** The most that were asked at one time. */
  readonly mostAtOnce: () => number;
  /** Answers on the canary's topic, in the order of the log. */
  readonly written: (partition?: number) => Record<string, unknown>[];
  readonly run: (says: Says, options?: Partial<RunOptions>) => ReturnType<typeof runShadow>;
}

interface RunOptions extends ShadowOptions {
  readonly writer: TopicWriter;
  readonly memberId: string;
  readonly begins: ShadowPorts['begins'];
  readonly reader: PredictionReader;
}

export function shadowing(partitionCount = 1): Shadowing {
  const clock = new VirtualClock(1_000_000_000_000);
  const broker = memoryBroker({ nowMs: () => clock.nowMs(), batchRecordsMax: 20 });
  for (const topic of [FROM, TO]) broker.createTopic(topic, partitionCount);
  for (const topic of [SHADOW_TOPIC, DEAD]) broker.createTopic(topic, 1);
  const asked: { requestId: string; atMs: number }[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const callerOf = (says: Says): ModelCaller => {
    const attempts = new Map<string, number>();
    return {
      async call(request) {
        const requestId = request.headers['x-request-id'] ?? '';
        const attempt = (attempts.get(requestId) ?? 0) + 1;
        attempts.set(requestId, attempt);
        asked.push({ requestId, atMs: clock.nowMs() });
        atOnce += 1;
        mostAtOnce = Math.max(mostAtOnce, atOnce);
        const { afterMs, answer } = says(request, attempt);
        await clock.wait(afterMs);
        atOnce -= 1;
        return answer;
      },
    };
  };
  return {
    broker,
    clock,
    asked,
    mostAtOnce: () => mostAtOnce,
    written: (partition = 0) => broker.records(TO, partition).map(({ value }) => valueOf(value)),
    async run(says, given = {}) {
      const { writer = broker.writer(), memberId = 'one', ...options } = given;
      const source = broker.source('shadow', [FROM], memberId);
      const progress = broker.table(SHADOW_TOPIC);
      const { begins = () => Promise.resolve(new Map<number, number>()) } = given;
      const caller = callerOf(says);
      const { reader = jsonReader } = given;
      const ports = { source, begins, writer, progress, reader, caller, answers, clock };
      return await clock.during(runShadow(ports, { ...OPTIONS, ...options }));
    },
  };
}

const OPTIONS: ShadowOptions = {
  route: { from: FROM, to: TO, rolloutId: ROLLOUT },
  deadLetterTopic: DEAD,
  keepDeadLetterPayload: false,
  selection: { rolloutId: ROLLOUT, mirrorShare: 1, ...MODEL },
  canaryVersion: MODEL.canaryVersion,
  shape: { body: DEFAULT_BODY, headers: {} },
  answer: {},
  concurrency: 4,
  ratePerSecond: null,
  retryCountMax: 3,
  begin: 'earliest',
  isOnce: true,
  signal: new AbortController().signal,
  onCounts: () => {},
};

/** Logs requests that current answered, one every second. */
export function logRequests(
  { broker }: Shadowing,
  ids: readonly string[],
  given: { readonly partition?: number; readonly fields?: Readonly<Record<string, unknown>> } = {},
): void {
  const { partition = 0, fields = {} } = given;
  const records = ids.map((id, i) => ({
    key: id,
    value: bytesOf({
      request_id: id,
      model: MODEL.model,
      version: MODEL.currentVersion,
      event_time: 986_947_200_000 + 1000 * i,
      score: 0.5,
      features: { amount: i },
      ...fields,
    }),
  }));
  broker.append(FROM, partition, records);
}

export function idsOf(count: number, prefix = 'r'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}
