import type { SpooledRole } from './spooled-line.ts';

/** Key of the Parquet file's own metadata that holds what the spool knows about itself. */
export const METADATA_KEY = 'coalmine_spool';

/** What a spooled file says about itself. */
export interface SpoolMetadata {
  /** Contract columns that hold a value in some line. */
  readonly columns: readonly string[];
  readonly entries: readonly {
    readonly role: SpooledRole;
    readonly key: string;
    readonly kind: 'number' | 'text' | 'boolean';
    readonly column: string;
    readonly mistypedCount: number;
  }[];
}
