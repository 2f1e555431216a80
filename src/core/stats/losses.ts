/** How wrong one answer was, given what happened. All are 0 for a perfect answer and never negative. */
export type Loss = 'log' | 'brier' | 'zeroOne' | 'squared' | 'absolute' | 'pinball';

export interface LossOptions {
  /** Score from which `zeroOne` reads the decision 1. */
  readonly threshold: number;
  /** The quantile that a `pinball` score estimates, in (0, 1). */
  readonly quantile: number;
}

/** Probabilities are kept this far from 0 and 1, so that one sure mistake costs 34.5 nats, not infinity. */
const PROBABILITY_MIN = 1e-15;

/**
 * The loss of a score against an outcome. `log`, `brier` and `zeroOne` take a probability in [0, 1]
 * (clipped) and an outcome that is 1 from 0.5 on; the others take any finite numbers. Log loss is in
 * nats. Sources: Brier 1950; Koenker and Bassett 1978 for the pinball loss.
 *
 * @example lossOf('brier', { score: 0.8, outcome: 1 }, { threshold: 0.5, quantile: 0.5 }) // 0.04
 */
export function lossOf(
  loss: Loss,
  answer: { readonly score: number; readonly outcome: number },
  options: LossOptions,
): number {
  const { score, outcome } = answer;
  const happened = outcome >= 0.5;
  const probability = Math.min(1, Math.max(0, score));
  switch (loss) {
    case 'log':
      return -Math.log(Math.max(PROBABILITY_MIN, happened ? probability : 1 - probability));
    case 'brier':
      return (probability - (happened ? 1 : 0)) ** 2;
    case 'zeroOne':
      return score >= options.threshold === happened ? 0 : 1;
    case 'squared':
      return (score - outcome) ** 2;
    case 'absolute':
      return Math.abs(score - outcome);
    case 'pinball':
      return outcome >= score
        ? options.quantile * (outcome - score)
        : (1 - options.quantile) * (score - outcome);
  }
}
