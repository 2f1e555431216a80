import { describe, expect, it } from 'vitest';
import { MemberLoop } from '../../../../src/app/service/member-loop.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** What becomes of a loop whose members fail as told, one after the other; the last one stops it. */
async function livesOf(failures: readonly Error[]) {
  const clock = new VirtualClock();
  const ending = new AbortController();
  const warnings: string[] = [];
  let opened = 0;
  let closed = 0;
  const loop = new MemberLoop({
    name: 'judge',
    open: () => {
      const failure = failures[opened];
      opened += 1;
      const step = (): Promise<boolean> => {
        if (failure !== undefined) return Promise.reject(failure);
        ending.abort();
        return Promise.resolve(true);
      };
      const close = (): Promise<void> => {
        closed += 1;
        return Promise.resolve();
      };
      return Promise.resolve({ member: { step }, close });
    },
    observe: () => undefined,
    warn: (message) => warnings.push(message),
    clock,
    signal: ending.signal,
  });
  const end = await clock.during(
    loop.run().then(
      () => null,
      (error: unknown) => error,
    ),
  );
  return { end, opened, closed, warnings, waitedMs: clock.nowMs(), facts: loop.facts };
}

describe('a loop of members', () => {
  it('begins again, a little later each time, after what can pass', async () => {
    const away = new CoalmineError('broker_unavailable', 'nobody answers');
    const lives = await livesOf([away, away, away]);
    expect(lives).toMatchObject({ end: null, opened: 4, closed: 4, waitedMs: 500 + 1000 + 2000 });
    expect(lives.warnings).toEqual(Array(3).fill('judge begins again: nobody answers'));
  });

  it('waits for room when the disk is full, whoever found it so', async () => {
    const cause = new Error('IO Error: Could not write file: No space left on device');
    const lives = await livesOf([
      new CoalmineError('store_failed', 'the database refused', { cause }),
      new Error('ENOSPC: no space left on device, write'),
    ]);
    expect(lives).toMatchObject({ end: null, opened: 3 });
  });

  it('does not wait any longer when it is told to end', async () => {
    const ending = new AbortController();
    const loop = new MemberLoop({
      name: 'join',
      open: () => Promise.reject(new CoalmineError('broker_unavailable', 'nobody answers')),
      observe: () => undefined,
      warn: () => {
        ending.abort();
      },
      clock: { nowMs: () => 0, wait: () => new Promise(() => undefined) },
      signal: ending.signal,
    });
    await expect(loop.run()).resolves.toBeUndefined();
  });

  it('ends with what cannot pass, and has closed its member', async () => {
    const refused = new CoalmineError('broker_refused', 'not allowed');
    const lives = await livesOf([refused]);
    expect(lives).toMatchObject({ end: refused, opened: 1, closed: 1 });
    expect(lives.facts.failure).toBe('not allowed');
  });
});
