import type { PredictionColumns } from '../events/batch.ts';
import { FLAG } from '../events/batch.ts';
import type { Traffic } from './sink.ts';
import { MARK_DUE, MARK_DUE_IN_SHADOW, MARK_ERROR, MARK_SERVED } from './slots.ts';

/** What is remembered of a prediction besides its values: the bits of `Slots.marks`. */
export function marksOf(arriving: PredictionColumns, row: number, traffic: Traffic): number {
  const served = traffic.served(arriving, row);
  const due = traffic.due(arriving, row, served);
  const failed = ((arriving.flags[row] ?? 0) & FLAG.error) !== 0;
  const asked = due === 'in_shadow' ? MARK_DUE_IN_SHADOW : due ? MARK_DUE : 0;
  return (served ? MARK_SERVED : 0) | (failed ? MARK_ERROR : 0) | asked;
}
