import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroMessageCodec } from '../../../../src/adapters/avro/message-codec.ts';
import { pastAvroType } from '../../../../src/adapters/avro/schema-file.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import {
  type HeartbeatMessage,
  OWN_TOPICS,
  type PartialMessage,
  type SampleMessage,
} from '../../../../src/pipeline/stream/messages.ts';
import { memoryRegistry } from '../../../support/memory-registry.ts';
import { joinerMessages, positionsRecords, referenceStates } from '../../../support/messages.ts';

const registry = memoryRegistry();
const codec = avroMessageCodec(registry, OWN_TOPICS);

const HEARTBEAT: HeartbeatMessage = {
  kind: 'heartbeat',
  rolloutId: 'fraud-v7.1',
  partition: 3,
  reportedThroughMs: 120_000,
  profileHash: 'p1',
  watermarkMs: 150_000,
  positions: [{ topic: 'predictions.current', nextOffset: 9, replayOffset: 4 }],
  counters: { read: 9, late: 1, deadLettered: 0, ignored: 2 },
};

const PARTIAL: PartialMessage = {
  ...HEARTBEAT,
  kind: 'partial',
  windowStartMs: 60_000,
  windowEndMs: 120_000,
  revision: 0,
  windowProfileHash: null,
  countIndex: [7],
  countValue: [9],
  sumIndex: [0],
  sumHigh: [0],
  sumLow: [0],
  sampling: [null, 1, null, 1],
  outcomes: { strata: [], increments: [], letGoThrough: null },
  sampleSeen: 0,
  sampleChunkCount: 0,
};

/** Bytes under the id that the registry gives to a schema. */
async function written(text: string, body: Uint8Array): Promise<Uint8Array> {
  const id = await registry.idOf('somewhere-value', text);
  return new Uint8Array([0, 0, 0, 0, id, ...body]);
}

describe('what joiners and mergers tell each other', () => {
  it('comes back as it was, of every kind', async () => {
    await fc.assert(
      fc.asyncProperty(joinerMessages, async (message) => {
        const bytes = await codec.encodeJoinerMessage(message);
        expect(await codec.decodeJoinerMessage(bytes)).toEqual(message);
      }),
    );
  });

  it('comes back as it was, positions and reference states too', async () => {
    await fc.assert(
      fc.asyncProperty(positionsRecords, referenceStates, async (record, state) => {
        const bytes = await codec.encodePositions(record);
        expect(await codec.decodePositions(bytes)).toEqual(record);
        expect(await codec.decodeReference(await codec.encodeReference(state))).toEqual(state);
      }),
    );
  });

  it('has the same bytes whenever it is the same, and keeps them when more is written', async () => {
    const first = await codec.encodeJoinerMessage(PARTIAL);
    const copy = Uint8Array.from(first);
    await codec.encodeJoinerMessage({ ...PARTIAL, rolloutId: 'x'.repeat(40_000) });
    expect(await codec.encodeJoinerMessage(structuredClone(PARTIAL))).toEqual(first);
    expect(Uint8Array.from(first)).toEqual(copy);
  });

  it('begins with a zero byte and the id under which the topic has its schema', async () => {
    const bytes = await codec.encodeJoinerMessage(HEARTBEAT);
    const [id = 0] = registry.subjects.get('coalmine.partials-value') ?? [];
    expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 0, id]);
  });

  it('may be decoded from the middle of other bytes', async () => {
    const bytes = await codec.encodeJoinerMessage(HEARTBEAT);
    const around = new Uint8Array([1, 2, 3, ...bytes, 4]);
    expect(await codec.decodeJoinerMessage(around.subarray(3, -1))).toEqual(HEARTBEAT);
  });

  it('writes the names of sampled fields once', async () => {
    const row = (hashLow: number) => ({
      hashHigh: 1,
      hashLow,
      eventTimeMs: 60_000,
      values: { 'feature.a_rather_long_name': 0.5 },
    });
    const message = (rowCount: number): SampleMessage => ({
      kind: 'sample',
      rolloutId: 'fraud-v7.1',
      partition: 0,
      windowStartMs: 60_000,
      chunk: 0,
      rows: Array.from({ length: rowCount }, (_, i) => row(i)),
    });
    const one = await codec.encodeJoinerMessage(message(1));
    const two = await codec.encodeJoinerMessage(message(2));
    expect(two.length - one.length).toBeLessThan(26);
  });
});

describe('numbers that Avro would change', () => {
  it.each([2 ** 52 + 1, 0.5, Number.NaN])('are refused: %s', async (wrong) => {
    const messages: readonly PartialMessage[] = [
      { ...PARTIAL, countValue: [wrong] },
      { ...PARTIAL, sumHigh: [wrong] },
      { ...PARTIAL, watermarkMs: wrong },
      { ...PARTIAL, counters: { ...PARTIAL.counters, read: wrong } },
    ];
    for (const message of messages)
      await expect(codec.encodeJoinerMessage(message)).rejects.toThrow('is exact in Avro');
  });
});

