import type { Selector } from '../../core/events/field-map.ts';
import { isJsonRecord } from '../../core/events/parse-field.ts';
import { CoalmineError } from '../../core/foundation/error.ts';

/** Finds a value in an answer; undefined where there is none. */
export type Select = (answer: unknown) => unknown;

const STEP = /\.([^.[\]'$]+)|\[(\d+)\]|\['([^']*)'\]/y;

/**
 * Compiles a selector over an answer: `$`, `$.a.b`, `$.list[0]`, `$['a b']`, or a constant.
 *
 * @throws CoalmineError `config_invalid` for a path that is none of these
 */
export function compileSelector(selector: Selector): Select {
  if ('constant' in selector) return () => selector.constant;
  const steps = stepsOf(selector.path);
  return (answer) => steps.reduce(stepInto, answer);
}

function stepInto(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return typeof step === 'number' ? items[step] : undefined;
  }
  return isJsonRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function stepsOf(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  let at = path.startsWith('$') ? 1 : path.length + 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (found === null) break;
    const [whole, name, index, quoted] = found;
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
    at += whole.length;
  }
  if (at === path.length) return steps;
  throw new CoalmineError('config_invalid', `${path} is not a path into an answer`, {
    hints: ["Paths are like $.score, $.predictions[0].p, $['a b']."],
  });
}
