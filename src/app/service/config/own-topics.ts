import type { OwnTopic } from '../../../pipeline/stream/messages.ts';

/** What the service needs of a topic of its own. */
interface OwnTopicDefaults {
  readonly cleanup: 'compact' | 'delete';
  readonly partitions: number;
  /** A duration or `forever`; compacted topics keep the latest record of each key. */
  readonly retention: string;
  readonly about: string;
}

/**
 * The topics of the service. Partitions of `partials` and `verdicts` bound how many judges and
 * controllers can share the work; the tables are small.
 */
export const OWN_TOPIC_DEFAULTS: Readonly<Record<OwnTopic, OwnTopicDefaults>> = {
  partials: {
    cleanup: 'delete',
    partitions: 8,
    retention: '7d',
    about: "Each partition's numbers of each window, from joiners to judges.",
  },
  positions: {
    cleanup: 'compact',
    partitions: 4,
    retention: 'forever',
    about: 'Where a new owner of a partition begins.',
  },
  profiles: {
    cleanup: 'compact',
    partitions: 1,
    retention: 'forever',
    about: 'Reference profiles, and how far windows are merged.',
  },
  verdicts: {
    cleanup: 'delete',
    partitions: 4,
    retention: '30d',
    about: 'Verdicts, as CloudEvents.',
  },
  routing: {
    cleanup: 'compact',
    partitions: 1,
    retention: 'forever',
    about: 'The routing table of each rollout.',
  },
  rollouts: {
    cleanup: 'compact',
    partitions: 1,
    retention: 'forever',
    about: 'Rollouts that are applied.',
  },
  rolloutEvents: {
    cleanup: 'delete',
    partitions: 1,
    retention: '90d',
    about: 'What happened to rollouts.',
  },
  deadLetters: {
    cleanup: 'delete',
    partitions: 4,
    retention: '14d',
    about: 'Records that could not be used.',
  },
};
