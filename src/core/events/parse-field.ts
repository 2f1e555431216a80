import { type ProcessingTimeMs, processingTime } from '../foundation/time.ts';
import type { DeadLetterReason } from './dead-letter.ts';

/** Why a value is not a record of the contract. */
export interface Rejection {
  readonly ok: false;
  readonly reason: DeadLetterReason;
  /** The field as the contract names it, null when the record as a whole is wrong. */
  readonly field: string | null;
  readonly detail: string;
}

/** What came of reading one value: the record, or why it is none. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Rejection;

/** Earliest and latest event time that is believed: 1990 and 2100, in ms since 1970. */
export const EVENT_TIME_MIN_MS = 631_152_000_000;
export const EVENT_TIME_END_MS = 4_102_444_800_000;

/** Row indexes are 32-bit whole numbers. */
export const ROW_INDEX_MAX = 2_147_483_647;

/** A decoded object: its fields are not known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Whether a decoded value is an object, and neither a list nor null.
 *
 * @example isJsonRecord([1]) // false
 */
export function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The fields of one record, read by type. The first problem is kept and later ones are not looked at:
 * a reader asks for every field and then looks at `problem` once.
 */
export interface FieldReader {
  readonly problem: Rejection | null;
  text(field: string): string;
  textOrNull(field: string): string | null;
  numberOrNull(field: string): number | null;
  booleanOrNull(field: string): boolean | null;
  reject(reason: DeadLetterReason, field: string | null, detail: string): void;
}

/**
 * A reader over one object. An absent field and a null one are the same.
 *
 * @example createFieldReader({ model: 'fraud' }).text('model') // 'fraud'
 */
export function createFieldReader(record: JsonRecord): FieldReader {
  let problem: Rejection | null = null;
  const reject = (reason: DeadLetterReason, field: string | null, detail: string): void => {
    problem ??= { ok: false, reason, field, detail };
  };
  const own = (field: string): unknown => (Object.hasOwn(record, field) ? record[field] : null);
  const wrong = (field: string, wanted: string, found: unknown): null => {
    reject('wrong_type', field, `${field} must be ${wanted}, found ${describeValue(found)}`);
    return null;
  };
  const textOrNull = (field: string): string | null => {
    const value = own(field) ?? null;
    if (value === null || typeof value === 'string') return value;
    return wrong(field, 'a string', value);
  };
  return {
    get problem() {
      return problem;
    },
    reject,
    textOrNull,
    text(field) {
      const value = textOrNull(field);
      if (value === null) reject('missing_field', field, `${field} is missing or null`);
      return value ?? '';
    },
    numberOrNull(field) {
      const value = own(field) ?? null;
      if (value === null || typeof value === 'number') return value;
      return wrong(field, 'a number', value);
    },
    booleanOrNull(field) {
      const value = own(field) ?? null;
      if (value === null || typeof value === 'boolean') return value;
      return wrong(field, 'true or false', value);
    },
  };
}

/**
 * Request id, checked: present, not empty, at most `lengthMax` bytes of UTF-8.
 *
 * @example readRequestId(createFieldReader({ request_id: 'r-1' }), 256) // 'r-1'
 */
export function readRequestId(fields: FieldReader, lengthMax: number): string {
  const id = fields.text('request_id');
  if (id === '') {
    fields.reject('empty_request_id', 'request_id', 'request_id is an empty string');
  } else if (id.length * 3 > lengthMax && utf8Length(id) > lengthMax) {
    fields.reject('long_request_id', 'request_id', longRequestIdDetail(utf8Length(id), lengthMax));
  }
  return id;
}

/**
 * What is wrong with a request id that is too long, for a person; both lengths in bytes of UTF-8.
 *
 * @example longRequestIdDetail(300, 256) // 'request_id has 300 bytes, at most 256 are allowed'
 */
export function longRequestIdDetail(length: number, lengthMax: number): string {
  return `request_id has ${length} bytes, at most ${lengthMax} are allowed`;
}

