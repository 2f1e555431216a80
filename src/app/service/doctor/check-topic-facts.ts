import { retentionText } from '../duration-text.ts';
import { topicNeeds } from '../topic-needs.ts';
import { checkTopics, type TopicProblem } from '../topics.ts';
import type { Check } from './check.ts';
import type { DoctorFacts } from './facts.ts';

/** The plans of the rollouts that the service has, or will have. */
export function checkRollouts({ rollouts }: Pick<DoctorFacts, 'rollouts'>): readonly Check[] {
  if (rollouts.length === 0) {
    return [
      {
        area: 'rollouts',
        subject: 'rollouts',
        status: 'warning',
        seen: 'there is none, in the config or applied: only the topics of the service were looked at',
        mend: 'coalmine apply PLAN.yaml, or list it under rollouts in the config',
      },
    ];
  }
  return rollouts.map((fact): Check => {
    if (!fact.ok) {
      const mend = 'coalmine lint PLAN.yaml says more';
      return { area: 'rollouts', subject: fact.name, status: 'error', seen: fact.why, mend };
    }
    const { name, plan, topics } = fact.rollout;
    const read = [...new Set(Object.values(topics).filter((topic) => topic !== null))];
    const seen = `${plan.model}, ${plan.currentVersion} to ${plan.canaryVersion}, reads ${read.join(', ')}`;
    return { area: 'rollouts', subject: name, status: 'ok', seen, mend: null };
  });
}

/** Topics: whether they exist, are alike, and keep records for long enough. */
export function checkTopicFacts({
  topics,
  rollouts,
  config,
}: Pick<DoctorFacts, 'topics' | 'rollouts' | 'config'>): readonly Check[] {
  if (topics === null) return [];
  if (!topics.ok) {
    const mend = 'give this user the right to describe topics and their configs';
    return [{ area: 'topics', subject: 'topics', status: 'error', seen: topics.why, mend }];
  }
  const needs = topicNeeds(
    config,
    rollouts.flatMap((fact) => (fact.ok ? [fact.rollout] : [])),
  );
  const problems = checkTopics(needs, topics.value);
  const names = [
    ...needs.rollouts.flatMap((need) => need.topics),
    ...needs.own.map(({ name }) => name),
  ];
  return [...new Set(names)].flatMap((name) => {
    const own = problems.filter(({ topic }) => topic === name);
    if (own.length > 0) return own.map(problemCheck);
    const topic = topics.value.get(name);
    const count = topic?.partitionCount ?? 0;
    const kept =
      topic?.cleanupPolicy === 'compact'
        ? 'compacted'
        : `kept ${retentionText(topic?.retentionMs ?? -1)}`;
    const seen = `${count} partition${count === 1 ? '' : 's'}, ${kept}`;
    return [{ area: 'topics', subject: name, status: 'ok' as const, seen, mend: null }];
  });
}

function problemCheck({ topic, kind, message, mend }: TopicProblem): Check {
  const line = { area: 'topics', subject: topic, seen: message };
  // It mends itself.
  if (kind === 'missing') return { ...line, status: 'ok', mend: null };
  return { ...line, status: kind, mend };
}
