import { DEAD_LETTER_REASON_LIST } from '../../../core/events/dead-letter.ts';
import type { Field, FieldLayout } from '../../../core/events/field.ts';
import { identifier, literal } from './database.ts';
import { categorySql, codeSql, type FieldDictionary } from './dictionary.ts';
import {
  asBoolean,
  asNumber,
  asText,
  asTextList,
  asTime,
  encodeNumber,
  valueAsNumber,
  valueAsText,
} from './expressions.ts';
import {
  arrivalProblems,
  CODE_SPOOLED,
  keyProblems,
  outcomeProblems,
  ownerProblems,
  type Problem,
  type ProblemRules,
  predictionProblems,
  problemSql,
  sizeProblem,
  typedField,
} from './problems.ts';
import { faultyRowSql, parquetSource } from './record-json.ts';
import { type FileShape, type ValueShape, valueFieldName } from './shape.ts';

/** Columns of the selection by purpose: a position, or null where the file has no such column. */
export interface PredictionSelect {
  readonly sql: string;
  readonly problems: readonly Problem[];
  /** Position of the row as JSON, null for usable rows. */
  readonly payload: number;
  readonly columns: CommonColumns & {
    readonly flags: number;
    readonly latency: number | null;
    readonly sampling: number | null;
    readonly unitId: number | null;
    readonly sessionStart: number | null;
    readonly numbers: readonly (number | null)[];
    readonly codes: readonly (number | null)[];
    readonly rankedItems: number | null;
  };
}

export interface OutcomeSelect {
  readonly sql: string;
  readonly problems: readonly Problem[];
  /** Position of the row as JSON, null for usable rows. */
  readonly payload: number;
  readonly columns: CommonColumns & { readonly metric: number; readonly value: number };
}

export interface CommonColumns {
  readonly key1: number;
  readonly key2: number;
  readonly digest: number;
  readonly eventTime: number;
  readonly arrivalTime: number | null;
  readonly problem: number;
  readonly requestId: number;
  readonly rowIndex: number | null;
}

/** What all selections of one log share. */
export interface SelectScope {
  readonly layout: FieldLayout;
  readonly dictionaries: readonly FieldDictionary[];
  /** Names of every entry in any file, watched or not: all of them make the digest. */
  readonly allValues: readonly ValueShape[];
  readonly outcomeMetrics: readonly string[];
  readonly rankedItemCount: number;
}

/** A list of SQL expressions that hands out positions. */
class Selection {
  readonly expressions: string[] = [];

  add(sql: string): number {
    this.expressions.push(sql);
    return this.expressions.length - 1;
  }

  addIf(condition: boolean, sql: string): number | null {
    return condition ? this.add(sql) : null;
  }
}

/** The selection that turns one prediction file into the columns of a batch. */
export function selectPredictions(
  shape: FileShape,
  rules: ProblemRules,
  scope: SelectScope,
): PredictionSelect {
  const owner = ownerProblems(shape, rules);
  const rest = [
    ...keyProblems(shape, rules),
    ...predictionProblems(shape, [
      typedField('session_start', asTime(shape, 'session_start'), 'a time in ms'),
      typedField('served', asBoolean(shape, 'served'), 'true or false'),
      typedField('score', asNumber(shape, 'score'), 'a number'),
      typedField('confidence', asNumber(shape, 'confidence'), 'a number'),
      typedField('latency_ms', asNumber(shape, 'latency_ms'), 'a number'),
      typedField('sampling_fraction', asNumber(shape, 'sampling_fraction'), 'a number'),
      typedField('label', asText(shape, 'label'), 'a string'),
      typedField('unit_id', asText(shape, 'unit_id'), 'a string'),
      typedField('error', asText(shape, 'error'), 'a string'),
      typedField('items', asTextList(shape, 'items'), 'a list of strings'),
    ]),
    ...sizeProblem(textsOf(shape), rules.recordSizeMaxBytes),
    ...arrivalProblems(shape, rules),
  ];
  const selection = new Selection();
  const common = addCommon(selection, shape, predictionDigest(shape, scope));
  const columns = {
    ...common,
    flags: selection.add(flagsSql(shape)),
    latency: addNumber(selection, shape, 'latency_ms'),
    sampling: selection.addIf(
      shape.columns.has('sampling_fraction'),
      `coalesce(${asNumber(shape, 'sampling_fraction').sql}, 1)`,
    ),
    unitId: selection.addIf(shape.columns.has('unit_id'), asText(shape, 'unit_id').sql),
    sessionStart: selection.addIf(
      shape.columns.has('session_start'),
      `coalesce(${asTime(shape, 'session_start').sql}, 'nan'::double)`,
    ),
    numbers: scope.layout.numbers.map((field) => addField(selection, shape, field)),
    codes: scope.dictionaries.map((dictionary) => addCode(selection, shape, dictionary)),
    rankedItems: selection.addIf(
      scope.rankedItemCount > 0 && shape.columns.has('items'),
      rankedItemsSql(asTextList(shape, 'items').sql, scope.rankedItemCount),
    ),
  };
  return {
    sql: render(selection, { shape, rules, owner, rest }),
    problems: [...owner, ...rest],
    payload: selection.expressions.length,
    columns,
  };
}

