/** What a file log is opened with. */
export interface FileLogOptions {
  /** Paths or globs of Parquet and JSON Lines files, read in this order where times are equal. */
  readonly current: readonly string[];
  readonly canary: readonly string[];
  readonly outcomes: readonly string[];
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  /** Outcome names of the plan: `OutcomeColumns.metric` is an index into them. */
  readonly outcomeMetrics: readonly string[];
  /** A record further ahead of its arrival (or of the log around it) is a dead letter. */
  readonly futureMaxMs: number;
  readonly limits: {
    readonly recordSizeMaxBytes: number;
    readonly requestIdLengthMax: number;
  };
  /** Features and context fields that are watched at most. */
  readonly featuresMax: number;
  /** Items of a ranking that are carried; by default none are. */
  readonly rankedItemCount?: number;
  /** Where JSON Lines files are kept as columns between runs. */
  readonly spoolFolder: string;
  /** The resume token of a frame: reading begins right after it. Null: at the beginning. */
  readonly from: string | null;
  /** DuckDB's own limit; 256MB when not given. */
  readonly memoryLimit?: string;
}

/** The three column sets of a frame, in the order in which equal times are merged. */
export const SIDES = ['current', 'canary', 'outcomes'] as const;
export type Side = (typeof SIDES)[number];

/** Which clock tells late and future records. */
export type LogClock = 'arrival_time' | 'event_time';
