import { randomUUID } from 'node:crypto';
import { readVerdictEvent } from '../../adapters/avro/cloud-event.ts';
import type { RecordCodecs } from '../../adapters/avro/record-codecs.ts';
import type { KafkaClient } from '../../adapters/kafka/connect.ts';
import { kafkaSource } from '../../adapters/kafka/source.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { readToEnd } from './read-to-end.ts';

const ASSIGNED_MS_MAX = 60_000;
const QUIET_MS_MAX = 3_000;

/**
 * The verdicts of a rollout that are on their topic: by the start of their window, the event time
 * from which on their changes take effect.
 */
export async function readPublished(
  parts: {
    readonly client: KafkaClient;
    readonly codec: RecordCodecs['verdict'];
    readonly topic: string;
    readonly groupPrefix: string;
  },
  rolloutId: string,
): Promise<ReadonlyMap<number, number>> {
  const { client, codec, topic, groupPrefix } = parts;
  const clock = systemClock();
  const group = `${groupPrefix}.published.${randomUUID()}`;
  const source = kafkaSource(client, { group, topics: [topic], clock });
  const published = new Map<number, number>();
  try {
    await readToEnd(
      source,
      { clock, latestCount: null, assignedMsMax: ASSIGNED_MS_MAX, quietMsMax: QUIET_MS_MAX },
      async ({ records }) => {
        for (const { key, headers, value } of records) {
          if (key === null || new TextDecoder().decode(key) !== rolloutId) continue;
          const read = await readVerdictEvent(headers, value, codec);
          if (read.kind !== 'verdict') continue;
          const { verdict, effectiveFromMs } = read.event;
          // The first of a window stands: later ones are repeats.
          if (effectiveFromMs !== null && !published.has(verdict.windowStartMs))
            published.set(verdict.windowStartMs, effectiveFromMs);
        }
      },
    );
    return published;
  } finally {
    await source.close();
  }
}
