import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/cli/style.ts';

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, with %j: %s', (isTTY, env, colored) => {
    expect(styleFor({ isTTY, env }).color).toBe(colored);
  });

  it('leaves text as it is when there are none', () => {
    expect(styleFor({ isTTY: false, env: {} }).red('x')).toBe('x');
  });
});
