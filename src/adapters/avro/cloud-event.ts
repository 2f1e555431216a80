import { isJsonRecord, type JsonRecord } from '../../core/events/parse-field.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { exactJson, parseExactJson } from '../../pipeline/exact-json.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import { avroType } from './schema-file.ts';
import type { WireCodec } from './wire-codec.ts';

/** The type of every verdict's CloudEvent. A body that old readers cannot read gets another one. */
export const VERDICT_EVENT_TYPE = 'dev.coalmine.verdict.v1';

const SPEC_VERSION = '1.0';
const AVRO_CONTENT = 'application/avro';
const JSON_CONTENT = 'application/cloudevents+json; charset=UTF-8';
const PREFIX = 'ce_';

const VERDICT = avroType('Verdict');

/** What surrounds a verdict on the wire and is not of its body, which holds nothing of the process. */
export interface VerdictContext {
  /** Offset of the claim under which the judge published it: a lower one is of an instance that was replaced. */
  readonly epoch: number;
  /** Who publishes, as a URI reference: `/coalmine/prod`. */
  readonly source: string;
  /** Event time from which on the verdict may take effect; null: not said. */
  readonly effectiveFromMs: number | null;
  /** W3C trace context, carried as it is; null or absent: none. */
  readonly traceparent?: string | null;
}

/** A verdict as it was received. */
export interface VerdictEvent extends Required<VerdictContext> {
  readonly verdict: Verdict;
}

/** What came of reading one record of a verdict topic. */
export type VerdictRead =
  | { readonly kind: 'verdict'; readonly event: VerdictEvent }
  /** A CloudEvent of another type: not for readers of verdicts. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'unreadable'; readonly detail: string };

type Headers = Readonly<Record<string, string>>;

/** Context attributes of CloudEvents by name: strings all, since Kafka's binary mode has nothing else. */
function attributesOf(verdict: Verdict, context: VerdictContext): Record<string, string> {
  const { source, effectiveFromMs } = context;
  return {
    specversion: SPEC_VERSION,
    id: verdict.id,
    source,
    type: VERDICT_EVENT_TYPE,
    subject: verdict.rolloutId,
    time: new Date(verdict.windowEndMs).toISOString(),
    // Integers of CloudEvents end at 2^31, offsets do not: a string of digits.
    epoch: String(context.epoch),
    ...(effectiveFromMs === null ? {} : { effectivefrom: new Date(effectiveFromMs).toISOString() }),
  };
}

function traceHeader({ traceparent = null }: VerdictContext): Record<string, string> {
  return traceparent === null ? {} : { traceparent };
}

/**
 * Headers of a verdict in CloudEvents' binary mode; the record's value is the verdict in
 * Confluent's wire format. `ce_time` is the window's end: the same verdict gives the same headers,
 * whenever and however often it is sent by one owner.
 */
export function verdictHeaders(verdict: Verdict, context: VerdictContext): Record<string, string> {
  const attributes = Object.entries(attributesOf(verdict, context));
  return {
    'content-type': AVRO_CONTENT,
    ...Object.fromEntries(attributes.map(([name, value]) => [PREFIX + name, value])),
    ...traceHeader(context),
  };
}

/**
 * The same verdict in structured mode, for consumers without Avro: one JSON text with the field names
 * of `schemas/Verdict.avsc`. What JSON cannot say (`NaN`, `Infinity`) is a string.
 */
export function verdictToJsonEvent(
  verdict: Verdict,
  context: VerdictContext,
): { readonly headers: Record<string, string>; readonly value: string } {
  const attributes = attributesOf(verdict, context);
  const envelope = { ...attributes, datacontenttype: 'application/json', data: snakeKeys(verdict) };
  return {
    headers: { 'content-type': JSON_CONTENT, ...traceHeader(context) },
    value: exactJson(envelope),
  };
}

/**
 * One record of a verdict topic, in binary or structured mode; the codec reads the value in binary
 * mode, whatever version of the schema wrote it. What is not a verdict is a value that says so.
 *
 * @throws CoalmineError `registry_unavailable` when a schema that was not seen before cannot be asked for
 */
