import type { ErrorCode } from '../../../core/foundation/error.ts';
import type { Ends, TopicPartition } from '../../../pipeline/stream/ports.ts';
import type { LogLine } from '../log-line.ts';
import type { KafkaSettings, SaslSettings, Secret, TlsSettings } from '../settings.ts';
import type { PackedBatch } from './packed-batch.ts';

/** Settings with their secrets as text: only threads of one process see them so. */
type Plain<T> = T extends Secret ? string : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

export type PlainSettings = Omit<KafkaSettings, 'tls' | 'sasl'> & {
  readonly tls: Plain<TlsSettings> | null;
  readonly sasl: Plain<SaslSettings> | null;
};

/** What the thread is started with. */
export interface ThreadStart {
  readonly settings: PlainSettings;
  readonly firstAnswerMsMax: number;
  readonly group: string;
  readonly topics: readonly string[];
  /** Bytes that wait in either thread before no more are handed over. */
  readonly queuedBytesMax: number;
}

type Start = TopicPartition & { readonly offset: number | 'earliest' | 'latest' };

/** What the thread is asked to do. Questions have a number, which the answer names. */
export type ToThread =
  | { readonly kind: 'resume'; readonly id: number; readonly from: readonly Start[] }
  | { readonly kind: 'ends'; readonly id: number; readonly partitions: readonly TopicPartition[] }
  | {
      readonly kind: 'paused';
      readonly partitions: readonly TopicPartition[];
      readonly isPaused: boolean;
    }
  /** So many bytes were taken out of the queue of the thread that asked. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'close'; readonly id: number };

/** A failure as data: an error loses its kind between threads. */
export interface ThreadFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly hints: readonly string[];
}

export type FromThread =
  | { readonly kind: 'assigned'; readonly partitions: readonly TopicPartition[] }
  | { readonly kind: 'revoked' }
  /** `resumedBy`: the last `resume` of this partition that the thread had followed. */
  | { readonly kind: 'batch'; readonly packed: PackedBatch; readonly resumedBy: number }
  | { readonly kind: 'answer'; readonly id: number; readonly ends: Ends | null }
  | { readonly kind: 'refused'; readonly id: number; readonly failure: ThreadFailure }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure }
  | { readonly kind: 'log'; readonly line: LogLine };
