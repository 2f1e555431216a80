import type { KeptPair } from '../ports.ts';
import type { JoinerMessage } from './messages.ts';

/** What a partition wants to be written and sent, in this order: files first. */
export interface PartitionOutput {
  readonly pairs: readonly KeptPair[];
  readonly segments: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly expiredSegments: readonly string[];
  readonly messages: readonly JoinerMessage[];
  /** Windows up to this one are in the messages, or hold nothing. */
  readonly through: number;
}

/** The same while windows are being closed. */
export interface Closing extends PartitionOutput {
  readonly pairs: KeptPair[];
  readonly segments: PartitionOutput['segments'][number][];
  readonly expiredSegments: string[];
  readonly messages: JoinerMessage[];
}
