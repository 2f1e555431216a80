import type { Plan } from '../core/events/plan.ts';
import type { RolloutPhase } from '../core/events/routing.ts';
import type { Driver, StageRef, Verdict } from '../core/events/verdict.ts';
import { assert } from '../core/foundation/assert.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { OutcomeCounters } from '../core/join/outcome-joiner.ts';
import { noOutcomeCounters } from '../core/join/outcome-joiner.ts';
import type { JoinCounters } from '../core/join/sink.ts';
import { sumCounters, unaccounted } from '../core/join/sink.ts';
import type { RolloutDecision } from '../core/rollout/controller.ts';
import { decisionOf } from '../core/rollout/controller.ts';
import { presentStage } from '../core/rollout/stages.ts';
import type { WindowPartial } from '../core/windows/partial.ts';
import { Committer, type CommitterDeps } from './committer.ts';
import type { LineOptions, LineOutput } from './line.ts';
import { Line, outcomeMetricsOf } from './line.ts';
import type { LineState } from './line-state.ts';
import { readState, STATE_VERSION } from './line-state.ts';
import { loadFacts } from './marks.ts';
import { settleLagOf } from './partition-line.ts';
import type { Commit, LogFrame, PredictionLog } from './ports.ts';
import { publishOutbox } from './publisher.ts';
import { restoreOutcomes } from './restore-outcomes.ts';
import type { ClosedWindow } from './window-closer.ts';

export interface ReplayDeps extends CommitterDeps {
  /** Opens the log at a resume token; null: at its beginning. */
  readonly openLog: (from: string | null) => Promise<PredictionLog>;
  readonly encodePartial: (
    partial: WindowPartial,
    head: {
      readonly rolloutId: string;
      readonly windowStartMs: number;
      readonly windowEndMs: number;
      readonly profileHash: string | null;
      readonly revision: number;
    },
  ) => Uint8Array;
  /** Waits until the next frame is due; resolves at once at full speed. */
  readonly pace: (clockMs: number) => Promise<void>;
}

export interface ReplayOptions extends LineOptions {
  readonly runDigest: string;
  /** Closed windows that are stored together: a commit costs milliseconds, however much it holds. */
  readonly windowsPerCommit: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReplayProgress) => void;
}

/** Where a replay stands, for people who watch it. */
export interface ReplayProgress {
  readonly rolloutId: string;
  readonly phase: RolloutPhase;
  readonly stage: StageRef | null;
  readonly clockMs: number;
  /** The least watermark of any partition. */
  readonly watermarkMs: number;
  readonly counters: JoinCounters;
  readonly verdictCount: number;
  readonly latest: Verdict | null;
}

export interface ReplayResult {
  readonly decision: RolloutDecision;
  readonly stage: StageRef | null;
  readonly verdictCount: number;
  readonly latest: Verdict | null;
  readonly drivers: readonly Driver[];
  readonly counters: JoinCounters;
  readonly outcomeCounters: OutcomeCounters;
  readonly openCount: number;
  /** Where the rollout began; null when no record was usable. */
  readonly firstWindowStartMs: number | null;
  readonly plan: Plan;
}

/**
 * Replays a log through the whole line: reads, joins, closes windows, judges, moves traffic. What
 * it stores and publishes does not depend on where it was stopped: the same inputs give the same
 * verdicts, byte for byte.
 */
export class Replay {
  private readonly deps: ReplayDeps;
  private readonly options: ReplayOptions;
  private readonly committer: Committer;
  private position = 0;
  /** Where the next frame begins. */
  private resumeToken: string | null = null;
  private verdictCount = 0;
  private deadLetterCount = 0;
  private latest: Verdict | null = null;
  private pending: LineOutput<Uint8Array>[] = [];
  private deadLetters: Commit['deadLetters'][number][] = [];
  private storedProfile: string | null = null;
  private finished = false;
  private restored: LineState | null = null;

  constructor(deps: ReplayDeps, options: ReplayOptions) {
    this.deps = deps;
    this.options = options;
    this.committer = new Committer(deps);
  }

  async run(): Promise<ReplayResult> {
    const { deps, options } = this;
    const text = await deps.store.loadState();
    const stored = text === null ? null : readState(text, options.runDigest);
    this.resumeToken = stored?.mark.resumeToken ?? null;
    const log = await deps.openLog(this.resumeToken);
    try {
      const line = new Line(options, log);
      if (stored !== null) await this.restore(line, stored);
      await publishOutbox(deps.store, deps.targets);
      if (line.inForce.table !== null) await deps.router.apply(line.inForce.table);
      if (!this.finished) await this.readAll(line, log);
      return this.result(line);
    } finally {
      await this.committer.settle().catch(() => {});
      await log.close();
    }
  }

