import type { DeadLetterReason } from '../../../core/events/dead-letter.ts';
import {
  badRowIndexDetail,
  badTimeDetail,
  EVENT_TIME_END_MS,
  EVENT_TIME_MIN_MS,
  longRequestIdDetail,
  ROW_INDEX_MAX,
  utf8Length,
} from '../../../core/events/parse-field.ts';
import {
  badLatencyDetail,
  badSamplingDetail,
  ITEM_COUNT_MAX,
} from '../../../core/events/parse-prediction.ts';
import { identifier, literal } from './database.ts';
import { asNumber, asText, asTextList, asTime, type TypedSql } from './expressions.ts';
import type { FileShape } from './shape.ts';

/** What a reader sees of the row at fault: enough to say what is wrong with it. */
export interface RowAtFault {
  readonly eventTimeMs: number;
  readonly arrivalTimeMs: number;
  readonly requestId: string;
  /** The row as JSON, cut at the size limit. */
  readonly payload: string;
}

/** One way in which a row can be unusable: when, and what to say. Code k + 1 is entry k of a list. */
export interface Problem {
  readonly when: string;
  readonly reason: DeadLetterReason;
  readonly field: string | null;
  readonly detail: (row: RowAtFault) => string;
}

/** Codes of the problem column that are not positions in the list. */
export const CODE_USABLE = 0;
export const CODE_IGNORED = 255;
/** The spooled line says itself why it is no record. */
export const CODE_SPOOLED = 254;

export interface ProblemRules {
  readonly model: string;
  /** Null for outcomes: they have no version. */
  readonly version: string | null;
  readonly requestIdLengthMax: number;
  readonly recordSizeMaxBytes: number;
  readonly futureMaxMs: number;
  /** The other arm reads the same file and reports what belongs to neither. */
  readonly reportedElsewhere: boolean;
}

/**
 * The checks on one file's rows in the order in which they decide. The first ones settle whose record
 * it is, so that another model's bad record is ignored, not a dead letter.
 */
export function ownerProblems(shape: FileShape, rules: ProblemRules): readonly Problem[] {
  const names = rules.version === null ? ['model'] : ['model', 'version'];
  return names.flatMap((name) => mandatory(name, asText(shape, name), 'a string'));
}

/** The checks that every kind of record shares. */
export function keyProblems(shape: FileShape, rules: ProblemRules): readonly Problem[] {
  const id = asText(shape, 'request_id');
  const time = asTime(shape, 'event_time');
  const rowIndex = asNumber(shape, 'row_index');
  return [
    ...mandatory('request_id', id, 'a string'),
    {
      when: `${id.sql} = ''`,
      reason: 'empty_request_id',
      field: 'request_id',
      detail: () => 'request_id is an empty string',
    },
    {
      when: `strlen(${id.sql}) > ${rules.requestIdLengthMax}`,
      reason: 'long_request_id',
      field: 'request_id',
      detail: (row) => longRequestIdDetail(utf8Length(row.requestId), rules.requestIdLengthMax),
    },
    ...mandatory('event_time', time, 'a time in ms'),
    badTime('event_time', time, (row) => row.eventTimeMs),
    ...wrongType('row_index', rowIndex, 'a whole number'),
    ...when(shape.columns.has('row_index'), {
      when: `${rowIndex.sql} is not null and not (${rowIndex.sql} between 0 and ${ROW_INDEX_MAX} and ${rowIndex.sql} = floor(${rowIndex.sql}))`,
      reason: 'bad_row_index',
      field: 'row_index',
      detail: (row) => badRowIndexDetail(numberIn(row.payload, 'row_index')),
    }),
  ];
}

/** The checks on when a record arrived. */
export function arrivalProblems(shape: FileShape, rules: ProblemRules): readonly Problem[] {
  if (!shape.columns.has('arrival_time')) return [];
  const arrival = asTime(shape, 'arrival_time');
  const time = asTime(shape, 'event_time');
  return [
    ...wrongType('arrival_time', arrival, 'a time in ms'),
    badTime('arrival_time', arrival, (row) => row.arrivalTimeMs),
    ...when(Number.isFinite(rules.futureMaxMs), {
      when: `${time.sql} > ${arrival.sql} + ${rules.futureMaxMs}`,
      reason: 'future',
      field: 'event_time',
      detail: (row) =>
        `event_time is ${row.eventTimeMs - row.arrivalTimeMs} ms after arrival_time, at most ${rules.futureMaxMs} are believed`,
    }),
  ];
}