/**
 * A time in whole ms since 1970, between 1990 and 2100; fractions of a ms are cut off. Null when absent.
 *
 * @example readTime(createFieldReader({ event_time: 986947200000 }), 'event_time') // 986947200000
 */
export function readTime(fields: FieldReader, field: string): number | null {
  const value = fields.numberOrNull(field);
  if (value === null) return null;
  if (isEventTime(value)) return Math.floor(value);
  fields.reject('bad_event_time', field, badTimeDetail(field, value));
  return null;
}

/**
 * When the log received a record, as {@link readTime} reads it: on another clock than the events. Null
 * when the log does not say.
 *
 * @example readArrivalTime(createFieldReader({ arrival_time: 986947200000 })) // 986947200000
 */
export function readArrivalTime(fields: FieldReader): ProcessingTimeMs | null {
  const ms = readTime(fields, 'arrival_time');
  return ms === null ? null : processingTime(ms);
}

/**
 * Row index of a batched request: a whole number from 0, and 0 when absent.
 *
 * @example readRowIndex(createFieldReader({ row_index: 3 })) // 3
 */
export function readRowIndex(fields: FieldReader): number {
  const value = fields.numberOrNull('row_index') ?? 0;
  if (!Number.isInteger(value) || value < 0 || value > ROW_INDEX_MAX) {
    fields.reject('bad_row_index', 'row_index', badRowIndexDetail(value));
  }
  return value;
}

/**
 * What is wrong with a row index, for a person.
 *
 * @example badRowIndexDetail(-1) // 'row_index is -1, it must be a whole number from 0'
 */
export function badRowIndexDetail(value: number): string {
  return `row_index is ${value}, it must be a whole number from 0`;
}

/**
 * Whether a number is a believable time in ms.
 *
 * @example isEventTime(986_947_200) // false: seconds
 */
export function isEventTime(ms: number): boolean {
  return ms >= EVENT_TIME_MIN_MS && ms < EVENT_TIME_END_MS;
}

/**
 * What is wrong with a time, for a person: the usual mistake is another unit.
 *
 * @example badTimeDetail('event_time', 986947200)
 * // 'event_time is 986947200, which looks like seconds; ms since 1970 are wanted'
 */
export function badTimeDetail(field: string, value: number): string {
  const size = Math.abs(value);
  const wanted = 'ms since 1970 are wanted';
  if (value < 0) return `${field} is ${value}, which is negative; ${wanted}`;
  if (size >= 1e8 && size < 1e10)
    return `${field} is ${value}, which looks like seconds; ${wanted}`;
  if (size >= 1e14 && size < 1e17)
    return `${field} is ${value}, which looks like microseconds; ${wanted}`;
  if (size >= 1e17) return `${field} is ${value}, which looks like nanoseconds; ${wanted}`;
  return `${field} is ${value}, which is not between 1990 and 2100; ${wanted}`;
}

/**
 * The type of a value in words, with a short look at it.
 *
 * @example describeValue('x') // 'the string "x"'
 */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean')
    return `the ${typeof value} ${value}`;
  if (typeof value !== 'string') return `a ${typeof value}`;
  return `the string "${value.length > 40 ? `${value.slice(0, 40)}...` : value}"`;
}

/**
 * Bytes of a text in UTF-8.
 *
 * @example utf8Length('é€') // 5
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair adds one: two units are four bytes. A lone one is read as U+FFFD.
    bytes += unit < 0x800 ? 1 : isPairHalf(text, i) ? 1 : 2;
  }
  return bytes;
}

function isPairHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit >= 0xd800 && unit < 0xdc00) return isBetween(text.charCodeAt(at + 1), 0xdc00, 0xe000);
  return (
    unit >= 0xdc00 && unit < 0xe000 && at > 0 && isBetween(text.charCodeAt(at - 1), 0xd800, 0xdc00)
  );
}

function isBetween(unit: number, from: number, end: number): boolean {
  return unit >= from && unit < end;
}
