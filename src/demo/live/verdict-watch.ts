import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '../../app/service/service-config.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import type { VerdictConsumer } from '../../verdicts/verdicts.ts';
import { consumeVerdicts } from '../../verdicts/verdicts.ts';

/** The verdicts of one rollout, as they come. */
export interface VerdictWatch {
  readonly latest: () => Verdict | null;
  readonly close: () => Promise<void>;
}

/** Reads verdicts as any other program would. */
export async function watchVerdicts(
  { kafka, registry, topics }: ServiceConfig,
  rolloutId: string,
): Promise<VerdictWatch> {
  let latest: Verdict | null = null;
  const consumer: VerdictConsumer = await consumeVerdicts(
    {
      kafka: kafka.brokers,
      registryUrl: registry.url,
      groupId: `coalmine-demo.${randomUUID()}`,
      topic: topics.verdicts.name,
      rolloutIds: [rolloutId],
      from: 'earliest',
      // Of others, or of an earlier life of this broker: nothing of this rollout is lost with them.
      onUnreadable: () => {},
    },
    (verdict) => {
      latest = verdict;
    },
  );
  let failure: Error | null = null;
  consumer.ended.catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const current = (): Verdict | null => {
    if (failure !== null) throw failure;
    return latest;
  };
  return { latest: current, close: async () => await consumer.close() };
}
