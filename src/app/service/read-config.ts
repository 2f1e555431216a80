import { readFile } from 'node:fs/promises';
import { CoalmineError } from '../../core/foundation/error.ts';
import { placeFindings } from '../plan/place-findings.ts';
import { formatProblems, type PlanProblem } from '../plan/problem.ts';
import { shapeFindings } from '../plan/shape-problems.ts';
import { readYaml } from '../plan/yaml-text.ts';
import { fillConfig } from './config/fill.ts';
import { serviceGrammar } from './config/grammar.ts';
import { lintConfig } from './config/lint.ts';
import { type Outside, OutsideReader, outsideOf } from './config/outside.ts';
import { serviceShape } from './config/shape.ts';
import type { ServiceConfig } from './service-config.ts';

/** A config with every default filled in, or everything that is wrong with it. */
export type ServiceConfigResult =
  | { readonly ok: true; readonly config: ServiceConfig }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] };

/**
 * Reads the text of a config. Files that it names are relative to the folder of `file`; secrets and
 * certificates are read through `outside`.
 */
export function parseServiceConfig(
  text: string,
  file: string,
  outside: Outside,
): ServiceConfigResult {
  const yaml = readYaml(text, 'config');
  if (!yaml.ok) return { ok: false, problems: yaml.faults.map((fault) => ({ file, ...fault })) };
  const source = { ...yaml, file };
  const shape = serviceShape.safeParse(yaml.value);
  if (!shape.success) {
    const findings = shapeFindings(shape.error.issues, yaml.value, serviceGrammar());
    return { ok: false, problems: placeFindings(findings, source) };
  }
  const reader = new OutsideReader(outside, file);
  const config = fillConfig(shape.data, reader);
  const findings = [...lintConfig(shape.data), ...reader.findings];
  if (findings.length > 0) return { ok: false, problems: placeFindings(findings, source) };
  return { ok: true, config };
}

/**
 * Reads a config from a file, with the secrets of the environment.
 *
 * @throws CoalmineError `config_invalid` with a line per problem, `input_missing`, `input_unreadable`
 */
export async function readServiceConfig(
  file: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ServiceConfig> {
  const result = parseServiceConfig(await readText(file), file, outsideOf(variables));
  if (result.ok) return result.config;
  const count = result.problems.length;
  throw new CoalmineError(
    'config_invalid',
    `${file} has ${count} problem${count === 1 ? '' : 's'}`,
    { hints: formatProblems(result.problems).split('\n') },
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) {
      throw new CoalmineError('input_unreadable', `the config ${file} cannot be read`, { cause });
    }
    throw new CoalmineError('input_missing', `the config ${file} does not exist`, {
      cause,
      hints: [
        '-c FILE names it; the least that it holds is:',
        'kafka: { brokers: [127.0.0.1:9092] }',
        'registry: { url: http://127.0.0.1:8081 }',
        'docs/config.md has every key',
      ],
    });
  }
}
