import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type {
  PartitionSource,
  RawBatch,
  SourceEvent,
  TopicPartition,
  TopicTable,
  TopicWriter,
} from '../../../src/pipeline/stream/ports.ts';

/** One broker as the suites see it; names are the caller's, and new for each test. */
export interface StreamWorld {
  createTopic(topic: string, partitionCount: number): Promise<void>;
  createTable(topic: string, partitionCount: number): Promise<void>;
  /** Writes behind the back of the ports. Offsets `gapAfter` come after, that no reader ever sees. */
  append(at: TopicPartition, values: readonly string[], gapAfter?: boolean): Promise<void>;
  source(group: string, topics: readonly string[], memberId: string): PartitionSource;
  writer(): TopicWriter;
  table(topic: string): TopicTable;
}

/** Polls in which nothing came before a test gives up; over a real broker each waits a little. */
const POLLS_MAX = 400;
const POLL_MS = 50;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

export const bytesOf = (text: string): Uint8Array => ENCODER.encode(text);
export const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : DECODER.decode(bytes);

/** A name that no other test has used, on a broker that may outlive the run. */
export function newName(what: string): string {
  return `contract.${what}.${randomUUID()}`;
}

/** The next event of a kind; others are refused, unless they are batches and the kind is none. */
export async function nextOf<Kind extends SourceEvent['kind']>(
  source: PartitionSource,
  kind: Kind,
): Promise<Extract<SourceEvent, { kind: Kind }>> {
  const event = await nextEvent(source);
  if (!isOf(event, kind)) throw new Error(`${kind} was expected, ${event.kind} came`);
  return event;
}

function isOf<Kind extends SourceEvent['kind']>(
  event: SourceEvent,
  kind: Kind,
): event is Extract<SourceEvent, { kind: Kind }> {
  return event.kind === kind;
}

async function nextEvent(source: PartitionSource): Promise<SourceEvent> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const event = await source.poll(POLL_MS);
    if (event !== null) return event;
  }
  throw new Error('no event came');
}

/** Batches until so many records are there; the owner must not change. */
export async function readRecords(source: PartitionSource, count: number): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  let read = 0;
  while (read < count) {
    const { batch } = await nextOf(source, 'batch');
    batches.push(batch);
    read += batch.records.length;
  }
  expect(read).toBe(count);
  return batches;
}

/** Batches until reading stands at an offset. */
export async function readTo(
  source: PartitionSource,
  at: TopicPartition,
  nextOffset: number,
): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  while (batches.every((batch) => batch.nextOffset < nextOffset)) {
    const { batch } = await nextOf(source, 'batch');
    expect({ topic: batch.topic, partition: batch.partition }).toEqual(at);
    batches.push(batch);
  }
  return batches;
}

export async function expectNothing(source: PartitionSource): Promise<void> {
  for (let polls = 0; polls < 10; polls += 1) expect(await source.poll(POLL_MS)).toBeNull();
}

export function valuesOf(batches: readonly RawBatch[]): (string | null)[] {
  return batches.flatMap(({ records }) => records.map(({ value }) => textOf(value)));
}

export function offsetsOf(batches: readonly RawBatch[]): number[] {
  return batches.flatMap(({ records }) => records.map(({ offset }) => offset));
}

/** Polls all in turn until each was told what it owns, and nobody holds what another has. */
export async function settle(
  sources: readonly PartitionSource[],
  partitionCount: number,
): Promise<(readonly TopicPartition[])[]> {
  const owned: (readonly TopicPartition[])[] = sources.map(() => []);
  const isSettled = () =>
    owned.flat().length === partitionCount && owned.every(({ length }) => length > 0);
  for (let polls = 0; polls < POLLS_MAX && !isSettled(); polls += 1) {
    for (const [at, source] of sources.entries()) {
      const event = await source.poll(POLL_MS);
      if (event?.kind === 'assigned') owned[at] = event.partitions;
      if (event?.kind === 'revoked') owned[at] = [];
    }
  }
  expect(isSettled()).toBe(true);
  return owned;
}
