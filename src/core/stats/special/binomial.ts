import { assert } from '../../foundation/assert.ts';
import { betaRegularizedComplement } from './incomplete-beta.ts';

/**
 * P(X <= events) for X ~ Binomial(trials, rate), rate in [0, 1]; exact through the incomplete beta
 * function (DLMF 8.17.5), so one call instead of a sum, at any size. Negative `events` give 0.
 *
 * @example binomialCdf(0, { trials: 50, rate: 0.02 }) // 0.3641696800871171 = 0.98^50
 */
export function binomialCdf(events: number, law: BinomialLaw): number {
  const { trials, rate } = law;
  assert(trials >= 0 && rate >= 0 && rate <= 1, 'a binomial law has trials >= 0, rate in [0, 1]');
  if (events < 0) return 0;
  if (events >= trials) return 1;
  const whole = Math.floor(events);
  return betaRegularizedComplement(rate, { a: whole + 1, b: trials - whole });
}

export interface BinomialLaw {
  readonly trials: number;
  readonly rate: number;
}
