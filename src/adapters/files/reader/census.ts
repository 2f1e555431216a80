import type { DuckDBConnection } from '@duckdb/node-api';
import { CoalmineError } from '../../../core/foundation/error.ts';
import { queryRows } from './database.ts';
import { asBoolean, asText } from './expressions.ts';
import { parquetSource } from './record-json.ts';
import type { FileShape } from './shape.ts';

/** How many records of one model and version a file holds. */
export interface VersionCount {
  readonly model: string | null;
  readonly version: string | null;
  readonly count: number;
  readonly shadowCount: number;
}

/** Counts a prediction file's records by model and version. */
export async function countVersions(
  connection: DuckDBConnection,
  shape: FileShape,
): Promise<readonly VersionCount[]> {
  const shadow = `count(*) filter (not ${asBoolean(shape, 'served').sql})`;
  const rows = await queryRows(
    connection,
    `select ${asText(shape, 'model').sql} as model, ${asText(shape, 'version').sql} as version,
      count(*)::double as n, (${shadow})::double as shadow from ${parquetSource(shape)} group by all`,
  );
  return rows.map((row) => ({
    model: textOrNull(row['model']),
    version: textOrNull(row['version']),
    count: Number(row['n']),
    shadowCount: Number(row['shadow']),
  }));
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Which records an arm wants, and what its files hold. */
export interface ArmCensus {
  readonly arm: string;
  readonly model: string;
  readonly version: string;
  readonly counts: readonly VersionCount[];
}

/** Refuses an arm whose files hold only other models' or versions' records; returns a warning when empty. */
export function checkArm(census: ArmCensus): readonly string[] {
  const { arm, model, version, counts } = census;
  if (counts.some((entry) => entry.model === model && entry.version === version)) return [];
  const known = counts.filter((entry) => entry.model !== null && entry.version !== null);
  if (known.length === 0) return [`no usable record of the ${arm} version in its files`];
  throw new CoalmineError(
    'input_foreign',
    `the ${arm} files hold no record of model ${model}, version ${version}`,
    {
      hints: [
        `found: ${known
          .toSorted((a, b) => b.count - a.count)
          .slice(0, 10)
          .map((entry) => `model ${entry.model} version ${entry.version} (${entry.count} records)`)
          .join(', ')}`,
      ],
    },
  );
}
