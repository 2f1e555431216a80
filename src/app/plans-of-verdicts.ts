import type { StoreReader } from '../adapters/duckdb/reader.ts';
import type { Plan } from '../core/events/plan.ts';
import type { Verdict } from '../core/events/verdict.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { planDigest } from './plan/digest.ts';
import { plansOfMeta } from './stored-plan.ts';

/**
 * The plans that verdicts name, by policy digest: those that the store holds, and the one that is
 * given. That one must be the plan of the last verdict.
 *
 * @throws CoalmineError `not_found` when a plan is missing, `store_mismatch` when the given plan is
 *   another one
 */
export async function plansOf(
  reader: StoreReader,
  wanted: { readonly verdicts: readonly Verdict[]; readonly plan: Plan | null },
): Promise<ReadonlyMap<string, Plan>> {
  const { verdicts, plan } = wanted;
  const plans = new Map(plansOfMeta(await reader.meta()));
  const policies = new Set(verdicts.map(({ policyDigest }) => policyDigest));
  const latest = verdicts.at(-1)?.policyDigest;
  if (plan !== null && latest !== undefined) plans.set(checked(plan, latest), plan);
  for (const policy of policies) {
    if (plans.has(policy)) continue;
    throw new CoalmineError('not_found', 'the store does not hold the plan of this run', {
      hints: [
        `policy of the verdicts: ${policy}`,
        'name it: coalmine explain VERDICT_ID --out DIR --plan PLAN.yaml',
      ],
    });
  }
  return plans;
}

function checked(plan: Plan, policyDigest: string): string {
  const digest = planDigest(plan);
  if (digest === policyDigest) return digest;
  throw new CoalmineError('store_mismatch', 'the plan is not the one of this verdict', {
    hints: [`digest of the plan: ${digest}`, `policy of the verdict: ${policyDigest}`],
  });
}
