import type { FieldSelectors } from '../../core/events/field-map.ts';
import type { Prediction } from '../../core/events/prediction.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type {
  Clock,
  PartitionSource,
  RawBatch,
  SourceEvent,
  TopicPartition,
  TopicTable,
  TopicWriter,
} from '../stream/ports.ts';
import { type AnswerReader, answerReader } from './answer.ts';
import { countChoice, noCounts, type ShadowCounts } from './counts.ts';
import { OffsetTracker } from './offset-tracker.ts';
import { createPace } from './pace.ts';
import { type Ask, planRecord, type RecordPlan } from './plan-record.ts';
import type { AnswerWriter, ModelCaller, PredictionReader, ReadRecord } from './ports.ts';
import { decodeProgress, progressKey, type Route } from './progress.ts';
import { type PartitionWork, type Ready, release } from './release.ts';
import { type BuiltRequest, type RequestShape, requestBuilder } from './request.ts';
import { askPatiently, type Retrying } from './retry.ts';
import type { Selection } from './selection.ts';

export interface ShadowPorts {
  /** Reads the topic of the current model, and nothing else. */
  readonly source: PartitionSource;
  /** The first offsets that are still in the log, by partition number. */
  readonly begins: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<number, number>>;
  readonly writer: TopicWriter;
  /** Of `SHADOW_TOPIC`. */
  readonly progress: TopicTable;
  readonly reader: PredictionReader;
  readonly caller: ModelCaller;
  readonly answers: AnswerWriter;
  readonly clock: Clock;
}

export interface ShadowOptions {
  readonly route: Route;
  readonly deadLetterTopic: string;
  /** Whether dead letters hold the original bytes. */
  readonly keepDeadLetterPayload: boolean;
  readonly selection: Selection;
  readonly canaryVersion: string;
  readonly shape: RequestShape;
  /** Where in an answer its values are. */
  readonly answer: FieldSelectors;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  readonly retryCountMax: number;
  /** Where a partition begins that has no progress. */
  readonly begin: 'earliest' | 'latest';
  /** Ends when all that was logged when it began is answered. */
  readonly isOnce: boolean;
  readonly signal: AbortSignal;
  readonly onCounts: (counts: ShadowCounts) => void;
}

const POLL_MS = 100;
/** A source that does not wait must not keep everything else from happening. */
const IDLE_MS = 5;
const REGISTRY_WAIT_MS = 1_000;
/** Records between begun and written, for each request at a time: one slow request holds back the rest. */
const OPEN_PER_CONCURRENCY = 16;

interface Task extends Ask {
  readonly work: PartitionWork;
  readonly finish: (ready: Ready) => void;
}

/**
 * Asks the canary for what current was asked, from the log. Reads, asks many at a time, and writes
 * answers in the order of the log. Returns what it counted when it is told to stop, or at the end.
 *
 * @throws CoalmineError when the broker is lost for good, or the endpoint refuses us
 */
export async function runShadow(ports: ShadowPorts, options: ShadowOptions): Promise<ShadowCounts> {
  return await new ShadowRun(ports, options).run();
}

class ShadowRun {
  readonly #ports: ShadowPorts;
  readonly #options: ShadowOptions;
  readonly #build: (prediction: Prediction, loggedTrace: string | null) => BuiltRequest;
  readonly #readAnswer: AnswerReader;
  readonly #retrying: Retrying;
  readonly #counts = noCounts();
  readonly #running = new Set<Promise<void>>();
  /** Where `isOnce` ends, by partition. */
  readonly #ends = new Map<number, number>();
  #works = new Map<number, PartitionWork>();
  #hasAssignment = false;
  #queue: Task[] = [];
  #isPaused = false;
  #failure: Error | null = null;
  #releasing: Promise<void> | null = null;
  #isStopping = false;
  #stop: () => void = () => {};

  constructor(ports: ShadowPorts, options: ShadowOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#build = requestBuilder(options.shape);
    this.#readAnswer = answerReader(options.answer, options.canaryVersion);
    const stopped = new Promise<void>((resolve) => {
      this.#stop = resolve;
    });
    const { clock } = ports;
    const wait = async (ms: number) => {
      await Promise.race([clock.wait(ms), stopped]);
    };
    const pace = createPace(options.ratePerSecond, { nowMs: () => clock.nowMs(), wait });
    const { retryCountMax } = options;
    this.#retrying = { caller: ports.caller, wait, pace, retryCountMax };
  }

