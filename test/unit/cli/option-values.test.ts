import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { share, wholeNumber } from '../../../src/cli/option-values.ts';

describe('a share on the command line', () => {
  it.each([
    ['0', 0],
    ['0.05', 0.05],
    ['5%', 0.05],
    ['100%', 1],
    ['1', 1],
  ])('reads %s as %d', (text, value) => {
    expect(share(text)).toBe(value);
  });

  it.each(['', ' ', '%', '-0.1', '1.01', '101%', 'half', 'NaN'])('refuses "%s"', (text) => {
    expect(() => share(text)).toThrow(InvalidArgumentError);
  });
});

describe('a whole number on the command line', () => {
  it('is read', () => {
    expect(wholeNumber(1)('20')).toBe(20);
  });

  it.each(['', '0', '-1', '1.5', '1e99', 'x', 'Infinity'])('refuses "%s" below 1', (text) => {
    expect(() => wholeNumber(1)(text)).toThrow(InvalidArgumentError);
  });
});
