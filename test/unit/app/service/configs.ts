import { formatProblems } from '../../../../src/app/plan/problem.ts';
import type { Outside } from '../../../../src/app/service/config/outside.ts';
import { parseServiceConfig } from '../../../../src/app/service/read-config.ts';
import type { ServiceConfig } from '../../../../src/app/service/service-config.ts';

/** What every config needs, on two lines. */
export const LEAST =
  'kafka: { brokers: [127.0.0.1:9092] }\nregistry: { url: http://127.0.0.1:8081 }\n';

/** Variables and files of a test. */
export function outside(
  variables: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Outside {
  return {
    variable: (name) => variables[name],
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return text;
    },
  };
}

/** The config of a text without problems, named `etc/coalmine.yaml`. */
export function configOf(text: string, around = outside()): ServiceConfig {
  const result = parseServiceConfig(text, 'etc/coalmine.yaml', around);
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

/** A line for each problem of a text. */
export function problemsOf(text: string, around = outside()): readonly string[] {
  const result = parseServiceConfig(text, 'coalmine.yaml', around);
  return result.ok ? [] : formatProblems(result.problems).split('\n');
}
