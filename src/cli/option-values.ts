import { InvalidArgumentError } from 'commander';

/** A parser for options that take a whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
    }
    return value;
  };
}

/** A parser for options that take a share: 0.05 or 5%. */
export function share(text: string): number {
  const digits = text.endsWith('%') ? text.slice(0, -1) : text;
  const value = digits === text ? Number(digits) : Number(digits) / 100;
  if (digits.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('It must be a share from 0 to 1, or from 0% to 100%.');
  }
  return value;
}

/** A parser for options that take a whole number of at least 1. */
export const positiveCount = wholeNumber(1);

/** A parser for options that take a number above 0, such as 0.5. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}

/** A parser for the speed of a replay: `max`, `realtime`, or how many times real time (`60x`). */
export function speedOption(text: string): 'max' | number {
  if (text === 'max') return 'max';
  if (text === 'realtime') return 1;
  const times = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  if (times === undefined || Number(times) <= 0) {
    throw new InvalidArgumentError('It must be max, realtime, or times real time such as 60x.');
  }
  return Number(times);
}
