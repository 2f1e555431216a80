/** Why a statistic cannot be computed from what there is. */
export type StatisticReason =
  /** There is no observation on at least one side. */
  | 'empty'
  /** Everything lies in one cell: no degree of freedom is left. */
  | 'one_cell'
  /** All values are equal, or every pair agrees (or none does): nothing varies. */
  | 'no_variance';

/**
 * "Cannot tell" as a result: in place of a number that would be 0, NaN or null. Callers tell it from
 * a measurement by `state`, and say the reason.
 */
export interface Inconclusive {
  readonly state: 'inconclusive';
  readonly reason: StatisticReason;
}

/**
 * Builds the answer "cannot tell".
 *
 * @example inconclusive('empty') // { state: 'inconclusive', reason: 'empty' }
 */
export function inconclusive(reason: StatisticReason): Inconclusive {
  return { state: 'inconclusive', reason };
}
