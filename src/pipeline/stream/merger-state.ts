import type { ControllerState } from '../../core/rollout/state.ts';
import type { JudgeState } from '../../core/verdict/judge.ts';
import type { OutcomeLedger } from '../../core/windows/outcome-ledger.ts';
import type { ProfileInForce } from '../line-state.ts';
import type { ReportedWindow } from '../window-closer.ts';
import type { PartitionTally } from './partition-reports.ts';

/** Bumped when the shape below changes. */
export const MERGER_STATE_VERSION = 1;

/** What a rollout's merger stands on after its last commit. Plain JSON. */
export interface MergerState {
  readonly version: number;
  readonly rolloutId: string;
  /** Digest of what the windows are judged by: another plan does not go on from here. */
  readonly policyDigest: string;
  readonly partitionCount: number;
  /** The lowest offset of the partials topic that is needed again. */
  readonly resumeOffset: number;
  /** Messages before this offset had been taken in. */
  readonly takenOffset: number;
  readonly committedWindow: number | null;
  readonly judge: JudgeState;
  readonly controller: ControllerState;
  readonly ledger: OutcomeLedger;
  readonly reported: readonly ReportedWindow[];
  readonly profile: ProfileInForce | null;
  readonly tallies: readonly PartitionTally[];
  readonly incompleteCount: number;
  readonly lateCount: number;
}