/** The checks on what a prediction says. */
export function predictionProblems(
  shape: FileShape,
  typed: readonly TypedField[],
): readonly Problem[] {
  const latency = asNumber(shape, 'latency_ms');
  const sampling = asNumber(shape, 'sampling_fraction');
  const items = asTextList(shape, 'items');
  return [
    ...typed.flatMap((field) => wrongType(field.name, field.typed, field.wanted)),
    ...when(shape.columns.has('latency_ms'), {
      when: `${latency.sql} < 0`,
      reason: 'bad_latency',
      field: 'latency_ms',
      detail: (row) => badLatencyDetail(numberIn(row.payload, 'latency_ms')),
    }),
    ...when(shape.columns.has('sampling_fraction'), {
      when: `not (${sampling.sql} > 0 and ${sampling.sql} <= 1)`,
      reason: 'bad_sampling_fraction',
      field: 'sampling_fraction',
      detail: (row) => badSamplingDetail(numberIn(row.payload, 'sampling_fraction')),
    }),
    ...when(shape.columns.has('items'), {
      when: `len(${items.sql}) > ${ITEM_COUNT_MAX}`,
      reason: 'too_many_items',
      field: 'items',
      detail: () => `items has more than ${ITEM_COUNT_MAX} entries`,
    }),
  ];
}

export interface TypedField {
  readonly name: string;
  readonly typed: TypedSql;
  readonly wanted: string;
}

/** A column with its type check. */
export function typedField(name: string, typed: TypedSql, wanted: string): TypedField {
  return { name, typed, wanted };
}

/** The check on the size of a row: the bytes of all its texts together. */
export function sizeProblem(texts: readonly string[], sizeMaxBytes: number): readonly Problem[] {
  if (texts.length === 0) return [];
  const size = texts.map((text) => `coalesce(strlen(${text}), 0)`).join(' + ');
  return [
    {
      when: `${size} > ${sizeMaxBytes}`,
      reason: 'too_large',
      field: null,
      detail: () => `the texts of the record have more than ${sizeMaxBytes} bytes`,
    },
  ];
}

/** The value of an outcome: there, and finite. */
export function outcomeProblems(shape: FileShape): readonly Problem[] {
  const value = asNumber(shape, 'value');
  return [
    ...mandatory('value', value, 'a number'),
    {
      when: `not isfinite(${value.sql})`,
      reason: 'wrong_type',
      field: 'value',
      detail: () => 'value must be a finite number',
    },
    ...mandatory('metric', asText(shape, 'metric'), 'a string'),
  ];
}

/** All checks as one column: 0 usable, 255 another's record, 254 spooled, else 1 + position. */
export function problemSql(
  shape: FileShape,
  rules: ProblemRules,
  lists: { readonly owner: readonly Problem[]; readonly rest: readonly Problem[] },
): string {
  const foreign = [`${asText(shape, 'model').sql} <> ${literal(rules.model)}`];
  if (rules.version !== null) {
    foreign.push(`${asText(shape, 'version').sql} <> ${literal(rules.version)}`);
  }
  const unowned = (code: number): number => (rules.reportedElsewhere ? CODE_IGNORED : code);
  const cases: string[] = foreign.map((condition) => `when ${condition} then ${CODE_IGNORED}`);
  if (shape.problemColumn !== null) {
    const known = rules.version === null ? 'model' : 'version';
    const isOurs = `${asText(shape, 'model').sql} is not null and ${asText(shape, known).sql} is not null`;
    const column = identifier(shape.problemColumn);
    cases.push(
      `when ${column} is not null then case when ${isOurs} then ${CODE_SPOOLED} else ${unowned(CODE_SPOOLED)} end`,
    );
  }
  cases.push(...lists.owner.map((problem, k) => `when ${problem.when} then ${unowned(k + 1)}`));
  const offset = lists.owner.length + 1;
  cases.push(...lists.rest.map((problem, k) => `when ${problem.when} then ${offset + k}`));
  return `(case ${cases.join(' ')} else ${CODE_USABLE} end)::utinyint`;
}

function mandatory(field: string, typed: TypedSql, wanted: string): readonly Problem[] {
  return [
    ...wrongType(field, typed, wanted),
    {
      when: `${typed.sql} is null`,
      reason: 'missing_field',
      field,
      detail: () => `${field} is missing or null`,
    },
  ];
}

function wrongType(field: string, typed: TypedSql, wanted: string): readonly Problem[] {
  if (typed.wrong === null) return [];
  return [
    { when: typed.wrong, reason: 'wrong_type', field, detail: () => `${field} must be ${wanted}` },
  ];
}

function badTime(field: string, time: TypedSql, value: (row: RowAtFault) => number): Problem {
  return {
    when: `not (${time.sql} >= ${EVENT_TIME_MIN_MS} and ${time.sql} < ${EVENT_TIME_END_MS})`,
    reason: 'bad_event_time',
    field,
    detail: (row) => badTimeDetail(field, value(row)),
  };
}

function when(condition: boolean, problem: Problem): readonly Problem[] {
  return condition ? [problem] : [];
}

/** A number out of the row's JSON, which may be cut: found by its name. */
function numberIn(payload: string, field: string): number {
  const match = new RegExp(`"${field}":(-?[0-9.eE+-]+)`).exec(payload);
  return match === null ? Number.NaN : Number(match[1]);
}
