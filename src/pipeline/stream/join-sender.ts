import { byWindow } from '../committer.ts';
import type { JoinDeps, JoinTopics } from './join-deps.ts';
import type { JoinerMessage, PositionsRecord } from './messages.ts';
import type { PartitionOutput } from './partition-output.ts';
import type { DeadRecord } from './ports.ts';
import type { StreamPartition } from './stream-partition.ts';

/** What one partition has to send. */
export interface Outgoing {
  readonly rolloutId: string;
  readonly partition: StreamPartition;
  readonly output: PartitionOutput;
  /** What must be known before the messages are; null: nothing. */
  readonly ahead: PositionsRecord | null;
  /** What holds once the messages are acknowledged; null: nothing changed. */
  readonly after: PositionsRecord | null;
}

/**
 * Makes outputs durable, one round at a time and in order, while the member reads on: files, then
 * partials, then positions. A positions record never tells of a partial that is not acknowledged, nor
 * of records read since: it was made when its round was.
 */
export class JoinSender {
  private readonly deps: JoinDeps;
  private readonly topics: JoinTopics;
  private inFlight: Promise<void> = Promise.resolve();
  /** By key: the positions record that this process wrote last, or went on from. */
  private readonly known = new Map<string, Uint8Array>();

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

  /** Writes a record outside the rounds. */
  async write(records: readonly PositionsRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { codec, writer } = this.deps;
    const outgoing = await Promise.all(
      records.map(async (record) => ({
        key: positionsKey(record.rolloutId, record.partition),
        value: await codec.encodePositions(record),
      })),
    );
    await writer.send(this.topics.positions, outgoing);
    for (const { key, value } of outgoing) this.known.set(key, value);
  }

  /** This process goes on from a record that lies in the topic. */
  goesOnFrom(key: string, record: Uint8Array): void {
    this.known.set(key, record);
  }

  /** Whether the record in the topic is the one that this process knows: nobody else wrote since. */
  isKnown(key: string, record: Uint8Array | null): boolean {
    const known = this.known.get(key);
    if (known === undefined || known.length !== record?.length) return false;
    return known.every((byte, i) => byte === record[i]);
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
    await this.write(outgoing.flatMap(({ ahead }) => ahead ?? []));
    const messages = outgoing.flatMap(({ output }) => output.messages);
    if (messages.length > 0) {
      await deps.writer.send(topics.partials, await this.encoded(messages));
      for (const { rolloutId, kind } of messages)
        deps.telemetry.count('partials_sent_total', { rollout: rolloutId, kind });
    }
    await this.write(outgoing.flatMap(({ after }) => after ?? []));
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
}

/** @example positionsKey('fraud-v7.1', 3) // 'fraud-v7.1/3' */
export function positionsKey(rolloutId: string, partition: number): string {
  return `${rolloutId}/${partition}`;
}
