import type { RawBatch } from './ports.ts';

/**
 * Cuts a batch at offsets: every part lies wholly before or behind each of them. Parts keep the times
 * and the end of the whole; one without records still says where it ends.
 *
 * @example offsets 5..9 cut at 7: 5, 6 (next offset 7) and 7, 8, 9
 */
export function cutBatch(batch: RawBatch, at: readonly number[]): readonly RawBatch[] {
  const first = batch.records[0]?.offset ?? batch.nextOffset;
  const inside = [...new Set(at)]
    .filter((offset) => offset > first && offset < batch.nextOffset)
    .sort((left, right) => left - right);
  if (inside.length === 0) return [batch];
  const parts: RawBatch[] = [];
  let from = 0;
  for (const nextOffset of [...inside, batch.nextOffset]) {
    let to = from;
    while (to < batch.records.length && (batch.records[to]?.offset ?? 0) < nextOffset) to += 1;
    parts.push({ ...batch, records: batch.records.slice(from, to), nextOffset });
    from = to;
  }
  return parts;
}
