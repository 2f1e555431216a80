import type { Driver } from '../events/verdict.ts';
import type { Part } from './budget.ts';
import type { Place } from './checks/check.ts';
import type { DriverSums } from './drivers.ts';
import type { Judged } from './promotion.ts';
import { count, evidence, figure, percent } from './sentence.ts';

/**
 * Why a rollout is rolled back, in one sentence: the checks that crossed their own line, the
 * strongest first; where none did alone, what each brings into the average. Where the models
 * disagree too much, it says in which cell most; where one cell crossed, how scores moved in it.
 */
export function rollbackReason(
  now: {
    readonly judged: readonly Judged[];
    readonly parts: readonly Part[];
    readonly drivers: readonly Driver[];
    /** What the drivers are ranked by: the stage's pairs and score differences by cell. */
    readonly sums: DriverSums;
  },
  average: { readonly logEvidence: number; readonly logLimit: number },
): string {
  const culprits = now.judged
    .filter(({ finding }) => finding.asks === 'rollback')
    .toSorted((a, b) => b.finding.logEvidence - a.finding.logEvidence);
  if (culprits.length === 0) return byAverage(now.parts, average);
  const sentences = culprits.map(
    ({ metric, finding }) =>
      `${metric.name}: ${finding.sentence}${scoresMoved(finding.place, now.sums)}`,
  );
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
  const moved = direction === null || direction === 0 ? '' : `, ${movedText(direction)}`;
  const rate =
    driver.measure === 'mutual_information'
      ? ` (${percent(driver.cellDisagreementRate)} of ${count(driver.cellPairCount)} pairs${moved})`
      : ` (${count(driver.cellPairCount)} pairs${moved})`;
  return `; most where ${driver.field} is ${driver.cell}${rate}`;
}

/** The check counts the pairs of all stages, the means are those of the last: so it names its own. */
function scoresMoved(place: Place | undefined, sums: DriverSums): string {
  const cells = sums.fields.find(({ field }) => field.name === place?.fieldName);
  if (place === undefined || cells === undefined || sums.scored === 0) return '';
  const pairs = cells.pairs[place.cell] ?? 0;
  const sum = cells.differenceSums[place.cell] ?? 0;
  if (pairs === 0 || sum === 0) return '';
  return `; ${movedText(sum / pairs)} there (mean of ${count(pairs)} pairs of this stage)`;
}

function movedText(difference: number): string {
  return `canary scores ${figure(Math.abs(difference))} ${difference < 0 ? 'lower' : 'higher'}`;
}
