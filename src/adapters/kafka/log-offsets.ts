import type { Cluster, Consumer } from 'kafkajs';
import { defined } from '../../core/foundation/assert.ts';
import type { Ends, TopicPartition } from '../../pipeline/stream/ports.ts';
import type { KafkaClient } from './connect.ts';

/** Where partitions begin and end. */
export class LogOffsets {
  readonly #consumer: Consumer;
  readonly #cluster: Cluster;
  #isConnected = false;

  /**
   * kafkajs' admin tells the last stable offset, behind which there may be records already, of
   * transactions that are open. The end of the log is told only to readers of uncommitted records;
   * a consumer that never runs hands its connections to its assigner.
   */
  constructor({ kafka, settings }: KafkaClient) {
    let given: Cluster | null = null;
    this.#consumer = kafka.consumer({
      groupId: `${settings.clientId}.never-joined`,
      readUncommitted: true,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        ({ cluster }) => {
          given = cluster;
          return NEVER_ASSIGNED;
        },
      ],
    });
    this.#cluster = defined<Cluster>(given, 'the cluster of a consumer');
  }

  begins(partitions: readonly TopicPartition[]): Promise<Ends['ends']> {
    return this.#ask(partitions, true);
  }

  ends(partitions: readonly TopicPartition[]): Promise<Ends['ends']> {
    return this.#ask(partitions, false);
  }

  async #ask(partitions: readonly TopicPartition[], fromBeginning: boolean): Promise<Ends['ends']> {
    const topics = Map.groupBy(partitions, ({ topic }) => topic);
    if (topics.size === 0) return [];
    try {
      await this.#connect([...topics.keys()]);
      const asked = [...topics].map(([topic, of]) => ({
        topic,
        partitions: of.map(({ partition }) => ({ partition })),
        fromBeginning,
      }));
      const answers = await this.#cluster.fetchTopicsOffset(asked);
      return answers.flatMap(({ topic, partitions: offsets }) =>
        offsets.map(({ partition, offset }) => ({ topic, partition, endOffset: Number(offset) })),
      );
    } catch (error) {
      // A leader that moved or went: the next question begins with fresh connections.
      await this.close();
      throw error;
    }
  }

  async #connect(topics: string[]): Promise<void> {
    if (!this.#isConnected) await this.#consumer.connect();
    this.#isConnected = true;
    await this.#cluster.addMultipleTargetTopics(topics);
    await this.#cluster.refreshMetadataIfNecessary();
  }

  async close(): Promise<void> {
    this.#isConnected = false;
    await this.#consumer.disconnect().catch(() => undefined);
  }
}

const NEVER_ASSIGNED = {
  name: 'NeverAssigned',
  version: 0,
  assign: async () => [],
  protocol: () => ({ name: 'NeverAssigned', metadata: Buffer.alloc(0) }),
};
