import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { FieldSelectors, Selector } from '../core/events/field-map.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { ANSWER_FIELDS } from '../pipeline/shadow/answer.ts';
import type { RequestShape } from '../pipeline/shadow/request.ts';
import { DEFAULT_BODY } from '../pipeline/shadow/template.ts';
import { durationMs } from './plan/duration.ts';
import { locate } from './plan/locate.ts';
import { formatProblems } from './plan/problem.ts';
import { positiveDuration } from './plan/shape-values.ts';
import { readYaml } from './plan/yaml-text.ts';

/** How the canary is asked, and where its answer holds what. */
export interface RequestFile {
  readonly method: 'POST' | 'PUT';
  readonly timeoutMs: number;
  readonly shape: RequestShape;
  readonly answer: FieldSelectors;
}

/** A variable of the environment, or the file that the variable of that name and `_FILE` names. */
export type SecretLookup = (name: string) => Promise<string | null>;

const DEFAULT_TIMEOUT_MS = 5_000;

export const DEFAULT_REQUEST: RequestFile = {
  method: 'POST',
  timeoutMs: DEFAULT_TIMEOUT_MS,
  shape: { body: DEFAULT_BODY, headers: {} },
  answer: {},
};

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const requestShape = z.strictObject({
  method: z.enum(['POST', 'PUT']).optional(),
  timeout: positiveDuration.optional(),
  headers: z
    .record(
      z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/),
      z.union([z.string(), z.strictObject({ from: z.string().regex(/^\w+$/) })]),
    )
    .optional(),
  body: z.json().optional(),
  answer: z
    .strictObject(
      Object.fromEntries(
        ANSWER_FIELDS.map((name) => [
          name,
          z.union([z.string(), z.strictObject({ constant: scalar })]).optional(),
        ]),
      ),
    )
    .optional(),
});

type Document = z.output<typeof requestShape>;

/**
 * Reads a request file: YAML or JSON with `method`, `timeout`, `headers`, `body`, `answer`.
 *
 * @throws CoalmineError `config_invalid` with a line per problem, `input_missing`
 */
export async function loadRequestFile(path: string, secret: SecretLookup): Promise<RequestFile> {
  const yaml = readYaml(await readText(path));
  if (!yaml.ok)
    throw invalid(
      path,
      yaml.faults.map((fault) => ({ file: path, ...fault })),
    );
  const shape = requestShape.safeParse(yaml.value);
  if (!shape.success) {
    const problems = shape.error.issues.map((issue) => {
      const at = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
      const place = locate(yaml.document, yaml.lines, at);
      const key = at.join('.');
      return {
        file: path,
        ...place,
        key,
        message: issue.message,
        validValues: [],
        suggestion: null,
      };
    });
    throw invalid(path, problems);
  }
  return await filled(path, shape.data, secret);
}

async function filled(
  path: string,
  document: Document,
  secret: SecretLookup,
): Promise<RequestFile> {
  const { method = 'POST', timeout, headers = {}, body = DEFAULT_BODY, answer = {} } = document;
  const texts: Record<string, string> = {};
  const fixedHeaders: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') {
      texts[name.toLowerCase()] = value;
      continue;
    }
    const found = await secret(value.from);
    if (found === null) throw unset(path, name, value.from);
    fixedHeaders[name.toLowerCase()] = found;
  }
  return {
    method,
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(timeout),
    shape: { body, headers: texts, fixedHeaders },
    answer: selectorsOf(answer),
  };
}

function selectorsOf(answer: NonNullable<Document['answer']>): FieldSelectors {
  const selectors: Record<string, Selector> = {};
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined) continue;
    selectors[name] = typeof value === 'string' ? { path: value } : { constant: value.constant };
  }
  return selectors;
}

function unset(path: string, header: string, from: string): CoalmineError {
  return new CoalmineError('config_invalid', `${path}: the header ${header} has no value`, {
    hints: [`Set ${from}, or ${from}_FILE to the name of a file that holds it.`],
  });
}

function invalid(path: string, problems: Parameters<typeof formatProblems>[0]): CoalmineError {
  return new CoalmineError('config_invalid', `the request file ${path} has problems`, {
    hints: formatProblems(problems).split('\n'),
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CoalmineError('input_missing', `the request file ${path} cannot be read`, { cause });
  }
}
