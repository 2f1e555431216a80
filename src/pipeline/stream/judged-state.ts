import { CoalmineError } from '../../core/foundation/error.ts';
import type { MergerState } from './merger-state.ts';
import { MERGER_STATE_VERSION } from './merger-state.ts';

/** What a judge stands on after its last commit. Plain JSON. */
export interface JudgedState {
  readonly merger: MergerState;
  /** Verdicts up to this number of the outbox were acknowledged when it was stored. */
  readonly sentNumber: number;
  /** Of later ones: from which event time on a change that they cause takes effect, by id. */
  readonly effective: Readonly<Record<string, number>>;
}

/**
 * A stored state, checked against the rollout that wants to go on from it.
 *
 * @throws CoalmineError `store_mismatch` when it is another rollout's
 */
export function readJudgedState(text: string, rolloutId: string): JudgedState {
  const state = JSON.parse(text) as Partial<JudgedState>;
  const merger = state.merger;
  const isOurs = merger?.version === MERGER_STATE_VERSION && merger.rolloutId === rolloutId;
  if (isOurs)
    return { merger, sentNumber: state.sentNumber ?? 0, effective: state.effective ?? {} };
  throw new CoalmineError(
    'store_mismatch',
    `the data folder of ${rolloutId} holds another rollout`,
    { hints: ['move the folder away: the windows are merged again from the partials topic'] },
  );
}
