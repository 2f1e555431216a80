import { parentPort, workerData } from 'node:worker_threads';
import { defined } from '../../../core/foundation/assert.ts';
import { CoalmineError } from '../../../core/foundation/error.ts';
import type { PartitionSource, RawBatch, TopicPartition } from '../../../pipeline/stream/ports.ts';
import { kafkaClient } from '../connect.ts';
import type { Secret } from '../settings.ts';
import { kafkaSource } from '../source.ts';
import { buffersOf, packBatch } from './packed-batch.ts';
import type {
  FromThread,
  PlainSettings,
  ThreadFailure,
  ThreadStart,
  ToThread,
} from './thread-messages.ts';

/**
 * The thread of a source: it keeps the group's heartbeats and takes the client's work from the thread
 * that joins. Asked by messages, it answers by messages.
 */

const POLL_MS = 1_000;
/** Large answers are copied several times by the client: smaller ones keep memory flat. */
const FETCH = { fetchBytesMax: 2 * 2 ** 20, partitionBytesMax: 2 ** 19 };

const port = defined(parentPort, 'the thread that started this one');

function tell(message: FromThread, handedOver: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...handedOver]);
}

function failureOf(error: unknown): ThreadFailure {
  if (error instanceof CoalmineError)
    return { code: error.code, message: error.message, hints: error.hints };
  return {
    code: null,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hints: [],
  };
}

function secretOf(text: string): Secret {
  return { reveal: () => text, toString: () => '***', toJSON: () => '***' };
}

function settingsOf(plain: PlainSettings) {
  const { tls, sasl } = plain;
  return {
    ...plain,
    tls: tls === null ? null : { ...tls, key: tls.key === null ? null : secretOf(tls.key) },
    sasl:
      sasl === null
        ? null
        : sasl.mechanism === 'oauthbearer'
          ? { ...sasl, clientSecret: secretOf(sasl.clientSecret) }
          : { ...sasl, password: secretOf(sasl.password) },
  };
}

class SourceThread {
  private readonly source: PartitionSource;
  private readonly queuedBytesMax: number;
  private readonly resumedBy = new Map<string, number>();
  /** Partitions that are being sought: what is still handed out of them lies before. */
  private readonly seeking = new Map<string, number>();
  private queuedBytes = 0;
  private room: (() => void) | null = null;
  private isClosing = false;

  constructor(source: PartitionSource, queuedBytesMax: number) {
    this.source = source;
    this.queuedBytesMax = queuedBytesMax;
  }

  async run(): Promise<void> {
    while (!this.isClosing) {
      const event = await this.source.poll(POLL_MS);
      if (event?.kind === 'batch') await this.handOver(event.batch);
      else if (event !== null) tell(event);
    }
  }

  hear(message: ToThread): void {
    switch (message.kind) {
      case 'paused':
        this.source.setPaused(message.partitions, message.isPaused);
        return;
      case 'taken':
        this.queuedBytes -= message.bytes;
        this.room?.();
        return;
      case 'resume':
        void this.answer(message.id, async () => {
          await this.seek(message);
          return null;
        });
        return;
      case 'ends':
        void this.answer(message.id, async () => await this.source.ends(message.partitions));
        return;
      case 'close':
        this.isClosing = true;
        this.room?.();
        void this.answer(message.id, async () => {
          await this.source.close();
          return null;
        });
    }
  }

  private async seek({ from, id }: Extract<ToThread, { kind: 'resume' }>): Promise<void> {
    const sought = from.map(keyOf);
    for (const key of sought) this.seeking.set(key, id);
    await this.source.resume(from);
    for (const key of sought) {
      if (this.seeking.get(key) !== id) continue;
      this.seeking.delete(key);
      this.resumedBy.set(key, id);
    }
  }

  private async answer(id: number, run: () => ReturnType<PartitionSource['ends']> | Promise<null>) {
    try {
      tell({ kind: 'answer', id, ends: await run() });
    } catch (error) {
      tell({ kind: 'refused', id, failure: failureOf(error) });
    }
  }

  private async handOver(batch: RawBatch): Promise<void> {
    const key = keyOf(batch);
    if (this.seeking.has(key)) return;
    const resumedBy = this.resumedBy.get(key) ?? -1;
    while (this.queuedBytes > this.queuedBytesMax && !this.isClosing) {
      await new Promise<void>((resolve) => {
        this.room = resolve;
      });
    }
    this.room = null;
    const packed = packBatch(batch);
    this.queuedBytes += packed.bytes.length;
    tell({ kind: 'batch', packed, resumedBy }, buffersOf(packed));
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

async function main(): Promise<void> {
  // The edge of the thread: what it is started with is of this type.
  const start = workerData as ThreadStart;
  const client = await kafkaClient(settingsOf(start.settings), {
    log: (line) => tell({ kind: 'log', line }),
    firstAnswerMsMax: start.firstAnswerMsMax,
  });
  const { group, topics, queuedBytesMax } = start;
  const clock = { nowMs: () => Date.now(), wait: async () => {} };
  const thread = new SourceThread(
    kafkaSource(client, { group, topics, clock, queuedBytesMax, ...FETCH }),
    queuedBytesMax,
  );
  port.on('message', (message: ToThread) => thread.hear(message));
  await thread.run();
}

main()
  .catch((error: unknown) => tell({ kind: 'failed', failure: failureOf(error) }))
  .finally(() => {
    port.unref();
  });
