import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { secretOf } from '../../../../../src/app/service/config/secret.ts';

const secret = secretOf('hunter2');

describe('a secret', () => {
  it('is given to a client that asks for it', () => {
    expect(secret.reveal()).toBe('hunter2');
  });

  it.each([
    ['a template', `a ${String(secret)}`, 'a ***'],
    ['a list', [secret].join(), '***'],
    ['String', String(secret), '***'],
    ['JSON', JSON.stringify({ secret }), '{"secret":"***"}'],
    ['inspect', inspect({ secret }, { showHidden: true, depth: null }), '{ secret: *** }'],
    ['a log line', format('%s %o %j', secret, secret, secret), '*** *** "***"'],
  ])('prints *** in %s', (_where, text, shown) => {
    expect(text).toBe(shown);
  });
});
