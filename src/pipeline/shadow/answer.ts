import type { FieldSelectors, Selector } from '../../core/events/field-map.ts';
import { isJsonRecord } from '../../core/events/parse-field.ts';
import { parsePrediction } from '../../core/events/parse-prediction.ts';
import type { Prediction } from '../../core/events/prediction.ts';
import { parseSelector, valueAt } from '../../core/events/select-field.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { ModelAnswer } from './ports.ts';

/** What an answer can hold of a prediction. */
export const ANSWER_FIELDS = [
  'score',
  'label',
  'class_probabilities',
  'items',
  'confidence',
  'error',
] as const;

type Outcome = Exclude<ModelAnswer, { kind: 'refused' }>;

/** Makes a prediction of the canary of what it was asked and what came back. */
export type AnswerReader = (asked: Prediction, answer: Outcome) => Prediction;

/**
 * Compiles what reads answers: fields that are not named are looked for by their own name, on top.
 * An answer that has none of score, label, class_probabilities and items is an error of the canary
 * (`no_answer`), as is one of other types (`bad_answer`). The event time stays that of the logged
 * prediction: a pair is formed however much later the canary is asked.
 *
 * @throws CoalmineError `config_invalid` for a path that is none
 */
export function answerReader(selectors: FieldSelectors, canaryVersion: string): AnswerReader {
  const fields = ANSWER_FIELDS.map(
    (name) => [name, compileSelector(selectors[name] ?? { path: `$.${name}` })] as const,
  );
  return (asked, answer) => {
    const base: Prediction = {
      ...asked,
      version: canaryVersion,
      served: false,
      score: null,
      label: null,
      classProbabilities: null,
      items: null,
      confidence: null,
      error: null,
      latencyMs: answer.latencyMs,
      arrivalTimeMs: null,
    };
    if (answer.kind === 'failed') return { ...base, error: answer.error };
    return { ...base, ...readAnswer(answer.body, fields) };
  };
}

type Answered = Pick<
  Prediction,
  'score' | 'label' | 'classProbabilities' | 'items' | 'confidence' | 'error'
>;

const NOTHING: Answered = {
  score: null,
  label: null,
  classProbabilities: null,
  items: null,
  confidence: null,
  error: null,
};

/** Finds a value in an answer; undefined where there is none. */
type Select = (answer: unknown) => unknown;

function compileSelector(selector: Selector): Select {
  const parsed = parseSelector(selector);
  if (parsed.ok && parsed.selector.from === 'constant') {
    const { value } = parsed.selector;
    return () => value;
  }
  if (parsed.ok && parsed.selector.from === 'row') {
    const { steps } = parsed.selector;
    return (answer) => valueAt(answer, steps);
  }
  const path = 'path' in selector ? selector.path : String(selector.constant);
  throw new CoalmineError('config_invalid', `${path} is not a path into an answer`, {
    hints: ["Paths are like $.score, $.predictions[0].p, $['a b']."],
  });
}

/** Read by the parser of logged predictions, so that both arms are held to the same contract. */
function readAnswer(
  body: unknown,
  fields: readonly (readonly [name: string, select: Select])[],
): Answered {
  const found = Object.fromEntries(fields.map(([name, select]) => [name, select(body) ?? null]));
  const parsed = parsePrediction(
    {
      ...found,
      label: labelOf(found['label']),
      error: errorOf(found['error']),
      request_id: 'r',
      model: 'm',
      version: 'v',
      event_time: 1e12,
    },
    { requestIdLengthMax: 1 },
  );
  if (!parsed.ok) return { ...NOTHING, error: 'bad_answer' };
  const { score, label, classProbabilities, items, confidence, error } = parsed.value;
  const isEmpty = [score, label, classProbabilities, items, error].every((value) => value === null);
  if (isEmpty) return { ...NOTHING, error: 'no_answer' };
  return { score, label, classProbabilities, items, confidence, error };
}

/** Model servers answer with classes as numbers and booleans too. */
function labelOf(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** An answer that says what is wrong in a structure of its own is an error all the same. */
function errorOf(value: unknown): unknown {
  if (value === null || value === false || value === '') return null;
  if (typeof value === 'string') return value.slice(0, 200);
  return isJsonRecord(value) || Array.isArray(value) || value === true ? 'model_error' : value;
}
