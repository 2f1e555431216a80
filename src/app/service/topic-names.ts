import { OWN_TOPICS, type OwnTopic } from '../../pipeline/stream/messages.ts';
import type { ServiceConfig } from './service-config.ts';

/** The names that a config gives to the topics of ours. */
export function topicNames(
  config: Pick<ServiceConfig, 'topics'>,
): Readonly<Record<OwnTopic, string>> {
  const names: Record<OwnTopic, string> = { ...OWN_TOPICS };
  // The keys of a constant of ours.
  for (const topic of Object.keys(OWN_TOPICS) as OwnTopic[])
    names[topic] = config.topics[topic].name;
  return names;
}
