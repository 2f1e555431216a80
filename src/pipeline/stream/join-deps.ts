import type { OutcomeSegments, PairSink } from '../ports.ts';
import type { MessageCodec } from './messages.ts';
import type {
  BatchDecoder,
  Clock,
  DeadRecord,
  OutgoingRecord,
  PartitionSource,
  TopicTable,
  TopicWriter,
} from './ports.ts';
import type { Telemetry } from './telemetry.ts';

/** Files of one rollout in this process's data folder. */
export interface RolloutFiles {
  readonly segments: OutcomeSegments;
  readonly pairs: PairSink;
}

/** All that a join member needs of the world. */
export interface JoinDeps {
  readonly source: PartitionSource;
  readonly writer: TopicWriter;
  readonly decoder: BatchDecoder;
  readonly codec: MessageCodec;
  readonly positions: TopicTable;
  readonly profiles: TopicTable;
  readonly files: (rolloutId: string) => Promise<RolloutFiles>;
  readonly encodeDead: (dead: DeadRecord) => Promise<OutgoingRecord>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Names of our topics that a join member writes. */
export interface JoinTopics {
  readonly partials: string;
  readonly positions: string;
  readonly deadLetters: string;
}
