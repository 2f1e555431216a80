import type { ControlMember } from '../../pipeline/stream/control-member.ts';
import type { JoinMember } from '../../pipeline/stream/join-member.ts';
import type { JudgeMember } from '../../pipeline/stream/judge-member.ts';
import type { Telemetry } from '../../pipeline/stream/telemetry.ts';
import type { RolloutRow } from '../../server/service-app.ts';

const SECOND_MS = 1000;

/** What a joiner holds, as gauges. */
export function observeJoiner(member: JoinMember, telemetry: Telemetry, nowMs: number): void {
  const byRollout = new Map<string, { open: number; bytes: number; watermarkMs: number }>();
  for (const { rolloutId, partition } of member.shares) {
    const { joiner } = partition.line;
    const sum = byRollout.get(rolloutId) ?? { open: 0, bytes: 0, watermarkMs: Infinity };
    sum.open += joiner.openKeyCount;
    sum.bytes += joiner.openBytes;
    sum.watermarkMs = Math.min(sum.watermarkMs, joiner.facts.watermarkMs);
    byRollout.set(rolloutId, sum);
  }
  for (const [rollout, { open, bytes, watermarkMs }] of byRollout) {
    telemetry.set('open_keys', { rollout }, open);
    telemetry.set('open_keys_bytes', { rollout }, bytes);
    if (!Number.isFinite(watermarkMs)) continue;
    telemetry.set('watermark_timestamp_seconds', { rollout }, watermarkMs / SECOND_MS);
    telemetry.set('watermark_age_seconds', { rollout }, (nowMs - watermarkMs) / SECOND_MS);
  }
  for (const { topic, partition, lag } of member.lags())
    telemetry.set('consumer_lag_records', { topic, partition }, lag);
}

/** Where rollouts stand, as far as this process judges or steers them. */
export function rolloutRows(
  judge: JudgeMember | null,
  control: ControlMember | null,
): readonly RolloutRow[] {
  const states = new Map(judge?.states ?? []);
  for (const [rolloutId, state] of control?.states ?? []) states.set(rolloutId, state);
  return [...states].flatMap(([rolloutId, state]): RolloutRow[] => {
    const stage = state.stages.at(-1);
    if (stage === undefined) return [];
    const { phase } = state;
    const last = judge?.lastVerdict(rolloutId) ?? null;
    return [
      {
        rolloutId,
        phase,
        stageIndex: stage.index,
        share: stage.share,
        lastVerdict:
          last === null
            ? null
            : {
                id: last.id,
                decision: last.decision,
                reason: last.reason,
                windowEndMs: last.windowEndMs,
              },
        lagRecords: null,
      },
    ];
  });
}
