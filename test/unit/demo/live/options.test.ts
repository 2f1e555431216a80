import { expect, test } from 'vitest';
import { liveOptions } from '../../../../src/demo/live/options.ts';

test('without arguments the better canary is fed, two hours a second', () => {
  expect(liveOptions([])).toEqual({
    plan: 'healthy',
    canary: 'canary',
    hoursPerSecond: 2,
    configFile: null,
  });
});

test('a fault, a speed and a config can be named', () => {
  expect(liveOptions(['--fault', 'day-old', '--speed', 'max', '-c', 'c.yaml'])).toEqual({
    plan: 'day-old',
    canary: 'canaryDayOld',
    hoursPerSecond: Infinity,
    configFile: 'c.yaml',
  });
  expect(liveOptions(['--help'])).toBeNull();
});

test('what is not understood is a usage error that shows what is', () => {
  for (const args of [['--fault', 'x'], ['--speed', 'fast'], ['--speed', '0'], ['--what'], ['a']])
    expect(() => liveOptions(args)).toThrow(
      expect.objectContaining({ code: 'usage', hints: expect.arrayContaining([]) }),
    );
});
