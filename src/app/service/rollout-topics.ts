import { resolve } from 'node:path';
import type { Plan } from '../../core/events/plan.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { AppliedRollout } from '../../pipeline/stream/messages.ts';
import { nearest } from '../plan/suggest.ts';
import { DEFAULT_TOPICS } from './default-topics.ts';
import type { ServiceConfig } from './service-config.ts';

/** What a user named; null: not named. */
export interface NamedTopics {
  readonly current: string | null;
  readonly canary: string | null;
  readonly outcomes: string | null;
}

/**
 * The topics that a rollout reads: named ones first, then those of the config's rollout with the same
 * plan file, then the usual names. Outcomes are read when the plan has a metric of them.
 *
 * @throws CoalmineError `usage` when one is not known; `config_invalid` when the config does not say how
 * to read it
 */
export function rolloutTopics(
  named: NamedTopics,
  of: {
    readonly plan: Plan;
    readonly planFile: string;
    readonly config: Pick<ServiceConfig, 'inputs' | 'rollouts'>;
  },
): AppliedRollout['topics'] {
  const { plan, planFile, config } = of;
  const inputs = config.inputs.map(({ topic }) => topic);
  const configured = config.rollouts.find((one) => resolve(one.planFile) === resolve(planFile));
  const choose = (side: keyof NamedTopics): string | null =>
    named[side] ??
    configured?.[side] ??
    inputs.find((topic) => topic === DEFAULT_TOPICS[side]) ??
    null;
  const wantsOutcomes = plan.metrics.some((metric) => metric.type === 'outcome');
  const topics = {
    current: known('current', choose('current'), inputs),
    canary: known('canary', choose('canary'), inputs),
    outcomes: wantsOutcomes ? known('outcomes', choose('outcomes'), inputs) : null,
  };
  if (named.outcomes !== null && !wantsOutcomes) {
    throw new CoalmineError('usage', `${planFile} has no metric of outcomes`, {
      hints: ['leave --outcomes out, or add a metric of type outcome to the plan'],
    });
  }
  return topics;
}

function known(side: keyof NamedTopics, topic: string | null, inputs: readonly string[]): string {
  const listed = inputs.length === 0 ? 'none' : inputs.join(', ');
  if (topic === null) {
    throw new CoalmineError('usage', `which topic holds ${describe(side)}?`, {
      hints: [`--${side} TOPIC names it`, `inputs of the config: ${listed}`],
    });
  }
  if (inputs.includes(topic)) return topic;
  const near = nearest(topic, inputs);
  throw new CoalmineError('config_invalid', `${topic} is no input of the config`, {
    hints: [
      ...(near === null ? [] : [`did you mean ${near}?`]),
      `inputs: ${listed}`,
      'an input says in which format the topic is, and which fields are kept',
    ],
  });
}

function describe(side: keyof NamedTopics): string {
  return side === 'outcomes' ? 'the outcomes' : `the predictions of the ${side} version`;
}

/**
 * How many partitions every topic of a rollout has.
 *
 * @param counts by topic; a topic that does not exist is not in it
 * @throws CoalmineError `topic_invalid` when one does not exist, or has another number
 */
export function commonPartitionCount(
  topics: AppliedRollout['topics'],
  counts: ReadonlyMap<string, number>,
): number {
  const names = [topics.current, topics.canary, topics.outcomes].filter((name) => name !== null);
  for (const name of names) {
    if (!counts.has(name))
      throw new CoalmineError('topic_invalid', `the topic ${name} does not exist`);
  }
  const count = counts.get(topics.current) ?? 0;
  if (names.every((name) => counts.get(name) === count)) return count;
  throw new CoalmineError('topic_invalid', 'the topics of a rollout have as many partitions', {
    hints: [
      ...names.map((name) => `${name} has ${counts.get(name) ?? 0}`),
      'both halves of a request must lie on the same partition number',
    ],
  });
}