/** The selection that turns one outcome file into the columns of a batch. */
export function selectOutcomes(
  shape: FileShape,
  rules: ProblemRules,
  scope: SelectScope,
): OutcomeSelect {
  const owner = ownerProblems(shape, rules);
  const rest = [
    ...keyProblems(shape, rules),
    ...outcomeProblems(shape),
    ...sizeProblem(
      ['request_id', 'metric'].map((name) => asText(shape, name).sql),
      rules.recordSizeMaxBytes,
    ),
    ...arrivalProblems(shape, rules),
  ];
  const selection = new Selection();
  const metric = asText(shape, 'metric').sql;
  const value = asNumber(shape, 'value').sql;
  const digest = `hash(${asTime(shape, 'event_time').sql}, ${metric}, ${value})`;
  const common = addCommon(selection, shape, digest);
  const cases = scope.outcomeMetrics.map(
    (name, k) => `when ${metric} = ${literal(name)} then ${k}`,
  );
  const columns = {
    ...common,
    metric: selection.add(
      `${cases.length === 0 ? '-1' : `(case ${cases.join(' ')} else -1 end)`}::integer`,
    ),
    value: selection.add(`coalesce(${value}, 'nan'::double)`),
  };
  return {
    sql: render(selection, { shape, rules, owner, rest }),
    problems: [...owner, ...rest],
    payload: selection.expressions.length,
    columns,
  };
}

const PROBLEM = 'coalmine_problem';

function addCommon(selection: Selection, shape: FileShape, digest: string): CommonColumns {
  const id = asText(shape, 'request_id').sql;
  const rowIndex = `coalesce(try_cast(${asNumber(shape, 'row_index').sql} as integer), 0)`;
  const hasRowIndex = shape.columns.has('row_index');
  const row = hasRowIndex ? rowIndex : '0::integer';
  return {
    key1: selection.add(`hash(${id}, ${row})`),
    // Another text, not another salt: a salt is mixed in after the text, so equal stays equal.
    key2: selection.add(`hash(${id} || '#', ${row})`),
    digest: selection.add(digest),
    eventTime: selection.add(`coalesce(${asTime(shape, 'event_time').sql}, 'nan'::double)`),
    arrivalTime: selection.addIf(
      shape.columns.has('arrival_time'),
      `coalesce(${asTime(shape, 'arrival_time').sql}, 'nan'::double)`,
    ),
    problem: selection.add(PROBLEM),
    requestId: selection.add(id),
    rowIndex: selection.addIf(hasRowIndex, rowIndex),
  };
}

function addNumber(selection: Selection, shape: FileShape, name: string): number | null {
  return selection.addIf(shape.columns.has(name), encodeNumber(asNumber(shape, name).sql));
}

function addField(selection: Selection, shape: FileShape, field: Field): number | null {
  if (field.role === 'score' || field.role === 'confidence') {
    return addNumber(selection, shape, field.name);
  }
  const value = shape.values.find((candidate) => valueFieldName(candidate) === field.name);
  return value === undefined ? null : selection.add(encodeNumber(valueAsNumber(value)));
}

