import type { DeadLetterReason } from '../../core/events/dead-letter.ts';
import type { Prediction } from '../../core/events/prediction.ts';
import type { ModelRequest, ReadRecord } from './ports.ts';
import type { BuiltRequest } from './request.ts';
import { type Choice, choose, type Selection } from './selection.ts';

/** One request to the canary, and the prediction that it was logged with. */
export interface Ask {
  readonly prediction: Prediction;
  readonly request: ModelRequest;
}

/** What is done about one record. */
export type RecordPlan =
  | { readonly kind: 'asks'; readonly choices: readonly Choice[]; readonly asks: readonly Ask[] }
  | {
      readonly kind: 'dead';
      readonly reason: DeadLetterReason;
      readonly field: string | null;
      readonly detail: string;
    };

/** Decides what is done about a record. One with rows is asked for row by row, or not at all. */
export function planRecord(
  { record, parsed }: ReadRecord,
  selection: Selection,
  build: (prediction: Prediction, loggedTrace: string | null) => BuiltRequest,
): RecordPlan {
  if (!parsed.ok) {
    const { reason, field, detail } = parsed;
    return { kind: 'dead', reason, field, detail };
  }
  const choices = parsed.value.map((prediction) => choose(prediction, selection));
  const trace = record.headers['traceparent'] ?? null;
  const asks: Ask[] = [];
  for (const [at, prediction] of parsed.value.entries()) {
    if (choices[at] !== 'asked') continue;
    const built = build(prediction, trace);
    if (!built.ok) return missing(built.field);
    asks.push({ prediction, request: built.request });
  }
  return { kind: 'asks', choices, asks };
}

function missing(field: string): RecordPlan {
  const detail = `the request to the canary needs ${field}, which was not logged`;
  return { kind: 'dead', reason: 'missing_field', field, detail };
}
