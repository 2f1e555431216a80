import { queryViews } from '../app/inspect.ts';
import { populationStabilityIndex } from '../core/stats/divergence/population-stability-index.ts';
import { sharesOf } from '../core/stats/divergence/shares.ts';

const SCORE_CELLS = `select cell, sum(current_count)::double as current_count, sum(canary_count)::double as canary_count
  from cells where field = 'score' group by cell
  having current_count + canary_count > 0 order by cell`;

/** PSI of the score over every stored window of a run: what a plain PSI rule would have looked at. */
export async function wholeLogPsi(out: string): Promise<number> {
  const { rows } = await queryViews(out, SCORE_CELLS);
  const shares = (column: string): readonly number[] =>
    sharesOf(
      rows.map((row) => Number(row[column])),
      'additive',
    );
  return populationStabilityIndex(shares('current_count'), shares('canary_count'));
}
