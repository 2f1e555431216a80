import type { Producer } from 'kafkajs';
import { type KafkaClient, RETRY } from './connect.ts';
import { Patience } from './patience.ts';

/** A record that is sent again just as it was. */
export interface ResentRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes records with keys of any bytes, or none: what other people's producers wrote. */
export interface Resender {
  /** Resolves when it is acknowledged, with its new offset. */
  send(record: ResentRecord): Promise<{ readonly offset: number }>;
  close(): Promise<void>;
}

/** Connects at the first record. */
export function kafkaResender(client: KafkaClient): Resender {
  const patience = new Patience(client);
  let producer: Producer | null = null;
  return {
    async send({ topic, partition, key, value, headers }) {
      return await patience.ask(`writing to ${topic}`, async () => {
        producer ??= client.kafka.producer({ allowAutoTopicCreation: false, retry: RETRY });
        await producer.connect();
        const message = {
          key: key === null ? null : Buffer.from(key),
          value: Buffer.from(value),
          partition,
          headers: { ...headers },
        };
        const [answer] = await producer.send({ topic, messages: [message], acks: -1 });
        return { offset: Number(answer?.baseOffset ?? -1) };
      });
    },
    async close() {
      patience.end();
      await producer?.disconnect().catch(() => undefined);
    },
  };
}