export async function readVerdictEvent(
  headers: Headers,
  value: Uint8Array | null,
  codec: Pick<WireCodec<Verdict>, 'decode'>,
): Promise<VerdictRead> {
  if (value === null) return unreadable('the record has no value');
  if (isStructured(headers)) return readStructured(headers, value);
  const attributes = binaryAttributes(headers);
  const refused = refuse(attributes);
  if (refused !== null) return refused;
  const contentType = headers['content-type'] ?? 'absent';
  if (!/^application\/avro\b/i.test(contentType)) {
    return unreadable(`content-type is ${contentType}, ${AVRO_CONTENT} was expected`);
  }
  try {
    return eventOf({ headers, attributes, verdict: await codec.decode(value) });
  } catch (error) {
    if (error instanceof CoalmineError && error.code === 'undecodable') {
      return unreadable(error.message);
    }
    throw error;
  }
}

function isStructured(headers: Headers): boolean {
  return /^application\/cloudevents\+json\b/i.test(headers['content-type'] ?? '');
}

function binaryAttributes(headers: Headers): JsonRecord {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(found.map(([name, text]) => [name.slice(PREFIX.length), text]));
}

function readStructured(headers: Headers, value: Uint8Array): VerdictRead {
  const envelope = jsonOf(value);
  if (!isJsonRecord(envelope)) return unreadable('the value is not a JSON object');
  const refused = refuse(envelope);
  if (refused !== null) return refused;
  const verdict = parseExactJson(JSON.stringify(camelKeys(envelope['data'] ?? null)));
  if (!isVerdict(verdict)) return unreadable('data is not a verdict of schemas/Verdict.avsc');
  return eventOf({ headers, attributes: envelope, verdict });
}

/** Undefined: it is not JSON. */
function jsonOf(value: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    return undefined;
  }
}

function isVerdict(value: unknown): value is Verdict {
  return VERDICT.isValid(snakeKeys(value));
}

/** Why the attributes are not those of a verdict; null when they are. */
function refuse(attributes: JsonRecord): Exclude<VerdictRead, { kind: 'verdict' }> | null {
  const { specversion, type } = attributes as { specversion?: unknown; type?: unknown };
  if (specversion !== SPEC_VERSION) {
    const found = typeof specversion === 'string' ? specversion : 'absent';
    return unreadable(`specversion is ${found}, ${SPEC_VERSION} was expected: no CloudEvent`);
  }
  if (typeof type !== 'string' || type === '') return unreadable('the CloudEvent has no type');
  return type === VERDICT_EVENT_TYPE ? null : { kind: 'other', type };
}

function eventOf(record: {
  readonly headers: Headers;
  readonly attributes: JsonRecord;
  readonly verdict: Verdict;
}): VerdictRead {
  const { headers, attributes, verdict } = record;
  const text = (name: string): string | null => {
    const value = attributes[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const id = text('id');
  const source = text('source');
  if (id !== verdict.id) return unreadable(`the id is ${id}, that of the verdict ${verdict.id}`);
  if (source === null) return unreadable('the CloudEvent has no source');
  const epoch = text('epoch') ?? '';
  if (!/^\d{1,15}$/.test(epoch)) return unreadable(`epoch is "${epoch}", not a whole number`);
  const effectiveFrom = text('effectivefrom');
  const effectiveFromMs = effectiveFrom === null ? null : Date.parse(effectiveFrom);
  if (Number.isNaN(effectiveFromMs)) {
    return unreadable(`effectivefrom is "${effectiveFrom}", not a time`);
  }
  const traceparent = headers['traceparent'] ?? null;
  const event = { verdict, source, epoch: Number(epoch), effectiveFromMs, traceparent };
  return { kind: 'verdict', event };
}

function unreadable(detail: string): { readonly kind: 'unreadable'; readonly detail: string } {
  return { kind: 'unreadable', detail };
}