  private async readAll(line: Line, log: PredictionLog): Promise<void> {
    for (let frame = await log.next(); frame !== null; frame = await log.next()) {
      if (this.options.signal.aborted) throw interrupted();
      await this.readFrame(line, frame);
      await this.deps.pace(line.splitter.clockMs);
    }
    if (this.options.signal.aborted) throw interrupted();
    // A log without a record has no other mark.
    line.mark(this.position, this.resumeToken);
    this.keep(line.end());
    this.finished = true;
    await this.commit(line);
    await this.committer.settle();
  }

  private async readFrame(line: Line, frame: LogFrame): Promise<void> {
    line.mark(frame.firstSequence, this.resumeToken);
    this.resumeToken = frame.resumeToken;
    const end = frame.firstSequence + frame.length;
    // Up to the stored position records only rebuild what was lost: their counts stand already.
    const rebuilt = Math.min(Math.max(this.position - frame.firstSequence, 0), frame.length);
    if (rebuilt > 0) this.keep(line.read(frame, 0, rebuilt));
    if (rebuilt > 0 && frame.firstSequence + rebuilt === this.position) this.restoreCounters(line);
    this.keep(line.read(frame, rebuilt, frame.length));
    for (const dead of frame.deadLetters) {
      if (dead.sequence >= this.position) this.keepDeadLetter(dead);
    }
    if (end > this.position) this.position = end;
    if (this.pending.length >= this.options.windowsPerCommit) await this.commit(line);
  }

  /** Partials are encoded at once: those of a whole commit would be megabytes of zeros. */
  private keep(outputs: readonly LineOutput[]): void {
    const encoded = (window: ClosedWindow): ClosedWindow<Uint8Array> => ({
      ...window,
      partial: this.deps.encodePartial(window.partial, window.summary),
    });
    for (const output of outputs) {
      const { closed, amended } = output;
      this.pending.push({
        ...output,
        closed: closed === null ? null : encoded(closed),
        amended: amended.map(encoded),
      });
    }
  }

  private keepDeadLetter(dead: Commit['deadLetters'][number]): void {
    this.deadLetterCount += 1;
    if (this.deadLetterCount <= this.options.plan.limits.deadLetterCountMax)
      this.deadLetters.push(dead);
  }

  /** Hands over all that closed since the last commit; the line may go on at once. */
  private async commit(line: Line): Promise<void> {
    const { options } = this;
    const outputs = this.pending;
    const last = outputs.at(-1)?.window ?? line.committedWindow;
    const ended = this.finished ? line.closer.end(line.splitter.clockMs) : null;
    const windows = outputs.flatMap(({ closed, amended }) => [
      ...(closed === null ? [] : [closed]),
      ...amended,
    ]);
    const verdicts = windows.flatMap((window) => window.verdict ?? []);
    this.verdictCount += verdicts.length;
    this.latest = verdicts.at(-1) ?? this.latest;
    line.release(last);
    if (outputs.length > 0) line.committedWindow = last;
    const isNewProfile = line.profile !== null && line.profile.hash !== this.storedProfile;
    const commit: Commit = {
      windows: windows.map(({ summary, stageIndex, effectiveFromMs, partial, positions }) => ({
        summary,
        stageIndex,
        effectiveFromMs,
        partial,
        positions,
      })),
      verdicts,
      events: [...windows.flatMap((window) => window.events), ...(ended?.events ?? [])],
      notifications: [
        ...windows.flatMap((window) => window.notifications),
        ...(ended?.notifications ?? []),
      ],
      deadLetters: this.deadLetters,
      profile: isNewProfile ? profileRow(line) : null,
      state: JSON.stringify(this.state(line)),
    };
    this.storedProfile = line.profile?.hash ?? null;
    this.pending = [];
    this.deadLetters = [];
    const progress = this.progress(line);
    const { mode, retentionMs } = options.plan.keepPairs;
    await this.committer.submit({
      commit,
      outputs,
      expirePairsBeforeMs: mode === 'none' ? null : line.splitter.clockMs - retentionMs,
      onStored: () => {
        options.onProgress(progress);
      },
    });
  }

