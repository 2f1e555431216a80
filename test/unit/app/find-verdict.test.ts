import { describe, expect, it } from 'vitest';
import { findId } from '../../../src/app/find-verdict.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';

const IDS = ['aa11', 'ab22', 'ab33', 'cd44', 'ef55'];

function refused(ids: readonly string[], prefix: string): CoalmineError {
  try {
    findId(ids, prefix);
  } catch (error) {
    if (error instanceof CoalmineError) return error;
  }
  throw new Error(`${prefix} was found`);
}

describe('finding a verdict', () => {
  it('takes a whole id, or a beginning that is of one only', () => {
    expect(findId(IDS, 'ab22')).toBe('ab22');
    expect(findId(IDS, 'c')).toBe('cd44');
  });

  it('takes a whole id that another one begins with', () => {
    expect(findId(['v-1', 'v-10'], 'v-1')).toBe('v-1');
  });

  it('refuses a beginning of several, and names them', () => {
    const { code, message, hints } = refused(IDS, 'ab');
    expect(code).toBe('usage');
    expect(message).toBe('2 verdicts begin with ab');
    expect(hints.slice(1)).toEqual(['ab22', 'ab33']);
  });

  it('names those that share the most letters, the latest last', () => {
    const { code, hints } = refused(IDS, 'ab9');
    expect(code).toBe('not_found');
    expect(hints.slice(1, 4)).toEqual(['ab22', 'ab33', 'aa11'].toSorted());
  });

  it('names the latest ones when none is near', () => {
    expect(refused(IDS, 'zz').hints.slice(1, 4)).toEqual(['ab33', 'cd44', 'ef55']);
  });

  it('says that there is none yet', () => {
    expect(refused([], 'ab').message).toBe('no verdict is stored yet');
  });
});
