import { expect, it } from 'vitest';
import { bindFields } from '../../../../src/core/windows/bound-fields.ts';
import { categoryCells } from '../../../../src/core/windows/fold-fields.ts';
import { layoutOf } from '../../../../src/core/windows/layout.ts';
import { GrowingSchema } from '../../../../src/pipeline/stream/stream-schema.ts';

const COUNTRY = { name: 'context.country', role: 'context', kind: 'category' } as const;

/** Cells of DE, FR and IT when a profile lists the first two, and IT came up after it was bound. */
function cellsWith(overflow: boolean): number[] {
  const schema = new GrowingSchema();
  const profile = {
    model: 'fraud',
    currentVersion: 'v6',
    sampleCount: 1,
    fromMs: 0,
    toMs: 1,
    notWatched: [],
    fields: [{ field: COUNTRY, categories: ['DE', 'FR'], overflow, referenceCounts: [] }],
  };
  schema.adopt(profile);
  const [bound] = bindFields(layoutOf(profile), schema);
  if (bound?.kind !== 'category') throw new Error('the field is not bound');
  const texts = ['DE', 'FR', 'IT', null];
  const codes = Int32Array.from(texts, (text) => (text === null ? 0 : schema.codeOf(1, text)));
  const rows = { at: Int32Array.from(texts, (_, i) => i), length: texts.length };
  const cells = new Int32Array(texts.length);
  categoryCells(codes, rows, { ...bound, cells });
  return [...cells];
}

it('a text that came up after the profile was bound is other, or unseen when all were listed', () => {
  expect(cellsWith(true)).toEqual([0, 1, 2, 3]);
  expect(cellsWith(false)).toEqual([0, 1, 5, 3]);
});
