import { createHash } from 'node:crypto';
import { memoryLog } from '../../src/adapters/memory/log.ts';
import { memoryNotifier } from '../../src/adapters/memory/notifier.ts';
import { memoryOutcomeSegments } from '../../src/adapters/memory/outcome-segments.ts';
import { memoryPairSink } from '../../src/adapters/memory/pair-sink.ts';
import { memoryRouter } from '../../src/adapters/memory/router.ts';
import { memorySink } from '../../src/adapters/memory/sink.ts';
import { memoryWindowStore } from '../../src/adapters/memory/window-store.ts';
import type { Plan } from '../../src/core/events/plan.ts';
import type { Outcome, Prediction } from '../../src/core/events/prediction.ts';
import { unaccounted } from '../../src/core/join/sink.ts';
import { toSparse } from '../../src/core/windows/sparse.ts';
import { outcomeMetricsOf } from '../../src/pipeline/line.ts';
import { outcomeNamesOf } from '../../src/pipeline/partition-line.ts';
import { Replay, type ReplayDeps, type ReplayResult } from '../../src/pipeline/replay.ts';
import type { TrafficMode } from '../../src/pipeline/traffic.ts';

export interface WorldLog {
  readonly plan: Plan;
  readonly predictions: readonly Prediction[];
  readonly outcomes: readonly Outcome[];
}

/** How a log is read and stored: none of it may show in what is stored. */
export interface HowToRead {
  readonly frameSize: number;
  readonly partitionCount: number;
  readonly windowsPerCommit: number;
}

export const AT_ONCE: HowToRead = { frameSize: 10_000, partitionCount: 1, windowsPerCommit: 1 };

/** A planted failure of a port: at which call, and whether the call had its effect. */
export interface Fault {
  readonly atCall: number;
  readonly afterEffect: boolean;
}

class PortFailure extends Error {}

/** Everything that outlives a process, in memory: stores, sinks, files, routers. */
export class World {
  private readonly log: WorldLog;
  private readonly mode: TrafficMode;
  private readonly store = memoryWindowStore();
  private readonly verdicts = memorySink();
  private readonly deadLetters = memorySink();
  private readonly notified = memorySink();
  private readonly notifier = memoryNotifier();
  private readonly router = memoryRouter();
  private readonly segments = memoryOutcomeSegments();
  private readonly pairs: ReturnType<typeof memoryPairSink>;
  private calls = 0;
  private fault: Fault | null = null;

  constructor(log: WorldLog, mode: TrafficMode = 'simulate') {
    this.log = log;
    this.mode = mode;
    this.pairs = memoryPairSink({ windowLengthMs: log.plan.window.lengthMs });
  }

  /** Replays to the end; null when the planted failure ended the process. */
  async run(how: HowToRead, fault: Fault | null = null): Promise<ReplayResult | null> {
    this.calls = 0;
    this.fault = fault;
    try {
      return await new Replay(this.deps(how), {
        plan: this.log.plan,
        policyDigest: 'p1',
        rolloutId: 'fraud-v7.1',
        runDigest: `run ${how.partitionCount}`,
        partitionCount: how.partitionCount,
        windowsPerCommit: how.windowsPerCommit,
        mode: this.mode,
        digest: (text) => createHash('sha256').update(text).digest('hex'),
        notWatched: [],
        givenProfile: null,
        signal: new AbortController().signal,
        onProgress: ({ counters }) => {
          if (unaccounted(counters, 0) < 0) throw new Error('more is accounted for than was read');
        },
      }).run();
    } catch (error) {
      if (error instanceof PortFailure) return null;
      throw error;
    }
  }

  /** Calls of ports in the last run. */
  get callCount(): number {
    return this.calls;
  }

  /** All that is left behind, as text where bytes count. */
  async remains() {
    const decoder = new TextDecoder();
    return {
      verdicts: this.verdicts.rows,
      deadLetters: this.deadLetters.rows,
      notified: this.notified.rows,
      told: this.notifier.told,
      table: await this.router.read(),
      windows: [...this.store.windows.values()].map((window) => ({
        summary: JSON.stringify(window.summary),
        stageIndex: window.stageIndex,
        partial: decoder.decode(window.partial),
      })),
      pairs: [...this.pairs.files].toSorted(([left], [right]) => (left < right ? -1 : 1)),
      segments: await this.segments.list(),
    };
  }

  private deps(how: HowToRead): ReplayDeps {
    const { plan, predictions, outcomes } = this.log;
    const openLog: ReplayDeps['openLog'] = async (from) => {
      await Promise.resolve();
      return memoryLog({
        predictions,
        outcomes,
        model: plan.model,
        currentVersion: plan.currentVersion,
        canaryVersion: plan.canaryVersion,
        outcomeMetrics: outcomeNamesOf(outcomeMetricsOf(plan)),
        futureMaxMs: plan.window.futureMaxMs,
        rankedItemCount: plan.decision.ranking?.itemCount ?? 0,
        frameSize: how.frameSize,
        from,
      });
    };
    return {
      store: this.failing(this.store),
      openLog,
      targets: {
        verdicts: this.failing(this.verdicts),
        deadLetters: this.failing(this.deadLetters),
        notified: this.failing(this.notified),
        notifier: this.failing(this.notifier),
      },
      router: this.failing(this.router),
      segments: this.failing(this.segments),
      pairs: this.failing(this.pairs),
      encodePartial: (partial) => new TextEncoder().encode(JSON.stringify(toSparse(partial))),
      pace: async () => {},
    };
  }

  /** The same port, failing at the planted call. */
  private failing<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...given: unknown[]): Promise<unknown> => {
          const call = this.calls;
          this.calls += 1;
          const isPlanted = call === this.fault?.atCall;
          if (isPlanted && !this.fault?.afterEffect) throw new PortFailure(String(name));
          const result: unknown = await Reflect.apply(member, target, given);
          if (isPlanted) throw new PortFailure(String(name));
          return result;
        };
      },
    });
  }
}
