import { emptyPartial } from '../../core/windows/partial.ts';
import type { ClosedPartial } from '../../core/windows/partition-folder.ts';
import { toSparse } from '../../core/windows/sparse.ts';
import type { HeartbeatMessage, PartialMessage, SampleMessage } from './messages.ts';
import type { JoinTarget } from './ports.ts';
import type { Reference } from './reference.ts';
import { sampleMessages } from './sample-messages.ts';

/** Where a partition stands when it speaks. */
export type Standing = Pick<
  HeartbeatMessage,
  'positions' | 'watermarkMs' | 'reportedThroughMs' | 'profileHash' | 'counters'
>;

/** One window's numbers of one partition, and what became of its outcomes. */
export interface PartialParts {
  readonly window: number;
  readonly revision: number;
  readonly closed: ClosedPartial | null;
  readonly outcomes: PartialMessage['outcomes'];
}

export const NO_OUTCOMES: PartialMessage['outcomes'] = {
  strata: [],
  increments: [],
  letGoThrough: null,
};

/** Builds the messages of one partition number of one rollout. */
export class PartitionMessages {
  private readonly target: JoinTarget;
  private readonly partition: number;
  private readonly reference: Reference;
  private readonly bytesMax: number;

  constructor(options: {
    readonly target: JoinTarget;
    readonly partition: number;
    readonly reference: Reference;
    readonly sampleBytesMax: number;
  }) {
    this.target = options.target;
    this.partition = options.partition;
    this.reference = options.reference;
    this.bytesMax = options.sampleBytesMax;
  }

  heartbeat(standing: Standing): HeartbeatMessage {
    const { rolloutId } = this.target;
    return { kind: 'heartbeat', rolloutId, partition: this.partition, ...standing };
  }

  /** The kept rows of a window while its cells are learned, then its partial. */
  partial(parts: PartialParts, standing: Standing): readonly (SampleMessage | PartialMessage)[] {
    const { target, reference } = this;
    const { window, revision, closed, outcomes } = parts;
    const { lengthMs } = target.plan.window;
    const partial = closed?.partial ?? emptyPartial(reference.layoutOfWindow(window));
    const sample = closed === null || revision > 0 ? [] : this.sample(closed);
    const message: PartialMessage = {
      kind: 'partial',
      rolloutId: target.rolloutId,
      partition: this.partition,
      windowStartMs: window * lengthMs,
      windowEndMs: (window + 1) * lengthMs,
      revision,
      windowProfileHash: partial.layout.profile === null ? null : reference.hash,
      ...toSparse(partial),
      ...standing,
      // Of a run of windows each says only that it is there itself: the next may be lost.
      reportedThroughMs: (window + 1) * lengthMs,
      outcomes,
      sampleSeen: closed?.sample?.seen ?? 0,
      sampleChunkCount: sample.length,
    };
    return [...sample, message];
  }

  private sample(closed: ClosedPartial): readonly SampleMessage[] {
    const { target, partition, bytesMax } = this;
    return sampleMessages(closed, {
      rolloutId: target.rolloutId,
      partition,
      windowStartMs: closed.window * target.plan.window.lengthMs,
      schema: target.schema,
      bytesMax,
    });
  }
}
