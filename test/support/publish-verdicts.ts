import {
  VERDICT_EVENT_TYPE,
  type VerdictContext,
  verdictHeaders,
  verdictToJsonEvent,
} from '../../src/adapters/avro/cloud-event.ts';
import { avroRecordCodecs } from '../../src/adapters/avro/record-codecs.ts';
import { plainRegistry } from '../../src/adapters/registry/plain-registry.ts';
import type { Verdict } from '../../src/core/events/verdict.ts';
import type { TestBroker } from './broker/test-broker.ts';
import { bystander } from './kafka-topics.ts';

export interface PublishedVerdict {
  readonly verdict: Verdict;
  readonly epoch: number;
  readonly mode?: 'binary' | 'structured';
  readonly type?: string;
}

/** Writes verdicts as the judge does: CloudEvents, keyed by rollout. */
export async function publishVerdicts(
  broker: TestBroker,
  topic: string,
  published: readonly PublishedVerdict[],
): Promise<void> {
  const topics = { rollouts: 'a', verdicts: topic, routing: 'b', rolloutEvents: 'c' };
  const codec = avroRecordCodecs(plainRegistry(broker.registryUrl), topics).verdict;
  const producer = bystander(broker).producer();
  await producer.connect();
  for (const { verdict, epoch, mode = 'binary', type = VERDICT_EVENT_TYPE } of published) {
    const context: VerdictContext = {
      epoch,
      source: '/coalmine/test',
      effectiveFromMs: verdict.windowEndMs,
    };
    const event =
      mode === 'structured'
        ? verdictToJsonEvent(verdict, context)
        : {
            headers: { ...verdictHeaders(verdict, context), ce_type: type },
            value: Buffer.from(await codec.encode(verdict)),
          };
    await producer.send({ topic, messages: [{ key: verdict.rolloutId, ...event }] });
  }
  await producer.disconnect();
}
