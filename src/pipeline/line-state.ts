import type { ReferenceProfile } from '../core/events/profile.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { OutcomeCounters } from '../core/join/outcome-joiner.ts';
import type { JoinCounters } from '../core/join/sink.ts';
import type { ControllerState } from '../core/rollout/state.ts';
import type { JudgeState } from '../core/verdict/judge.ts';
import type { OutcomeLedger } from '../core/windows/outcome-ledger.ts';
import type { Mark } from './marks.ts';
import type { ReportedWindow } from './window-closer.ts';

/** Bumped when the shape below changes. */
export const STATE_VERSION = 1;

/** The profile that windows are counted in, from an event time on. */
export interface ProfileInForce {
  readonly hash: string;
  readonly profile: ReferenceProfile;
  /** Null: from the beginning. */
  readonly fromMs: number | null;
}

/** What a run stands on after its last commit: all it needs to go on as if it had never stopped. */
export interface LineState {
  readonly version: number;
  /** Digest of plan, inputs, partition count and traffic mode: another run must not go on from here. */
  readonly runDigest: string;
  readonly partitionCount: number;
  /** Where to read again from. */
  readonly mark: Mark;
  /** Records before this sequence number are counted already. */
  readonly position: number;
  readonly committedWindow: number | null;
  readonly counters: readonly JoinCounters[];
  readonly outcomeCounters: readonly OutcomeCounters[];
  readonly judge: JudgeState;
  readonly controller: ControllerState;
  readonly ledger: OutcomeLedger;
  /** With `late: amend`: windows that may still be amended. */
  readonly reported: readonly ReportedWindow[];
  readonly profile: ProfileInForce | null;
  readonly verdictCount: number;
  readonly latest: Verdict | null;
  readonly deadLetterCount: number;
  /** All inputs were read and every window is closed. */
  readonly finished: boolean;
}

/**
 * A stored state, checked against the run that wants to go on from it.
 *
 * @throws CoalmineError `store_mismatch` when it belongs to another run
 */
export function readState(text: string, runDigest: string): LineState {
  const state = JSON.parse(text) as LineState;
  if (state.version !== STATE_VERSION || state.runDigest !== runDigest) {
    throw new CoalmineError(
      'store_mismatch',
      'the output folder holds another run: its plan, inputs or settings differ',
      {
        hints: [
          'use the same plan and inputs to go on with it',
          'or give another --out folder, or delete this one, to begin anew',
        ],
      },
    );
  }
  return state;
}

/** The name of a profile by its content: partials that are counted in it carry it. */
export function profileHash(profile: ReferenceProfile, digest: (text: string) => string): string {
  return digest(JSON.stringify(profile)).slice(0, 16);
}
