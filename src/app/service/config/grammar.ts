import type { PlanPath } from '../../plan/problem.ts';
import type { Grammar } from '../../plan/shape-problems.ts';
import { serviceJsonSchema } from './json-schema.ts';

/** Keys under which people write secrets, by what they would have to write. */
const SECRET_KEYS: Readonly<Record<string, string>> = {
  password: 'passwordFrom',
  token: 'tokenFrom',
  clientSecret: 'clientSecretFrom',
  privacyKey: 'privacyKeyFrom',
};

/** How problems of `coalmine.yaml` are said. */
export function serviceGrammar(): Grammar {
  return { schema: serviceJsonSchema(), refusal, hides };
}

function refusal(path: PlanPath, keys: readonly string[]): string | null {
  const key = String(path.at(-1));
  const from = SECRET_KEYS[key];
  if (from !== undefined && keys.includes(from)) {
    return `a secret has no place in this file: write ${from}: { env: NAME } or ${from}: { file: PATH }`;
  }
  if (path[0] === 'topics' && key === 'retention')
    return 'a compacted topic keeps the latest record of each key for ever';
  return null;
}

/** What may be a secret that stands where it should not. */
function hides(path: PlanPath, value: unknown): boolean {
  const isAboutSecret = path.some((step) => String(step).endsWith('From'));
  return isAboutSecret || (typeof value === 'string' && /:\/\/[^/]*@/.test(value));
}