/** Words of a hash of each item, 0 behind the last: a hash of 0 is taken as 1. */
function rankedItemsSql(items: string, count: number): string {
  const hashes = `list_transform(coalesce(${items}, [])[1:${count}], lambda item: greatest(hash(item) & 4294967295, 1)::uinteger)`;
  return `list_resize(${hashes}, ${count}, 0::uinteger)::uinteger[${count}]`;
}

function addCode(
  selection: Selection,
  shape: FileShape,
  dictionary: FieldDictionary,
): number | null {
  const text = categorySql(shape, dictionary.field);
  return text === null ? null : selection.add(codeSql(text, dictionary));
}

function textsOf(shape: FileShape): readonly string[] {
  const columns = ['request_id', 'unit_id', 'label', 'error'].filter(
    (name) => shape.columns.get(name)?.valueClass === 'text',
  );
  return [
    ...columns.map((name) => asText(shape, name).sql),
    ...shape.values.filter((value) => value.valueClass === 'text').map(valueAsText),
  ];
}

/** Served 1, shadow 2, error 4: an error code, or nothing that can be used as an answer. */
function flagsSql(shape: FileShape): string {
  const served = asBoolean(shape, 'served').sql;
  const probabilities = shape.values.filter((value) => value.role === 'class_probability');
  const answers = [
    `coalesce(isfinite(${asNumber(shape, 'score').sql}), false)`,
    `${asText(shape, 'label').sql} is not null`,
    `coalesce(len(${asTextList(shape, 'items').sql}), 0) > 0`,
  ];
  if (probabilities.length > 0) {
    answers.push(`coalesce(${probabilities.map((value) => value.sql).join(', ')}) is not null`);
  }
  const failed = `${asText(shape, 'error').sql} is not null or not (${answers.join(' or ')})`;
  return `((case when ${served} is null then 0 when ${served} then 1 else 2 end)
    + (case when ${failed} then 4 else 0 end))::utinyint`;
}

/**
 * A hash of what the record says, in the order of the contract and of names: where a file keeps a
 * column, and columns that it lacks (null), make no difference.
 */
function predictionDigest(shape: FileShape, scope: SelectScope): string {
  const numbers = new Set(scope.layout.numbers.map((field) => field.name));
  const parts = [
    asTime(shape, 'event_time').sql,
    asText(shape, 'unit_id').sql,
    asTime(shape, 'session_start').sql,
    asBoolean(shape, 'served').sql,
    asNumber(shape, 'score').sql,
    asText(shape, 'label').sql,
    asTextList(shape, 'items').sql,
    asNumber(shape, 'confidence').sql,
    asNumber(shape, 'latency_ms').sql,
    asText(shape, 'error').sql,
    `coalesce(${asNumber(shape, 'sampling_fraction').sql}, 1)`,
    ...scope.allValues.map((wanted) => {
      const name = valueFieldName(wanted);
      const value = shape.values.find((candidate) => valueFieldName(candidate) === name);
      const isNumber = numbers.has(name) || wanted.valueClass === 'number';
      return isNumber ? valueAsNumber(value) : valueAsText(value);
    }),
  ];
  return `hash(${parts.join(', ')})`;
}

interface RenderInput {
  readonly shape: FileShape;
  readonly rules: ProblemRules;
  readonly owner: readonly Problem[];
  readonly rest: readonly Problem[];
}

/** The whole statement; `where` clauses may follow it. The payload is made for rows at fault only. */
function render(selection: Selection, input: RenderInput): string {
  const { shape, rules, owner, rest } = input;
  const spooled =
    shape.problemColumn === null
      ? ''
      : `when ${PROBLEM} = ${CODE_SPOOLED} then ${identifier(shape.problemColumn)}`;
  const payload = `case when ${PROBLEM} in (0, 255) then null ${spooled}
    else ${faultyRowSql(shape, rules.recordSizeMaxBytes)} end`;
  return `select ${[...selection.expressions, payload].join(',\n')}
    from (select *, file_row_number, ${problemSql(shape, rules, { owner, rest })} as ${PROBLEM}
      from ${parquetSource(shape)})`;
}

/** Position of a reason, as the status column holds it. */
export function statusOf(problem: Problem): number {
  return 1 + DEAD_LETTER_REASON_LIST.indexOf(problem.reason);
}
