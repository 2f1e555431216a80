import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { FieldSelectors, Selector } from '../core/events/field-map.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { ANSWER_FIELDS } from '../pipeline/shadow/answer.ts';
import type { RequestShape } from '../pipeline/shadow/request.ts';
import { DEFAULT_BODY } from '../pipeline/shadow/template.ts';
import { durationMs } from './plan/duration.ts';
import { placeFindings } from './plan/place-findings.ts';
import { formatProblems, type PlanProblem } from './plan/problem.ts';
import { positiveDuration } from './plan/shape-values.ts';
import { readYaml } from './plan/yaml-text.ts';
import { type Outside, OutsideReader } from './service/config/outside.ts';
import { secretSource } from './service/config/shape-values.ts';

/** How the canary is asked, and where its answer holds what. */
export interface RequestFile {
  readonly method: 'POST' | 'PUT';
  readonly timeoutMs: number;
  readonly shape: RequestShape;
  readonly answer: FieldSelectors;
}

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
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.union([z.string(), secretSource]))
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
 * Reads a request file: YAML or JSON with `method`, `timeout`, `headers`, `body`, `answer`. Secrets
 * are found as in the config of the service.
 *
 * @throws CoalmineError `config_invalid` with a line per problem, `input_missing`
 */
export async function loadRequestFile(path: string, outside: Outside): Promise<RequestFile> {
  const yaml = readYaml(await readText(path), 'request file');
  if (!yaml.ok)
    throw invalid(
      path,
      yaml.faults.map((fault) => ({ file: path, ...fault })),
    );
  const shape = requestShape.safeParse(yaml.value);
  if (!shape.success) {
    const findings = shape.error.issues.map((issue) => ({
      path: issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
      message: issue.message,
    }));
    throw invalid(path, placeFindings(findings, { ...yaml, file: path }));
  }
  const reader = new OutsideReader(outside, path);
  const request = filled(shape.data, reader);
  if (reader.findings.length > 0)
    throw invalid(path, placeFindings(reader.findings, { ...yaml, file: path }));
  return request;
}

function filled(document: Document, reader: OutsideReader): RequestFile {
  const { method = 'POST', timeout, headers = {}, body = DEFAULT_BODY, answer = {} } = document;
  const texts: Record<string, string> = {};
  const fixedHeaders: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') texts[name.toLowerCase()] = value;
    else
      fixedHeaders[name.toLowerCase()] = reader.secretOf(value, ['headers', name])?.reveal() ?? '';
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

function invalid(path: string, problems: readonly PlanProblem[]): CoalmineError {
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
