import { Kafka, logLevel } from 'kafkajs';
import { avroMessageCodec } from '../../../src/adapters/avro/message-codec.ts';
import { plainRegistry } from '../../../src/adapters/registry/plain-registry.ts';
import { countOffset, type ScalarCount } from '../../../src/core/windows/layout.ts';
import type { SparsePartial } from '../../../src/core/windows/sparse.ts';
import {
  type JoinerMessage,
  OWN_TOPICS,
  type PartialMessage,
} from '../../../src/pipeline/stream/messages.ts';
import type { ExpectedTotals } from './expected.ts';

export type PartialTotals = Omit<ExpectedTotals, 'disagree'>;

const WAIT_MS_MAX = 300_000;

/** Sums a partials topic until it accounts for all records, or for long enough nothing more comes. */
export async function readTotals(of: {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly topic: string;
  readonly recordCount: number;
}): Promise<PartialTotals> {
  const kafka = new Kafka({ brokers: [...of.brokers], logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: `${of.topic}-reader` });
  const codec = avroMessageCodec(plainRegistry(of.registryUrl), OWN_TOPICS);
  const partials = new Map<string, PartialMessage>();
  await consumer.connect();
  await consumer.subscribe({ topic: of.topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const givingUp = setTimeout(resolve, WAIT_MS_MAX);
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ message }) => {
          const partial = await codec.decodeJoinerMessage(message.value ?? Buffer.alloc(0));
          keepFirst(partials, partial);
          if (recordsIn([...partials.values()]) < of.recordCount) return;
          clearTimeout(givingUp);
          resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return totalsOf([...partials.values()]);
}

/** As the merger does: of equal identities the first counts. */
function keepFirst(partials: Map<string, PartialMessage>, partial: JoinerMessage): void {
  if (partial.kind !== 'partial') return;
  const { partition, windowStartMs, revision } = partial;
  const identity = `${partition}/${windowStartMs}/${revision}`;
  if (!partials.has(identity)) partials.set(identity, partial);
}

function recordsIn(partials: readonly PartialMessage[]): number {
  return sumOf(partials, ['currentPredictions', 'canaryPredictions']);
}

/** Sums over partials, lone answers by arm whatever the reason. */
export function totalsOf(partials: readonly SparsePartial[]): PartialTotals {
  return {
    pairs: sumOf(partials, ['matched']),
    onlyCurrent: sumOf(partials, ['unmatchedCurrent', 'notAskedCurrent', 'dueInShadowCurrent']),
    onlyCanary: sumOf(partials, ['unmatchedCanary', 'notAskedCanary', 'dueInShadowCanary']),
    flipsUp: sumOf(partials, ['flipsUp']),
    flipsDown: sumOf(partials, ['flipsDown']),
  };
}

function sumOf(partials: readonly SparsePartial[], names: readonly ScalarCount[]): number {
  const places = new Set(names.map(countOffset));
  return partials
    .flatMap(({ countIndex, countValue }) =>
      countIndex.map((place, i) => (places.has(place) ? (countValue[i] ?? 0) : 0)),
    )
    .reduce((sum, count) => sum + count, 0);
}
