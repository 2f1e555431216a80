import type { KafkaSettings, RegistrySettings, Secret } from '../../adapters/kafka/settings.ts';
import type { FieldMap, Privacy } from '../../core/events/field-map.ts';
import type { OwnTopic } from '../../pipeline/stream/messages.ts';

export interface TopicSettings {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** -1: for ever. Compacted topics have none. */
  readonly retentionMs: number;
}

/** A topic that other people write: predictions or outcomes. */
export interface InputTopic {
  readonly topic: string;
  readonly format: 'avro' | 'json';
  readonly fieldMap: FieldMap | null;
  readonly privacy: Privacy;
}

/** A rollout that the service runs from its start: as if `coalmine apply` had been called. */
export interface ConfiguredRollout {
  readonly planFile: string;
  readonly current: string;
  readonly canary: string;
  readonly outcomes: string | null;
  readonly startAt: 'earliest' | 'latest';
}

/** Everything that the service can grow, and where it stops: docs/limits.md says what happens there. */
export interface ServiceLimits {
  /** Bytes of undecoded and decoded records that wait to be joined, per topic partition: beyond it fetching is paused. */
  readonly queuedBytesMax: number;
  /** Open request ids of one partition of a rollout: beyond it the leading version waits. */
  readonly openKeyCountMax: number;
  /** What open request ids take in one process: beyond it partitions that hold more than their part wait. */
  readonly openBytesMax: number;
  /** After this long without a partial of some partition a window closes `incomplete`. */
  readonly partialDeadlineMs: number;
  readonly messageBytesMax: number;
  readonly rolloutCountMax: number;
  readonly schemaCountMax: number;
}

/** `coalmine.yaml` as plain data: durations in ms, secrets read, every default filled in. */
export interface ServiceConfig {
  readonly kafka: KafkaSettings;
  readonly registry: RegistrySettings;
  readonly groupPrefix: string;
  readonly topics: Readonly<Record<OwnTopic, TopicSettings>>;
  readonly inputs: readonly InputTopic[];
  /** Key of `privacy.hash`; null when no input hashes. */
  readonly privacyKey: Secret | null;
  readonly dataFolder: string;
  readonly http: { readonly host: string; readonly port: number } | null;
  readonly rollouts: readonly ConfiguredRollout[];
  /** Verdicts and events are published this long ahead of the routers' change. */
  readonly routerLeadMs: number;
  readonly limits: ServiceLimits;
}
