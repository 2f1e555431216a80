import type { ProbeAnswer } from '../../../adapters/kafka/probe.ts';
import type {
  BreakingSchema,
  RegistryGreeting,
} from '../../../adapters/registry/registry-probe.ts';
import type { DeadLetterReason } from '../../../core/events/dead-letter.ts';
import type { BrokerAddress, TopicDescription } from '../../../pipeline/stream/admin-port.ts';
import type { ServiceConfig } from '../service-config.ts';
import type { PlannedTopics } from '../topic-needs.ts';

/** An answer, or why there was none. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly why: string;
      /** What to check, where that is known. */
      readonly hints?: readonly string[];
    };

export interface BrokerFact {
  readonly address: string;
  /** `config`: named there; `cluster`: where the brokers themselves send their clients. */
  readonly namedBy: 'config' | 'cluster';
  readonly answer: ProbeAnswer;
}

/** A rollout that the service will run, or runs. */
export type RolloutFact =
  | { readonly ok: true; readonly rollout: PlannedTopics }
  | { readonly ok: false; readonly name: string; readonly why: string };

/** What the latest records of one topic tell. */
export interface SampleFact {
  readonly topic: string;
  readonly recordCount: number;
  readonly keyless: number;
  /** Records that do not lie where Java's default partitioner puts their key. */
  readonly elsewhere: number;
  /** The partitions on which a key was seen, as far as keys are text. */
  readonly places: ReadonlyMap<string, ReadonlySet<number>>;
  /** By the time of the record, whoever set it. */
  readonly newestTimeMs: number | null;
  readonly timestampType: TopicDescription['timestampType'];
  /** Rows of the rollouts that read this topic. */
  readonly used: number;
  /** Records of other models and versions. */
  readonly ignored: number;
  readonly dead: readonly {
    readonly reason: DeadLetterReason;
    readonly count: number;
    /** Of the first one. */
    readonly detail: string;
  }[];
}

/** What becomes of a breaking schema, by what it was tried on. */
export interface RegistryFact {
  readonly greeting: RegistryGreeting;
  readonly anew: BreakingSchema;
  readonly subjects: readonly { readonly subject: string; readonly breaking: BreakingSchema }[];
}

export interface FolderFact {
  readonly folder: string;
  readonly exists: boolean;
  readonly isWritable: boolean;
  /** Of the file system that it lies on, or would; null when it does not tell. */
  readonly freeBytes: number | null;
}

/** Everything that the doctor looked at. Null: not looked at, since something before it failed. */
export interface DoctorFacts {
  readonly config: ServiceConfig;
  readonly nodeVersion: string;
  /** The least that the package asks for. */
  readonly nodeVersionMin: string;
  readonly nowMs: number;
  readonly brokers: readonly BrokerFact[];
  /** The cluster, asked with the login of the config. */
  readonly cluster: Asked<readonly BrokerAddress[]>;
  readonly rollouts: readonly RolloutFact[];
  readonly topics: Asked<ReadonlyMap<string, TopicDescription>> | null;
  readonly samples: Asked<readonly SampleFact[]> | null;
  readonly registry: Asked<RegistryFact>;
  readonly folder: FolderFact;
}