describe('bytes of another time or place', () => {
  it('are read when the first version of the schema wrote them', async () => {
    const v1 = pastAvroType('WindowPartial', 1);
    const body = v1.toBuffer({
      rollout_id: 'fraud-v7.1',
      partition: 3,
      window_start_ms: 60_000,
      window_end_ms: 120_000,
      revision: 0,
      profile_hash: 'p1',
      layout_hash: 'p1',
      count_index: [7],
      count_value: [9],
      sum_index: [0],
      sum_high: [0],
      sum_low: [0],
      sampling: [null, 1, null, 1],
      positions: HEARTBEAT.positions.map((at) => ({
        topic: at.topic,
        next_offset: at.nextOffset,
        replay_offset: at.replayOffset,
      })),
      watermark_ms: 150_000,
      sample: [],
    });
    const bytes = await written(JSON.stringify(v1.schema({ exportAttrs: true })), body);
    expect(await codec.decodeJoinerMessage(bytes)).toEqual({
      ...PARTIAL,
      windowProfileHash: 'p1',
      profileHash: null,
      reportedThroughMs: -Infinity,
      counters: { read: 0, late: 0, deadLettered: 0, ignored: 0 },
    });
  });

  it('are read when the first version of positions wrote them', async () => {
    const v1 = pastAvroType('Positions', 1);
    const body = v1.toBuffer({
      rollout_id: 'fraud-v7.1',
      partition: 3,
      positions: [],
      watermark_ms: 150_000,
      reported_until_ms: 120_000,
    });
    const bytes = await written(JSON.stringify(v1.schema({ exportAttrs: true })), body);
    expect(await codec.decodePositions(bytes)).toMatchObject({
      watermarkMs: 150_000,
      reportedThroughMs: 120_000,
      folderId: '',
      mark: { sequence: 0, offsets: {}, clockMs: null },
    });
  });

  it.each([
    ['are empty', new Uint8Array()],
    ['have no header', new Uint8Array([1, 2, 3, 4, 5, 6])],
    ['name a schema that nobody knows', new Uint8Array([0, 0, 0, 9, 9, 1])],
  ])('are undecodable when they %s', async (_, bytes) => {
    await expect(codec.decodeJoinerMessage(bytes)).rejects.toMatchObject({ code: 'undecodable' });
  });

  it('are undecodable when they are cut, too long, or of another record', async () => {
    const bytes = await codec.encodeJoinerMessage(PARTIAL);
    const positions = await written(
      '{"type":"record","name":"Other","fields":[]}',
      new Uint8Array(),
    );
    for (const wrong of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), positions])
      await expect(codec.decodeJoinerMessage(wrong)).rejects.toMatchObject({ code: 'undecodable' });
    const notAvro = await written('{"type":"no"}', new Uint8Array());
    await expect(codec.decodePositions(notAvro)).rejects.toMatchObject({ code: 'undecodable' });
  });
});

describe('bytes that are damaged', () => {
  it('are undecodable or another message, whatever lengths they claim', async () => {
    const damage = fc.record({
      message: joinerMessages,
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      wrong: fc.uint8Array({ minLength: 1, maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ message, at, wrong }) => {
        const bytes = await codec.encodeJoinerMessage(message);
        const place = 5 + Math.floor(at * (bytes.length - 5));
        bytes.set(wrong.subarray(0, bytes.length - place), place);
        const fate = await codec.decodeJoinerMessage(bytes).then(
          () => 'another message',
          (error: unknown) => (error instanceof CoalmineError ? error.code : error),
        );
        expect(['another message', 'undecodable']).toContain(fate);
      }),
      { numRuns: 300 },
    );
  });

  it('make no list of a billion entries', async () => {
    const bytes = await codec.encodeJoinerMessage(HEARTBEAT);
    const empty = await codec.encodeJoinerMessage({ ...HEARTBEAT, positions: [] });
    // The first byte that differs is the count of the positions.
    const at = bytes.findIndex((byte, i) => byte !== empty[i]);
    const claimed = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    const wrong = new Uint8Array([...bytes.subarray(0, at), ...claimed, ...bytes.subarray(at + 1)]);
    await expect(codec.decodeJoinerMessage(wrong)).rejects.toMatchObject({ code: 'undecodable' });
  });
});

describe('the registry', () => {
  it('is asked once for each schema, and again after it did not answer', async () => {
    const own = memoryRegistry();
    const fresh = avroMessageCodec(own, OWN_TOPICS);
    own.isDown = true;
    const refused = { code: 'registry_unavailable' };
    await expect(fresh.encodeJoinerMessage(HEARTBEAT)).rejects.toMatchObject(refused);
    own.isDown = false;
    const bytes = await fresh.encodeJoinerMessage(HEARTBEAT);
    own.isDown = true;
    await expect(fresh.decodeJoinerMessage(bytes)).rejects.toMatchObject(refused);
    own.isDown = false;
    await fresh.decodeJoinerMessage(bytes);
    own.isDown = true;
    expect(await fresh.decodeJoinerMessage(await fresh.encodeJoinerMessage(PARTIAL))).toEqual(
      PARTIAL,
    );
    expect(own.asked).toBe(4);
  });
});
