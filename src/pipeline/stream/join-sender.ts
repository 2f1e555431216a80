import { byWindow } from '../committer.ts';
import type { JoinDeps, JoinTopics } from './join-deps.ts';
import type { JoinerMessage } from './messages.ts';
import type { DeadRecord } from './ports.ts';
import type { PartitionOutput, StreamPartition } from './stream-partition.ts';

/** What one partition has to send. */
export interface Outgoing {
  readonly rolloutId: string;
  readonly partition: StreamPartition;
  readonly output: PartitionOutput;
}

/**
 * Makes outputs durable, one round at a time and in order, while the member reads on: files, then
 * partials, then positions. A positions record never tells of a partial that is not acknowledged.
 */
export class JoinSender {
  private readonly deps: JoinDeps;
  private readonly topics: JoinTopics;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(deps: JoinDeps, topics: JoinTopics) {
    this.deps = deps;
    this.topics = topics;
  }

  /** Waits for the round before, then begins with this one. Rejects with what failed there. */
  async submit(outgoing: readonly Outgoing[], dead: readonly DeadRecord[]): Promise<void> {
    await this.inFlight;
    if (outgoing.length === 0 && dead.length === 0) return;
    this.inFlight = this.send(outgoing, dead);
    // A failure is thrown by the next submit or settle: it must not count as unheard until then.
    this.inFlight.catch(() => {});
  }

  /** Waits until everything submitted is acknowledged. */
  async settle(): Promise<void> {
    await this.inFlight;
  }

  private async send(outgoing: readonly Outgoing[], dead: readonly DeadRecord[]): Promise<void> {
    const { deps, topics } = this;
    if (dead.length > 0) {
      const letters = await Promise.all(dead.map(async (one) => await deps.encodeDead(one)));
      await deps.writer.send(topics.deadLetters, letters);
      for (const { topic, partition, reason } of dead)
        deps.telemetry.count('dead_letters_total', { topic, partition, reason });
    }
    for (const one of outgoing) await this.writeFiles(one);
    const messages = outgoing.flatMap(({ output }) => output.messages);
    if (messages.length > 0) {
      await deps.writer.send(topics.partials, await this.encoded(messages));
      for (const { rolloutId, kind } of messages)
        deps.telemetry.count('partials_sent_total', { rollout: rolloutId, kind });
    }
    const reported = outgoing.filter(({ output }) => output.messages.length > 0);
    for (const { partition, output } of outgoing) partition.release(output.through);
    if (reported.length > 0)
      await deps.writer.send(topics.positions, await this.positions(reported));
    for (const { rolloutId, output } of outgoing) {
      if (output.expiredSegments.length === 0) continue;
      await (await deps.files(rolloutId)).segments.remove(output.expiredSegments);
    }
  }

  private async writeFiles({ rolloutId, partition, output }: Outgoing): Promise<void> {
    if (output.segments.length === 0 && output.pairs.length === 0) return;
    const { segments, pairs } = await this.deps.files(rolloutId);
    await Promise.all(output.segments.map(({ name, bytes }) => segments.write(name, bytes)));
    for (const [startMs, kept] of byWindow(output.pairs))
      await pairs.write(`${partition.partition}-${startMs}`, kept);
  }

  private async encoded(messages: readonly JoinerMessage[]) {
    const { codec } = this.deps;
    return await Promise.all(
      messages.map(async (message) => ({
        key: message.rolloutId,
        value: await codec.encodeJoinerMessage(message),
      })),
    );
  }

  private async positions(reported: readonly Outgoing[]) {
    const { codec } = this.deps;
    return await Promise.all(
      [...new Set(reported.map(({ partition }) => partition))].map(async (partition) => {
        const record = partition.positions();
        return {
          key: positionsKey(record.rolloutId, record.partition),
          value: await codec.encodePositions(record),
        };
      }),
    );
  }
}

/** @example positionsKey('fraud-v7.1', 3) // 'fraud-v7.1/3' */
export function positionsKey(rolloutId: string, partition: number): string {
  return `${rolloutId}/${partition}`;
}
