import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readVerdictEvent,
  VERDICT_EVENT_TYPE,
  type VerdictContext,
  verdictHeaders,
  verdictToJsonEvent,
} from '../../../../src/adapters/avro/cloud-event.ts';
import { decodeVerdict, encodeVerdict } from '../../../../src/adapters/avro/codec.ts';
import type { Verdict } from '../../../../src/core/events/verdict.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { aVerdict } from '../../../support/verdicts.ts';

const CONTEXT: VerdictContext = {
  epoch: 7,
  source: '/coalmine/test',
  effectiveFromMs: Date.UTC(2026, 10, 20, 10, 6),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
const VERDICT = aVerdict({ windowEndMs: Date.UTC(2026, 10, 20, 10, 5) });
const HEADERS = verdictHeaders(VERDICT, CONTEXT);

/** Plain Avro stands for the wire format: which schema wrote it is not this file's concern. */
const codec = {
  decode: async (bytes: Uint8Array): Promise<Verdict> => {
    try {
      return await Promise.resolve(decodeVerdict(bytes));
    } catch (cause) {
      throw new CoalmineError('undecodable', 'cut', { cause });
    }
  },
};

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(HEADERS).filter(([each]) => each !== name));
}

async function detailOf(headers: Record<string, string>, value: Uint8Array | null) {
  const read = await readVerdictEvent(headers, value, codec);
  return read.kind === 'unreadable' ? read.detail : read.kind;
}

describe('the headers of a verdict', () => {
  it('are those of a CloudEvent in binary mode', () => {
    expect(HEADERS).toEqual({
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: VERDICT.id,
      ce_source: '/coalmine/test',
      ce_type: 'dev.coalmine.verdict.v1',
      ce_subject: VERDICT.rolloutId,
      ce_time: '2026-11-20T10:05:00.000Z',
      ce_epoch: '7',
      ce_effectivefrom: '2026-11-20T10:06:00.000Z',
      traceparent: CONTEXT.traceparent,
    });
  });

  it('keep the rules of CloudEvents for names: lower case letters and digits, at most 20', () => {
    const names = Object.keys(HEADERS).filter((name) => name.startsWith('ce_'));
    expect(names.length).toBeGreaterThan(6);
    for (const name of names) expect(name).toMatch(/^ce_[a-z0-9]{1,20}$/);
  });

  it('leave out what is not known', () => {
    const headers = verdictHeaders(VERDICT, { epoch: 0, source: '/a', effectiveFromMs: null });
    expect(headers).not.toHaveProperty('ce_effectivefrom');
    expect(headers).not.toHaveProperty('traceparent');
  });
});

describe('reading a verdict', () => {
  it('gives back what was written, in both modes', async () => {
    const json = verdictToJsonEvent(VERDICT, CONTEXT);
    const expected = { kind: 'verdict', event: { verdict: VERDICT, ...CONTEXT } };
    expect(await readVerdictEvent(HEADERS, encodeVerdict(VERDICT), codec)).toEqual(expected);
    const value = new TextEncoder().encode(json.value);
    expect(await readVerdictEvent(json.headers, value, codec)).toEqual(expected);
  });

  it('gives back every number in JSON too, also those that JSON has no word for', async () => {
    const numbers = fc.double();
    await fc.assert(
      fc.asyncProperty(numbers, numbers, fc.string(), async (effect, evidence, reason) => {
        const checks = VERDICT.checks.map((check) => ({ ...check, effect }));
        const verdict = { ...VERDICT, checks, logEvidence: evidence, reason };
        const { headers, value } = verdictToJsonEvent(verdict, CONTEXT);
        const read = await readVerdictEvent(headers, new TextEncoder().encode(value), codec);
        expect(read.kind === 'verdict' && read.event.verdict).toEqual(verdict);
      }),
      { numRuns: 50 },
    );
  });

  it('uses the field names of the schema in JSON', () => {
    const { headers, value } = verdictToJsonEvent(VERDICT, CONTEXT);
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8');
    expect(JSON.parse(value)).toMatchObject({
      specversion: '1.0',
      type: VERDICT_EVENT_TYPE,
      id: VERDICT.id,
      epoch: '7',
      datacontenttype: 'application/json',
      data: { rollout_id: VERDICT.rolloutId, window_end_ms: VERDICT.windowEndMs },
    });
  });

  it('passes over CloudEvents of other types without looking at their value', async () => {
    const headers = { ...HEADERS, ce_type: 'dev.coalmine.verdict.v2' };
    expect(await readVerdictEvent(headers, new Uint8Array(1), codec)).toEqual({
      kind: 'other',
      type: 'dev.coalmine.verdict.v2',
    });
  });

  it.each([
    ['no value', HEADERS, null, /no value/],
    ['no specversion', without('ce_specversion'), undefined, /specversion is absent/],
    [
      'another specversion',
      { ...HEADERS, ce_specversion: '0.3' },
      undefined,
      /specversion is 0\.3/,
    ],
    ['no type', without('ce_type'), undefined, /no type/],
    ['no source', without('ce_source'), undefined, /no source/],
    ['another id than its body', { ...HEADERS, ce_id: 'other' }, undefined, /the id is other/],
    ['no epoch', without('ce_epoch'), undefined, /epoch is ""/],
    ['a negative epoch', { ...HEADERS, ce_epoch: '-1' }, undefined, /epoch is "-1"/],
    ['a time that is none', { ...HEADERS, ce_effectivefrom: 'soon' }, undefined, /not a time/],
    [
      'another content type',
      { ...HEADERS, 'content-type': 'text/plain' },
      undefined,
      /text\/plain/,
    ],
    ['a cut body', HEADERS, new Uint8Array([1, 2]), /cut/],
  ])('names what is wrong with %s', async (_name, headers, value, wanted) => {
    const bytes = value === undefined ? encodeVerdict(VERDICT) : value;
    expect(await detailOf(headers, bytes)).toMatch(wanted);
  });

  it.each([
    ['no JSON', '{', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    [
      'data that is no verdict',
      JSON.stringify({ specversion: '1.0', type: VERDICT_EVENT_TYPE, data: { id: 'a' } }),
      /not a verdict/,
    ],
    ['no data', JSON.stringify({ specversion: '1.0', type: VERDICT_EVENT_TYPE }), /not a verdict/],
  ])('names what is wrong with a structured event that is %s', async (_name, text, wanted) => {
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(await detailOf(headers, new TextEncoder().encode(text))).toMatch(wanted);
  });

  it('does not take a registry that is away for a bad record', async () => {
    const away = new CoalmineError('registry_unavailable', 'away');
    const decode = async () => await Promise.reject(away);
    await expect(readVerdictEvent(HEADERS, new Uint8Array(9), { decode })).rejects.toBe(away);
  });
});
