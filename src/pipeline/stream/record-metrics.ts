import type { OutcomeCounters } from '../../core/join/outcome-joiner.ts';
import { noOutcomeCounters } from '../../core/join/outcome-joiner.ts';
import type { JoinCounters } from '../../core/join/sink.ts';
import { noCounters } from '../../core/join/sink.ts';
import type { StreamPartition } from './stream-partition.ts';
import type { Telemetry } from './telemetry.ts';

const UNUSED = {
  not_asked: 'notAsked',
  due_in_shadow: 'dueInShadow',
  duplicate: 'duplicate',
  conflict: 'conflict',
  late: 'late',
  dead_lettered: 'deadLettered',
  ignored: 'ignored',
} as const satisfies Record<string, keyof JoinCounters>;

const OUTCOMES = {
  read: 'read',
  credited: 'credited',
  duplicate: 'duplicate',
  late: 'late',
  expired: 'expired',
  without_prediction: 'withoutPrediction',
  dead_lettered: 'deadLettered',
  ignored: 'ignored',
} as const satisfies Record<string, keyof OutcomeCounters>;

const UNMATCHED = {
  no_canary: 'unmatchedCurrent',
  no_current: 'unmatchedCanary',
} as const satisfies Record<string, keyof JoinCounters>;

/** Tells what one partition did since it was last asked; what is read again after a move counts again. */
export class RecordMetrics {
  private before: JoinCounters = noCounters();
  private outcomesBefore: OutcomeCounters = noOutcomeCounters();
  private readonly rolloutId: string;
  private readonly partition: StreamPartition;

  constructor(rolloutId: string, partition: StreamPartition) {
    this.rolloutId = rolloutId;
    this.partition = partition;
  }

  tell(telemetry: Telemetry): void {
    this.tellOutcomes(telemetry);
    const { before } = this;
    const now = this.partition.processed();
    this.before = now;
    const labels = { rollout: this.rolloutId, partition: this.partition.partition };
    const added = (name: keyof JoinCounters): number => now[name] - before[name];
    if (added('read') > 0) telemetry.count('records_read_total', labels, added('read'));
    if (added('matched') > 0) telemetry.count('pairs_matched_total', labels, added('matched'));
    for (const [reason, name] of Object.entries(UNMATCHED)) {
      if (added(name) > 0)
        telemetry.count('records_unmatched_total', { ...labels, reason }, added(name));
    }
    for (const [reason, name] of Object.entries(UNUSED)) {
      if (added(name) > 0)
        telemetry.count('records_unused_total', { ...labels, reason }, added(name));
    }
  }

  private tellOutcomes(telemetry: Telemetry): void {
    const { outcomes } = this.partition.line;
    if (outcomes === null) return;
    const before = this.outcomesBefore;
    const now = { ...outcomes.counters };
    this.outcomesBefore = now;
    const labels = { rollout: this.rolloutId, partition: this.partition.partition };
    for (const [outcome, name] of Object.entries(OUTCOMES)) {
      const added = now[name] - before[name];
      if (added > 0) telemetry.count('outcomes_total', { ...labels, outcome }, added);
    }
  }
}
