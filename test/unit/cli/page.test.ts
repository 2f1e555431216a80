import { describe, expect, it } from 'vitest';
import { pageFor } from '../../../src/cli/page.ts';

describe('what stdout can show', () => {
  it('is as wide as the terminal', () => {
    const env = { LANG: 'en_GB.UTF-8' };
    expect(pageFor({ isTTY: true, columns: 172, env })).toEqual({ columns: 172, isUtf8: true });
    expect(pageFor({ isTTY: true, columns: null, env }).columns).toBe(100);
  });

  it('is ASCII where it is piped, whatever the locale', () => {
    const env = { LC_ALL: 'C.UTF-8' };
    expect(pageFor({ isTTY: false, columns: 172, env })).toEqual({ columns: 100, isUtf8: false });
  });

  it.each([
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'UTF-8' }, true],
  ])('goes by the locale %j', (env, isUtf8) => {
    expect(pageFor({ isTTY: true, columns: 80, env }).isUtf8).toBe(isUtf8);
  });
});
