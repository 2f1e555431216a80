import { describe, expect, it } from 'vitest';
import { answerReader } from '../../../../src/pipeline/shadow/answer.ts';
import { current } from '../../../support/predictions.ts';

const asked = current('r-1', 986_947_200_000, { label: 'yes', confidence: 0.9, served: true });

function read(body: unknown, selectors = {}) {
  return answerReader(selectors, 'v7')(asked, { kind: 'answered', body, latencyMs: 12 });
}

describe('reading the answer of the canary', () => {
  it('takes its fields by their own names, and nothing of what current answered', () => {
    const body = { score: 0.7, class_probabilities: { a: 0.3, b: 0.7 }, more: 1 };
    expect(read(body)).toEqual({
      ...asked,
      version: 'v7',
      served: false,
      score: 0.7,
      label: null,
      confidence: null,
      classProbabilities: { a: 0.3, b: 0.7 },
      latencyMs: 12,
    });
  });

  it('takes them from where selectors say', () => {
    const selectors = {
      score: { path: "$.predictions[0]['p 1']" },
      label: { path: '$.predictions[0].class' },
      confidence: { constant: 1 },
    };
    expect(read({ predictions: [{ 'p 1': 0.25, class: 1 }] }, selectors)).toMatchObject({
      score: 0.25,
      label: '1',
      confidence: 1,
      error: null,
    });
  });

  it.each([{}, null, [1], 'text', { score: null }, { confidence: 0.5 }])(
    'calls %j no answer',
    (body) => {
      expect(read(body)).toMatchObject({ score: null, label: null, error: 'no_answer' });
    },
  );

  it.each([{ score: '0.5' }, { score: 0.5, items: [1] }, { label: { a: 1 } }])(
    'calls %j a bad answer',
    (body) => {
      expect(read(body)).toMatchObject({ score: null, label: null, error: 'bad_answer' });
    },
  );

  it('takes over an error that the answer tells', () => {
    expect(read({ error: 'out_of_range' })).toMatchObject({ error: 'out_of_range' });
    expect(read({ error: { code: 3 } })).toMatchObject({ error: 'model_error' });
    expect(read({ error: '', score: 1 })).toMatchObject({ error: null, score: 1 });
  });

  it('keeps the code of a failure', () => {
    const failed = answerReader({}, 'v7')(asked, {
      kind: 'failed',
      error: 'timeout',
      isPassing: true,
      retryAfterMs: null,
      latencyMs: 2_000,
    });
    expect(failed).toMatchObject({ error: 'timeout', score: null, label: null, latencyMs: 2_000 });
  });

  it.each(['score', '$$.score', '@key', '$.a..b'])('takes no %s for a path', (path) => {
    expect(() => answerReader({ score: { path } }, 'v7')).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});
