import { inspect } from 'node:util';
import type { Secret } from '../../../adapters/kafka/settings.ts';

const HIDDEN = '***';

const hidden = (): typeof HIDDEN => HIDDEN;

/** A secret that prints `***` wherever it is shown: JSON, templates, the console, error messages. */
export function secretOf(text: string): Secret {
  const secret: Secret = { reveal: () => text, toString: hidden, toJSON: hidden };
  // Not enumerable: a copy by spreading must not lose it unseen, and a list of keys need not show it.
  Object.defineProperty(secret, inspect.custom, { value: hidden });
  return Object.freeze(secret);
}
