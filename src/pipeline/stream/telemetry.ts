interface Metric {
  readonly kind: 'counter' | 'gauge';
  readonly unit: string;
  readonly labels: readonly Label[];
  /** What it tells, for the scrape and for docs/metrics.md. */
  readonly about: string;
}

export type Label =
  | 'rollout'
  | 'topic'
  | 'partition'
  | 'reason'
  | 'outcome'
  | 'kind'
  | 'decision'
  | 'group'
  | 'member'
  | 'metric'
  | 'version';

/**
 * All that the service counts. Names are those of Prometheus without the prefix `coalmine_`: base units,
 * `_total` for counters. Gauges with a `partition` add up over partitions.
 */
export const METRICS = {
  records_read_total: {
    kind: 'counter',
    unit: 'records',
    labels: ['rollout', 'partition'],
    about:
      'Predictions read for a rollout; equals 2 matched pairs + unmatched + unused + still open',
  },
  pairs_matched_total: {
    kind: 'counter',
    unit: 'pairs',
    labels: ['rollout', 'partition'],
    about: 'Pairs joined: two predictions each',
  },
  records_unmatched_total: {
    kind: 'counter',
    unit: 'records',
    labels: ['rollout', 'partition', 'reason'],
    about: 'Predictions whose counterpart was due and never came: no_canary or no_current',
  },
  records_unused_total: {
    kind: 'counter',
    unit: 'records',
    labels: ['rollout', 'partition', 'reason'],
    about:
      'Predictions in no pair and not unmatched: not_asked, due_in_shadow (the merger says which), duplicate, conflict, late, dead_lettered or ignored',
  },
  outcomes_total: {
    kind: 'counter',
    unit: 'records',
    labels: ['rollout', 'partition', 'outcome'],
    about:
      'Outcomes by what became of them: read, credited, duplicate, late, expired, without_prediction, dead_lettered or ignored',
  },
  dead_letters_total: {
    kind: 'counter',
    unit: 'records',
    labels: ['topic', 'partition', 'reason'],
    about: 'Records that could not be used, each once, by the reasons of dead letters',
  },
  consumer_lag_records: {
    kind: 'gauge',
    unit: 'records',
    labels: ['topic', 'partition'],
    about:
      'Records between the place read to and the end of the partition, as far as they are known',
  },
  watermark_timestamp_seconds: {
    kind: 'gauge',
    unit: 'seconds since 1970',
    labels: ['rollout'],
    about: 'Least watermark of the partitions owned here, in event time',
  },
  watermark_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: ['rollout'],
    about: 'Processing time minus that watermark: how old what is judged next is',
  },
  open_keys: {
    kind: 'gauge',
    unit: 'request ids',
    labels: ['rollout'],
    about: 'Requests that wait for their other half',
  },
  open_keys_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['rollout'],
    about: 'Memory of these, with the room that is kept for more',
  },
  queued_records: {
    kind: 'gauge',
    unit: 'records',
    labels: ['topic', 'partition'],
    about: 'Records taken in and not joined yet',
  },
  paused_partitions: {
    kind: 'gauge',
    unit: 'partitions',
    labels: ['topic'],
    about: 'Partitions that are not fetched now, because of a limit',
  },
  pauses_total: {
    kind: 'counter',
    unit: 'pauses',
    labels: ['topic', 'reason'],
    about: 'Times that fetching a partition was stopped: queued_records',
  },
  partials_sent_total: {
    kind: 'counter',
    unit: 'messages',
    labels: ['rollout', 'kind'],
    about: 'Messages of joiners that were acknowledged: partial, sample or heartbeat',
  },
  partials_received_total: {
    kind: 'counter',
    unit: 'messages',
    labels: ['rollout', 'kind'],
    about: 'Messages of joiners that the merger read',
  },
  partials_repeated_total: {
    kind: 'counter',
    unit: 'messages',
    labels: ['rollout'],
    about: 'Partials that the merger had already: a joiner was restarted or moved',
  },
  partials_late_total: {
    kind: 'counter',
    unit: 'messages',
    labels: ['rollout'],
    about: 'Partials that came after their window had closed without them, at the deadline',
  },
  windows_closed_total: {
    kind: 'counter',
    unit: 'windows',
    labels: ['rollout'],
    about: 'Windows merged and committed',
  },
  windows_incomplete_total: {
    kind: 'counter',
    unit: 'windows',
    labels: ['rollout'],
    about: 'Windows that closed at the deadline without some partition',
  },
  verdicts_total: {
    kind: 'counter',
    unit: 'verdicts',
    labels: ['rollout', 'decision'],
    about: 'Verdicts committed: promote, hold or rollback',
  },
  outbox_waiting: {
    kind: 'gauge',
    unit: 'verdicts',
    labels: ['rollout'],
    about: 'Verdicts committed and not acknowledged by the broker yet',
  },
  rebalances_total: {
    kind: 'counter',
    unit: 'rebalances',
    labels: ['group'],
    about: 'Times that partitions were given out anew',
  },
  fenced_total: {
    kind: 'counter',
    unit: 'times',
    labels: ['member'],
    about: 'Times that another instance had taken over: join, judge or control',
  },
  registry_failures_total: {
    kind: 'counter',
    unit: 'requests',
    labels: [],
    about: 'Requests that the schema registry did not answer, or refused',
  },
  rollouts_running: {
    kind: 'gauge',
    unit: 'rollouts',
    labels: [],
    about: 'Rollouts that are applied and not over',
  },
  series_folded: {
    kind: 'gauge',
    unit: 'series',
    labels: ['metric'],
    about:
      'Series of a metric that are added up under `partition="all"`, because there are too many',
  },
  build_info: {
    kind: 'gauge',
    unit: '1',
    labels: ['version'],
    about: 'Always 1; the version is in the label',
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

type NameOf<K extends Metric['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];

export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;

/** A value for each label of a metric. */
export type LabelsOf<N extends MetricName> = Readonly<
  Record<(typeof METRICS)[N]['labels'][number], string | number>
>;

/** Where the service's numbers go: per batch or window, never per record. */
export interface Telemetry {
  /** Adds to a counter. */
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** Sets a gauge. */
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Drops every series with these labels: of a rollout that is over, or a partition that moved away. */
  forget(labels: Readonly<Partial<Record<Label, string | number>>>): void;
}
