import { describe, expect, test } from 'vitest';
import { Patience } from '../../../../src/adapters/kafka/patience.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import { PLAIN } from './settings-of.ts';

const lost = () => new CoalmineError('broker_unavailable', 'gone');
const refused = () => new CoalmineError('broker_refused', 'no');

function failing(times: number, error: () => Error): () => Promise<string> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) throw error();
    return 'answer';
  };
}

describe('patience with the broker', () => {
  test('asks again until it answers, and says when it went and came', async () => {
    const said: string[] = [];
    const log = ({ message }: { readonly message: string }) => said.push(message);
    const patience = new Patience({ settings: PLAIN, firstAnswerMsMax: 10_000, log });
    expect(await patience.ask('asking', failing(2, lost))).toBe('answer');
    expect(said).toEqual(['gone; trying again', 'asking: the broker answers again']);
  });

  test('does not ask again what is refused', async () => {
    const patience = new Patience({ settings: PLAIN, firstAnswerMsMax: 10_000, log: () => {} });
    await expect(patience.ask('asking', failing(1, refused))).rejects.toThrow('no');
  });

  test('gives up on a broker that never answered, when its time is over', async () => {
    const patience = new Patience({ settings: PLAIN, firstAnswerMsMax: 0, log: () => {} });
    await expect(patience.ask('asking', failing(1, lost))).rejects.toThrow('gone');
  });

  test('waits without limit for one that answered before', async () => {
    const patience = new Patience({ settings: PLAIN, firstAnswerMsMax: 0, log: () => {} });
    await patience.ask('asking', failing(0, lost));
    expect(await patience.ask('asking', failing(1, lost))).toBe('answer');
  });

  test('is interrupted at its end', async () => {
    const patience = new Patience({ settings: PLAIN, firstAnswerMsMax: 10_000, log: () => {} });
    const asked = patience.ask('asking', failing(1_000, lost));
    patience.end();
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' });
    expect(patience.isEnded).toBe(true);
  });
});
