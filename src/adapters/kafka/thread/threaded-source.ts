import { type ResourceLimits, Worker } from 'node:worker_threads';
import { CoalmineError } from '../../../core/foundation/error.ts';
import type {
  Ends,
  PartitionSource,
  SourceEvent,
  TopicPartition,
} from '../../../pipeline/stream/ports.ts';
import type { KafkaClient } from '../connect.ts';
import type { KafkaSettings } from '../settings.ts';
import { unpackBatch } from './packed-batch.ts';
import type {
  FromThread,
  PlainSettings,
  ThreadFailure,
  ThreadStart,
  ToThread,
} from './thread-messages.ts';

export interface ThreadedSourceOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly queuedBytesMax: number;
}

const WORKER = new URL(
  `./source-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/**
 * A source whose client runs in a thread of its own: it fetches and sends heartbeats while this
 * thread decodes and joins. Otherwise as {@link kafkaSource}.
 */
export function threadedSource(
  client: KafkaClient,
  options: ThreadedSourceOptions,
): PartitionSource {
  const start: ThreadStart = {
    settings: plainSettings(client.settings),
    firstAnswerMsMax: client.firstAnswerMsMax,
    ...options,
  };
  return new ThreadedSource(
    new Worker(WORKER, { workerData: start, resourceLimits: limitsOf(options) }),
    client,
  );
}

interface Question {
  readonly resolve: (ends: Ends | null) => void;
  readonly reject: (error: Error) => void;
}

class ThreadedSource implements PartitionSource {
  readonly #worker: Worker;
  readonly #events: Extract<FromThread, { kind: 'assigned' | 'revoked' | 'batch' }>[] = [];
  readonly #questions = new Map<number, Question>();
  /** The last question by which each partition was sought: batches of before it are void. */
  readonly #soughtBy = new Map<string, number>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(worker: Worker, client: KafkaClient) {
    this.#worker = worker;
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'log') client.log(message.line);
      else this.#hear(message);
    });
    worker.on('error', (error: Error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(new CoalmineError('interrupted', 'the thread of the Kafka client has ended'));
        resolve();
      });
    });
  }

  async poll(waitMs: number): Promise<SourceEvent | null> {
    const event = this.#take();
    if (event !== null || waitMs <= 0) return event;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
    return this.#take();
  }

  async resume(
    from: readonly (TopicPartition & { readonly offset: number | 'earliest' | 'latest' })[],
  ): Promise<void> {
    const id = this.#nextId();
    for (const { topic, partition } of from) this.#soughtBy.set(`${topic}/${partition}`, id);
    await this.#ask(id, { kind: 'resume', id, from });
  }

  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    this.#send({ kind: 'paused', partitions, isPaused });
  }

  async ends(partitions: readonly TopicPartition[]): Promise<Ends> {
    const id = this.#nextId();
    const ends = await this.#ask(id, { kind: 'ends', id, partitions });
    return ends ?? { askedAtMs: 0, ends: [] };
  }

  async close(): Promise<void> {
    if (this.#failure === null) {
      const id = this.#nextId();
      await this.#ask(id, { kind: 'close', id }).catch(() => {});
    }
    await this.#worker.terminate();
    await this.#ended;
  }

  #take(): SourceEvent | null {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (event.kind !== 'batch') return event;
      const { packed, resumedBy } = event;
      this.#send({ kind: 'taken', bytes: packed.bytes.length });
      const soughtBy = this.#soughtBy.get(`${packed.topic}/${packed.partition}`);
      if (soughtBy === resumedBy) return { kind: 'batch', batch: unpackBatch(packed) };
    }
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  #hear(message: Exclude<FromThread, { kind: 'log' }>): void {
    switch (message.kind) {
      case 'answer':
        this.#questions.get(message.id)?.resolve(message.ends);
        this.#questions.delete(message.id);
        return;
      case 'refused':
        this.#questions.get(message.id)?.reject(errorOf(message.failure));
        this.#questions.delete(message.id);
        return;
      case 'failed':
        this.#fail(errorOf(message.failure));
        return;
      case 'assigned':
        this.#soughtBy.clear();
        this.#events.push(message);
        break;
      case 'revoked':
      case 'batch':
        this.#events.push(message);
    }
    this.#wake?.();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#questions.values()) reject(this.#failure);
    this.#questions.clear();
    this.#wake?.();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  async #ask(id: number, message: ToThread): Promise<Ends | null> {
    if (this.#failure !== null) throw this.#failure;
    const answer = new Promise<Ends | null>((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
    });
    this.#send(message);
    return await answer;
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

function errorOf({ code, message, hints }: ThreadFailure): Error {
  return code === null ? new Error(message) : new CoalmineError(code, message, { hints });
}

/** A secret leaves its cover only for the thread that needs it. */
function plainSettings({ tls, sasl, ...rest }: KafkaSettings): PlainSettings {
  return {
    ...rest,
    tls: tls === null ? null : { ...tls, key: tls.key?.reveal() ?? null },
    sasl:
      sasl === null
        ? null
        : sasl.mechanism === 'oauthbearer'
          ? { ...sasl, clientSecret: sasl.clientSecret.reveal() }
          : { ...sasl, password: sasl.password.reveal() },
  };
}

/** Its garbage is young and much: left alone, its heap would take as much memory as the join. */
function limitsOf({ queuedBytesMax }: ThreadedSourceOptions): ResourceLimits {
  const queuedMb = Math.ceil(queuedBytesMax / 2 ** 20);
  return { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 128 + 4 * queuedMb };
}