  async run(): Promise<ShadowCounts> {
    try {
      while (!this.#isOver()) await this.#turn();
    } catch (error) {
      this.#fail(error);
    }
    await this.#end();
    if (this.#failure !== null) throw this.#failure;
    return { ...this.#counts };
  }

  #isOver(): boolean {
    if (this.#options.signal.aborted || this.#failure !== null) return true;
    if (!this.#options.isOnce || !this.#hasAssignment) return false;
    return [...this.#works.values()].every(
      ({ partition, tracker, storedPosition }) =>
        tracker.openCount === 0 && storedPosition >= (this.#ends.get(partition) ?? 0),
    );
  }

  async #turn(): Promise<void> {
    const event = await this.#ports.source.poll(POLL_MS);
    if (event === null) {
      await this.#release();
      await this.#ports.clock.wait(IDLE_MS);
    } else {
      await this.#handle(event);
    }
    this.#options.onCounts(this.#counts);
  }

  async #handle(event: SourceEvent): Promise<void> {
    switch (event.kind) {
      case 'assigned':
        return await this.#assigned(event.partitions);
      case 'revoked':
        return this.#lose();
      case 'batch':
        return await this.#take(event.batch);
    }
  }

  /** Whoever owns them now begins at what is stored: what is still on its way here counts for nothing. */
  #lose(): void {
    for (const work of this.#works.values()) work.isLost = true;
    this.#works = new Map();
    this.#queue = [];
    this.#hasAssignment = false;
    this.#isPaused = false;
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.#lose();
    const { source, progress } = this.#ports;
    const { route, begin } = this.#options;
    const ours = partitions.filter(({ topic }) => topic === route.from);
    await progress.refresh();
    const [{ ends }, begins] = await Promise.all([source.ends(ours), this.#ports.begins(ours)]);
    const from = ours.map((at) => {
      const { partition } = at;
      const endOffset = ends.find((each) => each.partition === partition)?.endOffset ?? 0;
      if (!this.#ends.has(partition)) this.#ends.set(partition, endOffset);
      const stored = decodeProgress(progress.get(progressKey(route, partition)), route);
      const beginOffset = begins.get(partition) ?? 0;
      // What was deleted before it was asked cannot be asked any more.
      const offset = Math.max(
        stored ?? (begin === 'latest' ? endOffset : beginOffset),
        beginOffset,
      );
      const tracker = new OffsetTracker<Ready>(offset);
      // A beginning must hold: what is logged from there on is asked, also after a crash.
      const storedPosition = stored ?? -1;
      this.#works.set(partition, { partition, tracker, storedPosition, isLost: false });
      return { ...at, offset };
    });
    await source.resume(from);
    this.#hasAssignment = true;
    await this.#release();
  }

  async #take(batch: RawBatch): Promise<void> {
    const work = this.#works.get(batch.partition);
    if (work === undefined || batch.topic !== this.#options.route.from) return;
    const records = await this.#whileRegistryIsAway(() => this.#ports.reader.read(batch));
    for (const read of records) {
      this.#counts.read += 1;
      const plan = planRecord(read, this.#options.selection, this.#build);
      await this.#begin(work, read, plan);
    }
    work.tracker.readTo(batch.nextOffset);
    this.#pump();
    this.#balance();
  }

  /** It is needed for schemas that are new only: what is known goes on, what is not waits. */
  async #whileRegistryIsAway<T>(ask: () => Promise<T>): Promise<T> {
    while (true) {
      try {
        return await ask();
      } catch (error) {
        const isAway = error instanceof CoalmineError && error.code === 'registry_unavailable';
        if (!isAway || this.#isStopping || this.#options.signal.aborted) throw error;
        await this.#retrying.wait(REGISTRY_WAIT_MS);
      }
    }
  }

  async #begin(work: PartitionWork, read: ReadRecord, plan: RecordPlan): Promise<void> {
    const { offset } = read.record;
    if (plan.kind === 'dead') {
      this.#counts.deadLettered += 1;
      const done = work.tracker.begin(offset);
      done([await this.#deadLetter(work.partition, read, plan)]);
      this.#releaseSoon();
      return;
    }
    for (const choice of plan.choices) countChoice(this.#counts, choice);
    if (plan.asks.length === 0) return;
    const done = work.tracker.begin(offset);
    const finished: Ready[] = [];
    const finish = (ready: Ready) => {
      finished.push(ready);
      if (finished.length === plan.asks.length) done(finished);
    };
    for (const ask of plan.asks) this.#queue.push({ ...ask, work, finish });
  }

  async #deadLetter(
    partition: number,
    { record }: ReadRecord,
    { reason, field, detail }: Extract<RecordPlan, { kind: 'dead' }>,
  ): Promise<Ready> {
    const { route, keepDeadLetterPayload: keeps } = this.#options;
    const { offset, key, value } = record;
    const letter = await this.#ports.answers.encodeDeadLetter({
      topic: route.from,
      partition,
      offset,
      reason,
      field,
      detail: `shadow: ${detail}`,
      key,
      value: keeps ? value : null,
    });
    return { kind: 'dead', record: letter };
  }

  #pump(): void {
    while (this.#running.size < this.#options.concurrency && !this.#isStopping) {
      const task = this.#queue.shift();
      if (task === undefined) return;
      const running = this.#work(task)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#running.delete(running);
          this.#pump();
        });
      this.#running.add(running);
    }
  }

  async #work(task: Task): Promise<void> {
    const { work, prediction, request } = task;
    const { requestId } = prediction;
    const isStopped = () => this.#isStopping || work.isLost;
    const asked = await askPatiently({ request, requestId }, this.#retrying, isStopped);
    this.#counts.retried += Math.max(0, asked.attemptCount - 1);
    const { answer } = asked;
    if (answer === null || work.isLost) return;
    if (answer.kind === 'refused') throw refusal(answer.detail);
    const written = this.#readAnswer(prediction, answer);
    const value = await this.#whileRegistryIsAway(() =>
      this.#ports.answers.encodePrediction(written),
    );
    this.#counts[written.error === null ? 'answered' : 'failed'] += 1;
    // The same partition number as the request's: halves must meet whatever placed the first.
    task.finish({ kind: 'answer', record: { key: requestId, value, partition: work.partition } });
    this.#releaseSoon();
  }

  #releaseSoon(): void {
    this.#release().catch((error: unknown) => this.#fail(error));
  }

  /** One at a time; who comes while one is on its way waits for it and the next. */
  async #release(): Promise<void> {
    if (this.#releasing !== null) return await this.#releasing;
    this.#releasing = this.#releaseAll();
    try {
      await this.#releasing;
    } finally {
      this.#releasing = null;
    }
  }

  async #releaseAll(): Promise<void> {
    const { route, deadLetterTopic } = this.#options;
    // What is done meanwhile is not waited for, but looked for once more.
    for (let rounds = 0, again = true; again; rounds += 1) {
      const works = [...this.#works.values()];
      await release(works, this.#ports.writer, { route, deadLetterTopic });
      again = rounds < 1_000 && works.some(({ tracker }) => tracker.hasDone);
    }
    this.#balance();
  }

  /** Stops fetching while too much is open. */
  #balance(): void {
    const works = [...this.#works.values()];
    const open = works.reduce((sum, { tracker }) => sum + tracker.openCount, 0);
    const openMax = OPEN_PER_CONCURRENCY * this.#options.concurrency;
    const wantsPause = this.#isPaused ? open > openMax / 2 : open > openMax;
    if (wantsPause === this.#isPaused) return;
    this.#isPaused = wantsPause;
    const { from } = this.#options.route;
    const partitions = works.map(({ partition }) => ({ topic: from, partition }));
    this.#ports.source.setPaused(partitions, wantsPause);
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Requests that are on their way are waited for and written; what is queued is for the next run. */
  async #end(): Promise<void> {
    this.#isStopping = true;
    this.#queue = [];
    this.#stop();
    await Promise.all(this.#running);
    // The first may be one that was on its way already: the second sees all that is done.
    await this.#release().catch((error: unknown) => this.#fail(error));
    await this.#release().catch((error: unknown) => this.#fail(error));
    await this.#ports.source.close().catch((error: unknown) => this.#fail(error));
    this.#options.onCounts(this.#counts);
  }
}

function refusal(detail: string): CoalmineError {
  return new CoalmineError('endpoint_refused', `the canary's endpoint refuses us: ${detail}`, {
    hints: [
      'Nothing was written for this request: mend --call or the request file, then run the same command again.',
    ],
  });
}
