import { readVerdictEvent, type VerdictEvent } from '../../../src/adapters/avro/cloud-event.ts';
import {
  deadLetterCodec,
  deadLetterId,
  type StoredDeadLetter,
} from '../../../src/adapters/avro/dead-letter.ts';
import { avroMessageCodec } from '../../../src/adapters/avro/message-codec.ts';
import { avroRecordCodecs } from '../../../src/adapters/avro/record-codecs.ts';
import { openStoreReader } from '../../../src/adapters/duckdb/reader.ts';
import { plainRegistry } from '../../../src/adapters/registry/plain-registry.ts';
import type { Verdict } from '../../../src/core/events/verdict.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import { exactJson, parseExactJson } from '../../../src/pipeline/exact-json.ts';
import type { JoinerMessage, PositionsRecord } from '../../../src/pipeline/stream/messages.ts';
import { type ServicePlace, storeFolder } from './place.ts';
import { readAll } from './read-topics.ts';

/** What a rollout's database holds. */
export interface Stored {
  readonly windows: readonly WindowSummary[];
  readonly verdicts: readonly Verdict[];
}

/** Reads the database that a process left; while one has it open this rejects. */
export async function readStored(place: ServicePlace, dataFolder = 'data'): Promise<Stored> {
  const reader = await openStoreReader(storeFolder(place, dataFolder));
  try {
    const windows: WindowSummary[] = [];
    for await (const { summary } of reader.windows(place.rolloutId, Number.MAX_SAFE_INTEGER))
      windows.push(summary);
    const bodies = await reader.bodies('verdict');
    // Decoder edge: written by us, from verdicts.
    return { windows, verdicts: bodies.map((body) => parseExactJson(body) as Verdict) };
  } finally {
    reader.close();
  }
}

/** A window's counts that are not zero, by the names that the truth has. */
export function countsOfSummary({ counts, arms, paired }: WindowSummary) {
  const { current, canary } = arms;
  const named = {
    ...counts,
    currentPredictions: current.predictions,
    currentServed: current.served,
    currentErrors: current.errors,
    currentScores: current.scoreCount,
    canaryPredictions: canary.predictions,
    canaryServed: canary.served,
    canaryErrors: canary.errors,
    canaryScores: canary.scoreCount,
    compared: paired.compared,
    flipsUp: paired.flipsUp,
    flipsDown: paired.flipsDown,
    bothPositive: paired.bothPositive,
    bothNegative: paired.bothNegative,
    errorsBoth: paired.errorsBoth,
    errorsCurrentOnly: paired.errorsCurrentOnly,
    errorsCanaryOnly: paired.errorsCanaryOnly,
    differences: paired.differenceCount,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== 0));
}

/** Every verdict on the topic, in the order of the log. */
export async function readVerdicts(place: ServicePlace): Promise<readonly VerdictEvent[]> {
  const { verdict: codec } = avroRecordCodecs(plainRegistry(place.broker.registryUrl), place.own);
  const events: VerdictEvent[] = [];
  for (const { message } of await readAll(place.kafka, [place.own.verdicts])) {
    const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [
      name,
      String(value),
    ]);
    const read = await readVerdictEvent(Object.fromEntries(headers), message.value, codec);
    if (read.kind !== 'verdict') throw new Error(`no verdict: ${JSON.stringify(read)}`);
    events.push(read.event);
  }
  return events;
}

/** Verdicts by id; two contents under one id are an error. */
export function byId(verdicts: readonly Verdict[]): ReadonlyMap<string, string> {
  const bodies = new Map<string, string>();
  for (const verdict of verdicts) {
    const body = exactJson({ verdict: sorted(verdict) });
    const known = bodies.get(verdict.id);
    if (known !== undefined && known !== body)
      throw new Error(`verdict ${verdict.id} has two contents:\n${known}\n${body}`);
    bodies.set(verdict.id, body);
  }
  return bodies;
}

/** Fields in an order that does not depend on who wrote them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}

/** The latest positions of each partition. */
export async function readPositions(
  place: ServicePlace,
): Promise<ReadonlyMap<number, PositionsRecord>> {
  const codec = avroMessageCodec(plainRegistry(place.broker.registryUrl), place.own);
  const latest = new Map<number, PositionsRecord>();
  for (const { message } of await readAll(place.kafka, [place.own.positions])) {
    const key = message.key?.toString() ?? '';
    if (!key.startsWith(`${place.rolloutId}/`) || key.endsWith('/judge')) continue;
    if (message.value === null) continue;
    const record = await codec.decodePositions(message.value);
    latest.set(record.partition, record);
  }
  return latest;
}

/** What joiners sent, in the order of the log. */
export async function readPartials(place: ServicePlace): Promise<readonly JoinerMessage[]> {
  const codec = avroMessageCodec(plainRegistry(place.broker.registryUrl), place.own);
  const messages: JoinerMessage[] = [];
  for (const { message } of await readAll(place.kafka, [place.own.partials]))
    if (message.value !== null) messages.push(await codec.decodeJoinerMessage(message.value));
  return messages;
}

/** Records that were set aside, each once. */
export async function readDeadLetters(place: ServicePlace): Promise<readonly StoredDeadLetter[]> {
  const topic = place.own.deadLetters;
  const codec = deadLetterCodec(plainRegistry(place.broker.registryUrl), {
    topic,
    messageBytesMax: 1_000_000,
  });
  const byPlace = new Map<string, StoredDeadLetter>();
  for (const { message } of await readAll(place.kafka, [topic])) {
    if (message.value === null) continue;
    const dead = await codec.decode(message.value);
    byPlace.set(deadLetterId(dead), dead);
  }
  return [...byPlace.values()];
}
