import { parsePlan } from '../../../src/app/plan/parse.ts';
import type { ReferenceProfile } from '../../../src/core/events/profile.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import type { JoinerMessage } from '../../../src/pipeline/stream/messages.ts';
import { RolloutMerger } from '../../../src/pipeline/stream/rollout-merger.ts';
import { GrowingSchema } from '../../../src/pipeline/stream/stream-schema.ts';
import { MODEL } from '../../support/predictions.ts';
import { PARTITIONS } from './requests.ts';
import { THRESHOLD } from './truth.ts';

const PLAN = `
apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: flink }
spec:
  model: ${MODEL.model}
  current: ${MODEL.currentVersion}
  canary: ${MODEL.canaryVersion}
  decision: { of: score, threshold: ${THRESHOLD} }
  steps: [ { shadow: { duration: 365d, minPairs: 2000 } }, { setWeight: 100, bake: 2h } ]
`;

/** What our merger makes of a topic of partials: the window summaries that it would judge and store. */
export function mergedOf(
  messages: readonly JoinerMessage[],
  of: {
    readonly rolloutId: string;
    readonly profile: ReferenceProfile | null;
    readonly profileHash: string;
  },
): WindowSummary[] {
  const parsed = parsePlan(PLAN, 'plan.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { rolloutId, profile, profileHash: hash } = of;
  const merger = new RolloutMerger({
    target: {
      rolloutId,
      plan: parsed.plan,
      partitionCount: PARTITIONS.length,
      topics: { current: 'current', canary: 'canary', outcomes: null },
      startAt: 'earliest',
      schema: new GrowingSchema(),
    },
    policyDigest: 'policy',
    outcomeMetrics: [],
    digest: (text) => text,
    // Nothing may be given up on: every partition has to report every window.
    partialDeadlineMs: Infinity,
    routerLeadMs: 0,
  });
  if (profile !== null) {
    const reference = { hash, fromMs: null, profile };
    merger.adopt({ rolloutId, mergedThroughMs: null, profile: reference });
  }
  const summaries: WindowSummary[] = [];
  for (const [offset, message] of messages.entries()) {
    const taken = merger.add(message, { offset, nowMs: 0 });
    if (taken !== 'taken') throw new Error(`the merger finds message ${offset} ${taken}`);
    for (const { closed } of merger.close(0)) if (closed !== null) summaries.push(closed.summary);
  }
  return summaries;
}
