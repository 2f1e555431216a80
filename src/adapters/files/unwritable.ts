import { CoalmineError } from '../../core/foundation/error.ts';

/** The error for an output file or folder that refuses us. */
export function unwritable(path: string, cause: unknown): CoalmineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoalmineError('output_unwritable', `cannot write ${path}: ${why}`, {
    cause,
    hints: ['give another folder with --out, or make this one writable'],
  });
}
