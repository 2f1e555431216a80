import { describe, expect, it } from 'vitest';
import { memoryBroker } from '../../../../src/adapters/memory/broker/broker.ts';
import { latestRecords, readToEnd } from '../../../../src/app/service/read-to-end.ts';
import type { PartitionSource } from '../../../../src/pipeline/stream/ports.ts';

/** A clock that moves on by a second whenever it is asked. */
function ticking() {
  let nowMs = 0;
  return {
    nowMs: () => {
      nowMs += 1_000;
      return nowMs;
    },
    wait: () => Promise.resolve(),
  };
}

const OPTIONS = { assignedMsMax: 60_000, quietMsMax: 10_000 };
const value = (text: string) => new TextEncoder().encode(text);
const record = (text: string) => ({ key: text, value: value(text) });

describe('the latest records', () => {
  it('are so many of each partition, across batches and gaps', async () => {
    const broker = memoryBroker({ nowMs: () => 0, batchRecordsMax: 2 });
    broker.createTopic('a', 2);
    broker.append('a', 0, ['1', '2', '3', '4', '5'].map(record));
    broker.leaveGap('a', 0, 1);
    broker.append('a', 1, ['6'].map(record));
    const source = broker.source('g', ['a'], 'm');
    const batches = await latestRecords(source, { ...OPTIONS, clock: ticking(), latestCount: 4 });
    const offsets = batches.map(({ partition, records }) => [
      partition,
      records.map(({ offset }) => offset),
    ]);
    expect(offsets).toEqual([
      [0, [2, 3, 4]],
      [1, [0]],
    ]);
  });

  it('are each there once, even when the partitions were given anew in between', async () => {
    const broker = memoryBroker({ nowMs: () => 0, batchRecordsMax: 1 });
    broker.createTopic('a', 1);
    broker.append('a', 0, ['1', '2', '3'].map(record));
    const source = broker.source('g', ['a'], 'm');
    let polls = 0;
    const restless: PartitionSource = {
      poll: (waitMs) => {
        polls += 1;
        if (polls === 3) broker.rebalance('g');
        return source.poll(waitMs);
      },
      resume: (from) => source.resume(from),
      setPaused: (partitions, isPaused) => source.setPaused(partitions, isPaused),
      ends: (partitions) => source.ends(partitions),
      close: () => source.close(),
    };
    const [batch] = await latestRecords(restless, { ...OPTIONS, clock: ticking(), latestCount: 9 });
    expect(batch?.records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  });
});

describe('reading to the end', () => {
  it('leaves out what was written after it began', async () => {
    const broker = memoryBroker({ nowMs: () => 0, batchRecordsMax: 1 });
    broker.createTopic('a', 1);
    broker.append('a', 0, ['1', '2'].map(record));
    const seen: number[] = [];
    const options = { ...OPTIONS, clock: ticking(), latestCount: null };
    await readToEnd(broker.source('g', ['a'], 'm'), options, ({ records }) => {
      seen.push(...records.map(({ offset }) => offset));
      broker.append('a', 0, ['more'].map(record));
    });
    expect(seen).toEqual([0, 1]);
  });

  it('ends when records that were deleted do not come', async () => {
    const source: PartitionSource = {
      ...silent(),
      poll: onceAssigned(),
    };
    const options = { ...OPTIONS, clock: ticking(), latestCount: null };
    await expect(readToEnd(source, options, () => {})).resolves.toBeUndefined();
  });

  it('fails when it is given no partitions', async () => {
    const options = { ...OPTIONS, clock: ticking(), latestCount: null };
    await expect(readToEnd(silent(), options, () => {})).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: 'the group was not there within 60000 ms',
    });
  });
});

function silent(): PartitionSource {
  return {
    poll: () => Promise.resolve(null),
    resume: () => Promise.resolve(),
    setPaused: () => {},
    ends: (partitions) =>
      Promise.resolve({
        askedAtMs: 0,
        ends: partitions.map((at) => ({ ...at, endOffset: 100 })),
      }),
    close: () => Promise.resolve(),
  };
}

function onceAssigned(): PartitionSource['poll'] {
  let isAssigned = false;
  return () => {
    const event = { kind: 'assigned' as const, partitions: [{ topic: 'a', partition: 0 }] };
    const news = isAssigned ? null : event;
    isAssigned = true;
    return Promise.resolve(news);
  };
}
