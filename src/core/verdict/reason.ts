import type { Driver } from '../events/verdict.ts';
import type { Part } from './budget.ts';
import type { Judged } from './promotion.ts';
import { count, evidence, figure, percent } from './sentence.ts';

/**
 * Why a rollout is rolled back, in one sentence: the checks that crossed their own line, the
 * strongest first; where none did alone, what each brings into the average. Where the models
 * disagree too much, it says in which cell most.
 */
export function rollbackReason(
  now: {
    readonly judged: readonly Judged[];
    readonly parts: readonly Part[];
    readonly drivers: readonly Driver[];
  },
  average: { readonly logEvidence: number; readonly logLimit: number },
): string {
  const culprits = now.judged
    .filter(({ finding }) => finding.asks === 'rollback')
    .toSorted((a, b) => b.finding.logEvidence - a.finding.logEvidence);
  if (culprits.length === 0) return byAverage(now.parts, average);
  const sentences = culprits.map(({ metric, finding }) => `${metric.name}: ${finding.sentence}`);
  const differs = culprits.some(({ metric }) => metric.type === 'disagreement');
  const where = differs ? whereMost(now.drivers) : '';
  return `${sentences.join('; ')}${where}`;
}

function byAverage(
  parts: readonly Part[],
  average: { readonly logEvidence: number; readonly logLimit: number },
): string {
  const contributions = parts
    .toSorted((a, b) => contribution(b) - contribution(a))
    .map((part) => `${part.name} ${figure(Math.exp(contribution(part)))}`);
  return (
    `no check alone, all together: ${evidence(average.logEvidence)}, ` +
    `limit ${figure(Math.exp(average.logLimit))} to 1 (${contributions.join(', ')})`
  );
}

function contribution(part: Part): number {
  return part.logEvidence + Math.log(part.weight);
}

function whereMost(drivers: readonly Driver[]): string {
  const [driver] = drivers;
  if (driver === undefined) return '';
  const { direction } = driver;
  const moved =
    direction === null || direction === 0
      ? ''
      : `, canary scores ${figure(Math.abs(direction))} ${direction < 0 ? 'lower' : 'higher'}`;
  const rate =
    driver.measure === 'mutual_information'
      ? ` (${percent(driver.cellDisagreementRate)} of ${count(driver.cellPairCount)} pairs${moved})`
      : ` (${count(driver.cellPairCount)} pairs${moved})`;
  return `; most where ${driver.field} is ${driver.cell}${rate}`;
}
