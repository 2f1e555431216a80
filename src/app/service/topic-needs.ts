import type { Plan } from '../../core/events/plan.ts';
import { outcomeMetricsOf } from '../../pipeline/line.ts';
import { OWN_TOPICS, type OwnTopic } from '../../pipeline/stream/messages.ts';
import { OWN_TOPIC_DEFAULTS } from './config/own-topics.ts';
import type { ServiceConfig, TopicSettings } from './service-config.ts';

/** A topic of the service itself, as it has to be. */
export interface OwnTopicNeed extends TopicSettings {
  readonly key: OwnTopic;
  readonly cleanup: 'compact' | 'delete';
  /** The largest message that is written to it. */
  readonly messageBytesMax: number;
}

/** The topics that one rollout reads: they must exist, as alike as the join needs them. */
export interface RolloutNeed {
  readonly name: string;
  readonly topics: readonly string[];
  /** Records are read again from so far back: what is deleted before that is lost. */
  readonly readAgainMs: number;
  /** How that comes about, for a person. */
  readonly readAgainBecause: string;
}

/** All that the service needs of the topics of a cluster. */
export interface TopicNeeds {
  readonly own: readonly OwnTopicNeed[];
  readonly rollouts: readonly RolloutNeed[];
  /** For the commands that mend. */
  readonly bootstrap: string;
}

/** A rollout with its plan and the topics that it reads. */
export interface PlannedTopics {
  readonly name: string;
  readonly plan: Plan;
  readonly topics: {
    readonly current: string;
    readonly canary: string;
    readonly outcomes: string | null;
  };
}

export function topicNeeds(
  config: Pick<ServiceConfig, 'kafka' | 'topics' | 'limits'>,
  rollouts: readonly PlannedTopics[],
): TopicNeeds {
  // The keys of a constant of ours.
  const keys = Object.keys(OWN_TOPICS) as OwnTopic[];
  return {
    own: keys.map((key) => ({
      ...config.topics[key],
      key,
      cleanup: OWN_TOPIC_DEFAULTS[key].cleanup,
      messageBytesMax: config.limits.messageBytesMax,
    })),
    rollouts: rollouts.map(rolloutNeed),
    bootstrap: config.kafka.brokers.join(','),
  };
}

/** A window is rebuilt from its first record; a request that waits for its outcome from its own. */
function rolloutNeed({ name, plan, topics }: PlannedTopics): RolloutNeed {
  const { lengthMs, graceMs, skewMaxMs } = plan.window;
  const outcomes = outcomeMetricsOf(plan);
  const horizonMs = Math.max(0, ...outcomes.map((metric) => metric.horizonMs));
  const windowMs = lengthMs + graceMs + skewMaxMs;
  const read = [topics.current, topics.canary, outcomes.length === 0 ? null : topics.outcomes];
  return {
    name,
    topics: [...new Set(read.filter((topic) => topic !== null))],
    readAgainMs: Math.max(windowMs, horizonMs),
    readAgainBecause:
      horizonMs > windowMs
        ? 'the outcome horizon'
        : 'window.length, window.grace and window.skewMax together',
  };
}