  private state(line: Line): LineState {
    const mark = line.marks.at(line.neededFrom());
    assert(mark !== null, 'there is a mark at or before every record');
    return {
      version: STATE_VERSION,
      runDigest: this.options.runDigest,
      partitionCount: line.partitions.length,
      mark,
      position: this.position,
      committedWindow: Number.isFinite(line.committedWindow) ? line.committedWindow : null,
      counters: line.partitions.map((partition) => ({ ...partition.joiner.counters })),
      outcomeCounters: line.partitions.map((partition) => ({
        ...(partition.outcomes?.counters ?? noOutcomeCounters()),
      })),
      judge: line.closer.judgeState,
      controller: line.closer.controller,
      ledger: line.closer.ledger,
      reported: line.closer.reported,
      profile: line.profile,
      verdictCount: this.verdictCount,
      latest: this.latest,
      deadLetterCount: this.deadLetterCount,
      finished: this.finished,
    };
  }

  private async restore(line: Line, stored: LineState): Promise<void> {
    this.position = stored.position;
    this.verdictCount = stored.verdictCount;
    this.deadLetterCount = stored.deadLetterCount;
    this.finished = stored.finished;
    this.latest = stored.latest;
    this.restored = stored;
    line.committedWindow = stored.committedWindow ?? -Infinity;
    line.closer.judgeState = stored.judge;
    line.closer.controller = stored.controller;
    line.closer.ledger = stored.ledger;
    line.closer.reported = stored.reported;
    line.inForce.table = stored.controller.table;
    line.splitter.clockMs = stored.mark.clockMs ?? -Infinity;
    line.splitter.frontMs = Math.max(
      ...stored.mark.facts
        .map(loadFacts)
        .flatMap((facts) => [facts.highestCurrentMs, facts.highestCanaryMs]),
    );
    if (stored.profile !== null) {
      line.adoptProfile(stored.profile.profile, stored.profile.fromMs);
      this.storedProfile = stored.profile.hash;
    }
    line.partitions.forEach((partition, p) => {
      const facts = stored.mark.facts[p];
      if (facts !== undefined) partition.joiner.restore(loadFacts(facts));
    });
    await restoreOutcomes(this.deps.segments, line.partitions, {
      settled: line.committedWindow - settleLagOf(this.options.plan.window),
      letGoThrough: line.closer.ledger.letGoThrough,
      lengthMs: this.options.plan.window.lengthMs,
      metrics: outcomeMetricsOf(this.options.plan),
    });
    if (this.finished || stored.mark.sequence >= stored.position) this.restoreCounters(line);
  }

  private restoreCounters(line: Line): void {
    line.catchUp();
    line.partitions.forEach((partition, p) => {
      Object.assign(partition.joiner.counters, this.restored?.counters[p]);
      if (partition.outcomes !== null)
        Object.assign(partition.outcomes.counters, this.restored?.outcomeCounters[p]);
    });
  }

  private progress(line: Line): ReplayProgress {
    const { controller } = line.closer;
    return {
      rolloutId: this.options.rolloutId,
      phase: controller.phase,
      stage: controller.stages.length === 0 ? null : presentStage(controller),
      clockMs: line.splitter.clockMs,
      watermarkMs: Math.min(
        line.splitter.clockMs,
        ...line.partitions.map((partition) => partition.joiner.facts.watermarkMs),
      ),
      counters: sumCounters(line.partitions.map((partition) => partition.joiner.counters)),
      verdictCount: this.verdictCount,
      latest: this.latest,
    };
  }

  private result(line: Line): ReplayResult {
    const progress = this.progress(line);
    const openCount = line.partitions.reduce((sum, partition) => sum + partition.joiner.waiting, 0);
    assert(unaccounted(progress.counters, openCount) === 0, 'every record is accounted for');
    const outcomeCounters = noOutcomeCounters();
    for (const { outcomes } of line.partitions) {
      for (const name of Object.keys(outcomeCounters) as (keyof OutcomeCounters)[]) {
        outcomeCounters[name] += outcomes?.counters[name] ?? 0;
      }
    }
    return {
      decision: decisionOf(line.closer.controller),
      stage: progress.stage,
      verdictCount: this.verdictCount,
      latest: this.latest,
      drivers: this.latest?.drivers ?? [],
      counters: progress.counters,
      outcomeCounters,
      openCount,
      firstWindowStartMs: line.closer.controller.stages[0]?.fromMs ?? null,
      plan: this.options.plan,
    };
  }
}

function profileRow(line: Line): Commit['profile'] {
  return line.profile === null ? null : { ...line.profile, fromMs: line.profile.fromMs ?? 0 };
}

function interrupted(): CoalmineError {
  return new CoalmineError('interrupted', 'interrupted; what is finished is stored', {
    hints: ['the same command goes on from here'],
  });
}
